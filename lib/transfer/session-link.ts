import { CryptoError } from '../crypto/errors.ts';
import { lockedFileRoot, lockSession, type LockContext } from '../crypto/lock-keys.ts';
import { ChunkCipher } from '../crypto/chunk-cipher.ts';
import { copyBytes, fromHex, wipe, type Bytes } from '../crypto/bytes.ts';
import { opposite } from '../crypto/direction.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { MAX_OPEN_FILES } from '../protocol/limits.ts';
import type { ByteChannel } from '../protocol/byte-channel.ts';
import { isShareMessage, type ControlMessage, type ShareMessage } from '../protocol/messages.ts';
import { chooseChunkSize, type Layout } from './chunking.ts';
import { FORGOTTEN_IDS } from './constants.ts';
import { ControlLink } from './control-link.ts';
import { SessionError } from './errors.ts';
import type { SessionErrorCode, SessionOptions } from './events.ts';
import { SendCredit } from './flow.ts';
import { Heartbeat } from './heartbeat.ts';
import { Inbox } from './inbox.ts';
import { LaneDesk, type LaneNews, type LaneTask } from './lane-desk.ts';
import { LaneTuner } from './lane-tuner.ts';
import { Lanes, type ChunkJob } from './lanes.ts';
import type { Clock, RandomBytes } from './ports.ts';
import { StallWatch } from './stall-watch.ts';

/** What a session's owner answers to. */
export interface LinkOwner {
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** @throws SessionError, and the session ends with it. */
  onMessage(link: SessionLink, message: Exclude<ControlMessage, ShareMessage>): void;
  /** Shares are no transfers: whoever keeps them answers it. */
  onShareMessage(link: SessionLink, message: ShareMessage): void;
  nextChunk(link: SessionLink): ChunkJob | null;
  /** Bytes that may go over this session now and have not. */
  bytesLeft(link: SessionLink): number;
  /** The document is to do something for one of its lanes. */
  onLaneTask(link: SessionLink, task: LaneTask): void;
  /** The number of its lanes is another one. */
  onLanes(link: SessionLink, count: number): void;
  /** Called once; the link is closed by then. */
  onFailed(link: SessionLink, code: SessionErrorCode): void;
}

export interface FileCipherOptions {
  readonly transferId: string;
  readonly fileId: number;
  readonly layout: Layout;
  readonly salt: Uint8Array;
}

/** One attached session: its control channel, its lanes, their credit and their tags. */
export class SessionLink {
  readonly sessionId: string;
  readonly deviceId: string;
  readonly lanes: Lanes;
  readonly inbox: Inbox;
  /** Ids that were known in this session and are no more. */
  readonly #forgotten = new Set<string>();
  /** [PW7] Of the transfers that asked for a password. */
  readonly #tickets = new Map<string, Bytes>();
  readonly #control: ControlLink;
  readonly #role: SessionOptions['role'];
  readonly #fileRoot: Bytes;
  readonly #owner: LinkOwner;
  readonly #credit = new SendCredit();
  readonly #heartbeat: Heartbeat;
  readonly #desk: LaneDesk;
  readonly #tuner: LaneTuner;
  readonly #stall: StallWatch;
  #nextTag = 0;
  #openFiles = 0;
  #state: 'open' | 'closed' = 'open';

