/**
 * One session: the peer is authenticated, its first peer connection is being made or stands. Lives
 * until the link ends for good, the peer says goodbye or breaks the protocol, or we close it; the
 * signaling keys may end long before ([RC9]).
 */
import { copyBytes, equalBytes } from '../crypto/bytes.ts';
import type { Direction } from '../crypto/direction.ts';
import type { SessionKeys } from '../crypto/session-keys.ts';
import { UNKNOWN_NAT, type NatProfile } from '../ice/nat.ts';
import type { ConnectionPath } from '../ice/path.ts';
import { cascade, pathStrategy, type Rung } from '../ice/strategy.ts';
import { PARTING_MS } from './constants.ts';
import type { SessionErrorCode } from './errors.ts';
import type { SessionInfo } from './events.ts';
import type { HeldLink } from './held-link.ts';
import {
  FIRST_LIFE,
  nextLife,
  type LinkEffect,
  type LinkEnd,
  type LinkEvent,
  type LinkLife,
  type Steps,
} from './link-life.ts';
import type { Cancel, Clock, LinkCandidate, LinkProfile, LinkState } from './ports.ts';
import { Restarts } from './restarts.ts';
import type { SealedMessage } from './sealed-messages.ts';
import type { SealedSignaling } from './sealed-signaling.ts';

export interface SessionEvents {
  /** The link is connected: the first time only. */
  onUp(): void;
  /** The link came into doubt, or is as good as before. */
  onLife(): void;
  /** A restart is due and cannot be told to the peer: only a new handshake helps ([RC9]). */
  onStranded(): void;
  /** Exactly once, whether it was up before or not. */
  onDown(reason: SessionErrorCode): void;
  /** Sealed by the peer; `removed` is followed by `onDown('removed')`. */
  onPeerSaid(what: 'paired' | 'removed'): void;
}

export interface SessionOptions {
  readonly deviceId: string;
  readonly held: HeldLink;
  readonly signaling: SealedSignaling;
  /** Of our side. */
  readonly dir: Direction;
  /** Owned by the session from now on. */
  readonly keys: SessionKeys;
  /** What the peer said it is behind ([IC2]). */
  readonly remoteNat: NatProfile;
  readonly profile: () => LinkProfile;
  readonly clock: Clock;
  readonly events: SessionEvents;
  /** Sent before any candidate. */
  readonly greeting?: SealedMessage;
}

export class Session {
  readonly info: SessionInfo;
  readonly signaling: SealedSignaling;
  readonly #held: HeldLink;
  readonly #profile: () => LinkProfile;
  readonly #events: SessionEvents;
  readonly #clock: Clock;
  readonly #restarts: Restarts;
  #remoteNat: NatProfile;
  #life: LinkLife = FIRST_LIFE;
  /** Why it is over, once it is; a link may end it, and so may we or the peer. */
  #over: SessionErrorCode | undefined;
  #linkState: LinkState = 'connecting';
  #cancelTimer: Cancel = () => undefined;

  constructor(options: SessionOptions) {
    const { deviceId, held, signaling, dir, keys, clock, events } = options;
    this.info = { sessionId: held.sessionId, deviceId };
    this.signaling = signaling;
    this.#held = held;
    this.#profile = options.profile;
    this.#remoteNat = options.remoteNat;
    this.#events = events;
    this.#clock = clock;
    this.#restarts = new Restarts({
      link: held.link,
      clock,
      // Somebody must give way when both restart at once.
      yields: dir === 'r2i',
      send: (message) => signaling.send({ ...message, nat: this.#profile().nat }),
      failed: (reason) => this.close(reason),
    });
    if (options.greeting !== undefined) signaling.send(options.greeting);
    signaling.onMute = () => {
      if (this.#over === undefined && this.stranded) this.#events.onStranded();
    };
    held.link.secure({
      sessionId: held.sessionId,
      deviceId,
      role: dir,
      pcId: held.link.pcId,
      keys: {
        bind: copyBytes(keys.bind),
        control: copyBytes(keys.control),
        fileRoot: copyBytes(keys.fileRoot),
        media: copyBytes(keys.media),
      },
    });
    keys.destroy();
  }

  /** A connection that wavers for a moment counts as connected. */
  get state(): 'connecting' | 'connected' | 'restarting' | 'closed' {
    if (this.#over !== undefined) return 'closed';
    return this.#life.type === 'wavering' ? 'connected' : this.#life.type;
  }

  /** Its path is lost, for a moment or longer. */
  get inDoubt(): boolean {
    return this.#life.type === 'wavering' || this.#life.type === 'restarting';
  }

  /** In doubt, and the peer cannot be told: see `onStranded`. */
  get stranded(): boolean {
    return this.state === 'restarting' && !this.signaling.canSend;
  }

  /** Separate from the constructor: a link that is already up would report before we are known. */
  start(): void {
    const [first] = this.#steps();
    this.#setTimer(first.timeoutMs);
    this.#held.attach({
      onCandidate: (candidate) => this.#sendCandidate(candidate),
      onState: (state) => this.#linkChanged(state),
    });
  }

  path(): Promise<ConnectionPath | undefined> {
    return this.#held.link.path();
  }

  /** [IC9] The network is another one, or time has passed unseen. */
  shake(): void {
    this.#step('shaken');
  }

