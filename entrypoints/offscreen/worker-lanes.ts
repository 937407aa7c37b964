import { copyBytes, fromHex, wipe, type Bytes } from '../../lib/crypto/bytes.ts';
import type { Direction } from '../../lib/crypto/direction.ts';
import type { EngineRequest, TransferredChannel } from '../../lib/messaging/engine.ts';
import type { ByteChannel } from '../../lib/protocol/byte-channel.ts';
import { DataChannelBytes } from '../../lib/rtc/data-channel.ts';
import { RelayedBytes } from '../../lib/rtc/relayed-channel.ts';
import { bindChannel, BindingError, type ChannelBinding } from '../../lib/session/bound-channel.ts';
import type { LaneNews } from '../../lib/transfer/lane-desk.ts';

/** A channel before its binding. */
export type RawChannel = DataChannelBytes | RelayedBytes;

/** Wrapped in the task in which it comes: a message that finds no listener is lost. */
export function rawChannel(channel: TransferredChannel): RawChannel {
  return channel instanceof MessagePort ? new RelayedBytes(channel) : new DataChannelBytes(channel);
}

interface Ends {
  readonly ownFingerprint: Uint8Array;
  readonly peerFingerprint: Uint8Array;
}

/** [BD2] Both fingerprints by Noise role. */
export function bindingOf(
  bindKey: Uint8Array,
  ownDir: Direction,
  pcId: Uint8Array,
  { ownFingerprint, peerFingerprint }: Ends,
): ChannelBinding {
  const [fpI, fpR] =
    ownDir === 'i2r' ? [ownFingerprint, peerFingerprint] : [peerFingerprint, ownFingerprint];
  return { bindKey, ownDir, pcId, fpI, fpR };
}

interface Session {
  readonly role: Direction;
  readonly bindKey: Bytes;
  /** Of lanes that are not bound yet, by `pcId`. */
  readonly waiting: Map<string, RawChannel>;
}

interface WorkerLanesOwner {
  addLane(sessionId: string, pcId: string, channel: ByteChannel): void;
  laneNews(sessionId: string, news: LaneNews): void;
  /** [BD4] */
  bindingFailed(sessionId: string): void;
}

type Channel = Omit<Extract<EngineRequest, { type: 'lane-channel' }>, 'type'>;
type Secured = Omit<Extract<EngineRequest, { type: 'lane-secure' }>, 'type'>;

/**
 * Binds the channels of a session's further connections: lanes ([LN2]) and media of shares ([SH4]).
 * For that it keeps each session's key for its life.
 */
export class WorkerLanes {
  readonly #owner: WorkerLanesOwner;
  readonly #sessions = new Map<string, Session>();

  constructor(owner: WorkerLanesOwner) {
    this.#owner = owner;
  }

  /** A session is attached. Copies the key. */
  open(sessionId: string, role: Direction, bindKey: Uint8Array): void {
    this.close(sessionId);
    this.#sessions.set(sessionId, { role, bindKey: copyBytes(bindKey), waiting: new Map() });
  }

  /** The session is gone. */
  close(sessionId: string): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    this.#sessions.delete(sessionId);
    for (const channel of session.waiting.values()) channel.close();
    wipe(session.bindKey);
  }

  take({ sessionId, pcId, channel }: Channel): void {
    const raw = rawChannel(channel);
    const session = this.#sessions.get(sessionId);
    if (session === undefined) raw.close();
    else session.waiting.set(pcId, raw);
  }

  async secure(request: Secured): Promise<void> {
    const { sessionId, pcId, maxMessageSize } = request;
    const session = this.#sessions.get(sessionId);
    const raw = session?.waiting.get(pcId);
    if (session === undefined || raw === undefined) return;
    session.waiting.delete(pcId);
    raw.maxMessageSize = maxMessageSize;
    try {
      const { bindKey, role } = session;
      const channel = await bindChannel(raw, bindingOf(bindKey, role, fromHex(pcId), request));
      this.#owner.addLane(sessionId, pcId, channel);
    } catch (error) {
      if (error instanceof BindingError && error.code === 'wrong-proof') {
        this.#owner.bindingFailed(sessionId);
      } else this.#owner.laneNews(sessionId, { type: 'lane-failed', pcId });
    }
  }

  /** The lane is over before it was bound. */
  drop(sessionId: string, pcId: string): void {
    const waiting = this.#sessions.get(sessionId)?.waiting;
    waiting?.get(pcId)?.close();
    waiting?.delete(pcId);
  }
}