  constructor(options: SessionOptions, owner: LinkOwner) {
    this.sessionId = options.sessionId;
    this.deviceId = options.deviceId;
    this.#role = options.role;
    this.#owner = owner;
    this.#fileRoot = copyBytes(options.keys.fileRoot);
    const fail = (error: unknown) => this.fail(error);
    this.inbox = new Inbox(owner.clock, (credit) => this.post({ type: 'window', credit }), fail);
    this.lanes = new Lanes(
      options.lanes,
      this.#credit,
      () => owner.nextChunk(this),
      () => {
        this.#tuner.onSent();
        this.#stall.moved();
      },
    );
    this.#heartbeat = new Heartbeat(owner.clock, (nonce) => this.post({ type: 'ping', nonce }));
    this.#desk = this.#makeDesk();
    this.#tuner = new LaneTuner({
      clock: owner.clock,
      random: owner.random,
      lanes: this.lanes,
      desk: this.#desk,
      heartbeat: this.#heartbeat,
      bytesLeft: () => owner.bytesLeft(this),
      fixedLanes: options.fixedLanes ?? null,
      fail,
    });
    this.#stall = new StallWatch(owner.clock, {
      outstanding: () => this.#credit.outstanding,
      queued: () => this.lanes.queuedBytes,
      stalled: () => fail(new SessionError('channel-closed', 'no word about what left')),
    });
    this.#control = new ControlLink({
      channel: options.control,
      controlKey: options.keys.control,
      pcId: options.pcId,
      dir: options.role,
      onMessage: (message) => this.#onMessage(message),
      onError: fail,
      onClose: () => fail(new SessionError('channel-closed')),
    });
    // They share their connection with control: it is gone as well.
    for (const lane of options.lanes) {
      lane.onClose = () => fail(new SessionError('channel-closed'));
    }
  }

  /** Begins to listen, and grants the first credit. The owner must know the link by now. */
  open(options: SessionOptions): void {
    if (
      !ControlLink.fits(options.control) ||
      chooseChunkSize(0, this.lanes.maxMessageSize) === null
    ) {
      this.fail(new SessionError('message-size'));
      return;
    }
    this.inbox.open();
    // [LN6] Before anything is queued: the way itself.
    this.#heartbeat.look();
    this.#heartbeat.pause();
    this.#control.open();
    for (const lane of options.lanes) {
      lane.onMessage = (frame) => {
        try {
          this.inbox.onFrame(frame);
        } catch (error) {
          this.fail(error);
        }
      };
    }
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  /** Bytes a second that it carries, all lanes together; null while unknown. */
  get rate(): number | null {
    return this.#tuner.rate;
  }

  post(message: ControlMessage): void {
    this.#control.post(message);
  }

  /** Its first connection goes another way: the round trip is measured anew. */
  pathChanged(): void {
    this.#heartbeat.forget();
  }

  /** A further lane's channel, bound by its own proof ([LN2]). */
  addLane(pcId: string, channel: ByteChannel): void {
    this.#desk.add(pcId, channel);
  }

  /** What the document says about a further lane. */
  laneNews(news: LaneNews): void {
    this.#desk.onNews(news);
  }

  /** The id is known here no more; messages that cross are no error. */
  forget(transferId: string): void {
    this.#forgotten.add(transferId);
    const [oldest] = this.#forgotten;
    if (this.#forgotten.size > FORGOTTEN_IDS && oldest !== undefined) {
      this.#forgotten.delete(oldest);
    }
  }

  hasForgotten(transferId: string): boolean {
    return this.#forgotten.has(transferId);
  }

  /** Room for another started file; the caller gives it back with `fileClosed`. */
  get roomForFile(): boolean {
    return this.#openFiles < MAX_OPEN_FILES;
  }

  /** Files and packs that are started and not yet stored. */
  get openFiles(): number {
    return this.#openFiles;
  }

  /** [TR3] */
  openFile(): number {
    this.#openFiles++;
    return this.#nextTag++;
  }

  /** A place that a file or pack will take soon; `closeFile` gives it back before. */
  holdPlace(): void {
    this.#openFiles++;
  }

  closeFile(): void {
    this.#openFiles--;
  }

  outgoingCipher(options: FileCipherOptions): ChunkCipher {
    return this.#cipher(options, this.#role);
  }

  incomingCipher(options: FileCipherOptions): ChunkCipher {
    return this.#cipher(options, opposite(this.#role));
  }

  /** [PW3] @param way of the files, seen from here */
  lockContext(transferId: string, way: 'out' | 'in'): LockContext {
    const dir = way === 'out' ? this.#role : opposite(this.#role);
    return { session: lockSession(this.#fileRoot), dir, transferId: fromHex(transferId) };
  }

  /** [PW7] From here on the keys of this transfer's files depend on the ticket; copied. */
  useTicket(transferId: string, ticket: Uint8Array): void {
    wipe(this.#tickets.get(transferId));
    this.#tickets.set(transferId, copyBytes(ticket));
  }

  /** [BP1] Ends the session with a typed error; the peer is told its code. */
  fail(error: unknown): void {
    if (this.#state === 'closed') return;
    const code = sessionErrorCode(error);
    if (code !== 'channel-closed' && code !== 'peer-error') this.post({ type: 'error', code });
    this.close();
    this.#owner.onFailed(this, code);
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    // First the control channel: its last words must not be overtaken by a lane's end.
    this.#control.close();
    this.inbox.close();
    this.#tuner.close();
    this.#stall.close();
    this.#desk.close();
    this.lanes.close();
    wipe(this.#fileRoot, ...this.#tickets.values());
    this.#tickets.clear();
  }

  #makeDesk(): LaneDesk {
    const owner = this.#owner;
    return new LaneDesk({
      clock: owner.clock,
      random: owner.random,
      lanes: this.lanes,
      post: (message) => this.post(message),
      onFrame: (frame) => this.inbox.onFrame(frame),
      onTask: (task) => owner.onLaneTask(this, task),
      onLost: () => this.#tuner.onLost(),
      onUp: () => this.#tuner.onUp(),
      onCount: () => owner.onLanes(this, this.lanes.open),
      fail: (error) => this.fail(error),
    });
  }

  #cipher(
    { transferId, fileId, layout, salt }: FileCipherOptions,
    dir: 'i2r' | 'r2i',
  ): ChunkCipher {
    const id = fromHex(transferId);
    const ticket = this.#tickets.get(transferId);
    const locked = ticket && lockedFileRoot(this.#fileRoot, ticket, { dir, transferId: id });
    const cipher = new ChunkCipher({
      fileRoot: locked ?? this.#fileRoot,
      salt,
      dir,
      transferId: id,
      fileId,
      size: layout.size,
      chunkSize: layout.chunkSize,
    });
    wipe(locked);
    return cipher;
  }

  #onMessage(message: ControlMessage): void {
    if (isShareMessage(message)) return this.#owner.onShareMessage(this, message);
    switch (message.type) {
      case 'window':
        if (!this.#credit.grant(message.credit)) throw new SessionError('out-of-state', 'credit');
        if (this.#credit.outstanding > 0) this.#stall.moved();
        this.lanes.pump();
        return;
      case 'ping':
        this.post({ type: 'pong', nonce: message.nonce });
        return;
      case 'pong':
        return this.#heartbeat.onPong(message.nonce);
      case 'error':
        throw new SessionError('peer-error', message.code);
      case 'lane-offer':
      case 'lane-answer':
      case 'lane-candidate':
      case 'lane-candidates-end':
      case 'lane-close':
        return this.#desk.onMessage(message);
      default:
        this.#owner.onMessage(this, message);
    }
  }
}

function sessionErrorCode(error: unknown): SessionErrorCode {
  if (error instanceof SessionError) return error.code;
  if (error instanceof ProtocolError) {
    return error.code === 'bad-frame' ? 'bad-frame' : 'bad-message';
  }
  if (error instanceof CryptoError) return 'bad-seal';
  return 'internal';
}