  /** Whether envelopes from this socket, in whichever shared room, are this session's. */
  hears(from: string): boolean {
    return this.signaling.state === 'open' && this.signaling.address.target === from;
  }

  /**
   * Takes one envelope. One that does not open ends the signaling keys and nothing else: the server
   * could have made it ([RC7], [CS4]). One that opens and breaks the protocol is the peer's doing.
   */
  async receive(envelope: unknown): Promise<void> {
    let message: SealedMessage;
    try {
      message = this.signaling.open(envelope);
    } catch {
      return;
    }
    if (this.#over !== undefined) {
      // The link's end may overtake the reason for it.
      if (message.type === 'removed') this.#events.onPeerSaid('removed');
      return;
    }
    switch (message.type) {
      case 'candidate':
        return this.#addCandidate(message.pcId, {
          candidate: message.candidate,
          sdpMid: message.sdpMid,
          sdpMLineIndex: message.sdpMLineIndex,
        });
      case 'candidates-end':
        return this.#addCandidate(message.pcId, null);
      case 'offer':
      case 'answer':
        return this.#describe(message);
      case 'paired':
        this.#events.onPeerSaid('paired');
        return;
      case 'removed':
        this.#events.onPeerSaid('removed');
        this.close('removed');
        return;
      case 'bye':
        this.close('peer-closed');
        return;
      case 'confirm':
        // It is confirmed already.
        this.close('bad-peer');
    }
  }

  /** @param last told to the peer first, where signaling still works. Idempotent. */
  close(reason: SessionErrorCode, last?: 'bye' | 'removed'): void {
    if (last !== undefined) this.signaling.send({ type: last });
    this.#end(reason);
    this.#cancelTimer();
    this.signaling.end();
  }

  #end(reason: SessionErrorCode): void {
    if (this.#over !== undefined) return;
    this.#over = reason;
    this.#cancelTimer();
    this.#restarts.end();
    this.#held.close();
    this.#events.onDown(reason);
  }

  /** The link is gone; what the peer said about it through the server may still be on its way. */
  #endByLink(reason: LinkEnd): void {
    this.#end(reason);
    this.#cancelTimer = this.#clock.schedule(PARTING_MS, () => this.signaling.end());
  }

  // ---- candidates

  #sendCandidate(candidate: LinkCandidate | null): void {
    const pcId = copyBytes(this.#held.link.pcId);
    const message: SealedMessage =
      candidate === null
        ? { type: 'candidates-end', pcId }
        : { type: 'candidate', pcId, ...candidate };
    // After the description that it belongs to, which may still be on its way out.
    void this.#restarts.idle().then(() => this.signaling.send(message));
  }

  async #addCandidate(pcId: Uint8Array, candidate: LinkCandidate | null): Promise<void> {
    if (!this.#isOurs(pcId)) return;
    try {
      await this.#restarts.idle();
      await this.#held.link.addCandidate(candidate);
    } catch {
      // A candidate of a kind that this browser does not know is one path less, not an attack.
    }
  }

  /** A session has one peer connection in this version; another id is the peer's mistake. */
  #isOurs(pcId: Uint8Array): boolean {
    const ours = equalBytes(pcId, this.#held.link.pcId);
    if (!ours) this.close('bad-peer');
    return ours;
  }

  // ---- restarts

  async #describe(message: Extract<SealedMessage, { type: 'offer' | 'answer' }>): Promise<void> {
    if (!this.#isOurs(message.pcId)) return;
    this.#remoteNat = message.nat ?? UNKNOWN_NAT;
    if (message.type === 'offer') {
      if (!(await this.#restarts.offered(message))) return;
      this.#step('peer-restarts');
    } else if (!(await this.#restarts.answered(message))) return;
    // What still works says nothing more: it is as good as before.
    if (this.#linkState === 'connected') this.#step('restarted');
  }

  #steps(): Steps {
    const { nat, privacy, relays } = this.#profile();
    return cascade(pathStrategy(nat.type, this.#remoteNat.type), { privacy, relays });
  }

  // ---- the life of the link

  #linkChanged(state: LinkState): void {
    this.#linkState = state;
    if (state === 'connected') this.#step('up');
    else if (state !== 'connecting') this.#step(state);
  }

  #step(event: LinkEvent): void {
    if (this.#over !== undefined) return;
    const before = this.#life.type;
    const facts = {
      steps: this.#steps(),
      drives: this.#held.offerer,
      standing: this.#linkState === 'connected',
    };
    const [next, effects] = nextLife(this.#life, event, facts);
    this.#life = next;
    for (const effect of effects) this.#carryOut(effect);
    if (this.#over === undefined && before !== next.type) this.#events.onLife();
  }

  #carryOut(effect: LinkEffect): void {
    switch (effect.type) {
      case 'timer':
        return this.#setTimer(effect.ms);
      case 'no-timer':
        return this.#cancelTimer();
      case 'restart':
        return this.#restart(effect.rung);
      case 'up':
        return this.#events.onUp();
      case 'end':
        return this.#endByLink(effect.reason);
    }
  }

  #restart(rung: Rung): void {
    if (this.signaling.canSend) this.#restarts.begin(rung);
    else this.#events.onStranded();
  }

  #setTimer(ms: number): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.schedule(ms, () => this.#step('timer'));
  }
}
