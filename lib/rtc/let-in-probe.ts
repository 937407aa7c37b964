import { toRtcServers } from '../ice/configuration.ts';
import type { IceServer } from '../ice/servers.ts';
import { type Connect, type Gathered, untilStopped, watchGathering } from './gathering.ts';

/**
 * Does the NAT let in a packet that nobody asked for? A relay sends ICE checks to a port of ours
 * that asked STUN servers and has never sent anything to that relay. The only way, in a browser, to
 * make somebody else send first.
 */

/** With the relay at work for so long and nothing heard, nothing gets in. Some twenty checks. */
const NOBODY_MS = 1_000;

export interface LetIn {
  /** Null when it could not be tried. */
  readonly letIn: boolean | null;
  readonly relays: readonly { readonly url: string; readonly address: string }[];
}

export interface LetInOptions {
  /** Servers that the port sends to. */
  readonly stun: readonly IceServer[];
  readonly turn: readonly IceServer[];
  readonly open: Connect;
  readonly stop: AbortSignal;
}

export async function tryLetIn({ stun, turn, open, stop }: LetInOptions): Promise<LetIn> {
  const relays: { url: string; address: string }[] = [];
  if (stun.length === 0 || turn.length === 0 || stop.aborted) return { letIn: null, relays };
  const letIn = await untilStopped<boolean | null>(
    stop,
    () => null,
    (settle) => {
      const probe = new LetInProbe(stun, turn, open, stop, relays, settle);
      probe.start().catch(() => settle(null));
    },
  );
  return { letIn, relays };
}

class LetInProbe {
  /** The port in question: it knows no candidate of the other side, so it never sends first. */
  readonly #inside: RTCPeerConnection;
  readonly #outside: RTCPeerConnection;
  readonly #stop: AbortSignal;
  readonly #relays: { url: string; address: string }[];
  readonly #settle: (letIn: boolean | null) => void;
  readonly #own: Gathered[] = [];
  readonly #described = Promise.withResolvers<undefined>();
  #errors = 0;
  #aimed = false;
  #waits = false;

  constructor(
    stun: readonly IceServer[],
    turn: readonly IceServer[],
    open: Connect,
    stop: AbortSignal,
    relays: { url: string; address: string }[],
    settle: (letIn: boolean | null) => void,
  ) {
    this.#stop = stop;
    this.#relays = relays;
    this.#settle = settle;
    this.#inside = open({ iceServers: toRtcServers(stun) });
    this.#outside = open({ iceServers: toRtcServers(turn), iceTransportPolicy: 'relay' });
    watchGathering(
      this.#inside,
      {
        onCandidate: (found) => this.#onOwn(found),
        onError: () => {
          this.#errors += 1;
        },
        onComplete: () => this.#onAllOwn(),
      },
      stop,
    );
    watchGathering(
      this.#outside,
      {
        onCandidate: ({ candidate, url }) => {
          this.#relays.push({ url, address: candidate.address });
          this.#wait();
        },
        onComplete: () => {
          if (this.#relays.length === 0) this.#settle(null);
        },
      },
      stop,
    );
    this.#inside.addEventListener('iceconnectionstatechange', () => {
      const state = this.#inside.iceConnectionState;
      if (state === 'connected' || state === 'completed') this.#settle(true);
    });
  }

  async start(): Promise<void> {
    this.#inside.createDataChannel('probe');
    // Descriptions as they are before any candidate: the candidates are what is under test.
    const offer = await this.#inside.createOffer();
    await this.#outside.setRemoteDescription(offer);
    const answer = await this.#outside.createAnswer();
    await this.#inside.setLocalDescription(offer);
    await this.#inside.setRemoteDescription(answer);
    await this.#outside.setLocalDescription(answer);
    this.#described.resolve(undefined);
  }

  #onOwn(found: Gathered): void {
    this.#own.push(found);
    if (found.candidate.type === 'srflx') this.#aim(found);
  }

  /** The servers saw no NAT: the port's own address is the one to send to. */
  #onAllOwn(): void {
    if (this.#aimed) return;
    const ports = this.#own.filter(({ candidate }) => candidate.protocol === 'udp');
    if (ports.length <= this.#errors) return this.#settle(null);
    for (const found of ports) this.#aim(found);
  }

  #aim({ init }: Gathered): void {
    this.#aimed = true;
    void this.#described.promise
      .then(() => this.#outside.addIceCandidate(init))
      .then(() => this.#wait())
      .catch(() => {});
  }

  /** The time runs from when the relay has both an address and an aim. */
  #wait(): void {
    if (this.#waits || !this.#aimed || this.#relays.length === 0) return;
    this.#waits = true;
    const timer = setTimeout(() => this.#settle(false), NOBODY_MS);
    this.#stop.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }
}
