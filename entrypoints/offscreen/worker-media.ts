import { copyBytes, wipe, type Bytes } from '../../lib/crypto/bytes.ts';
import type { Direction } from '../../lib/crypto/direction.ts';
import type { EngineReport, EngineRequest } from '../../lib/messaging/engine.ts';
import type { FrameKeys } from '../../lib/messaging/frames.ts';
import type { ByteChannel } from '../../lib/protocol/byte-channel.ts';
import { WorkerLanes } from './worker-lanes.ts';

type MediaRequest = Extract<
  EngineRequest,
  { type: 'media-channel' | 'media-secure' | 'media-drop' | 'media-keys' | 'frames-port' }
>;

interface Session {
  readonly role: Direction;
  readonly mediaKey: Bytes;
  /** Channels `bind` that are proved, by `pcId`: they have nothing more to say. */
  readonly bound: Map<string, ByteChannel>;
}

/**
 * The engine worker's part in shares: it has the sessions' keys, so it binds their media ([SH4]) and
 * hands the key of frames to the worker that uses it, past the document.
 */
export class WorkerMedia {
  readonly #report: (report: EngineReport) => void;
  readonly #binds: WorkerLanes;
  readonly #sessions = new Map<string, Session>();
  #frames: MessagePort | null = null;

  constructor(report: (report: EngineReport) => void) {
    this.#report = report;
    this.#binds = new WorkerLanes({
      addLane: (sessionId, pcId, channel) => this.#bound(sessionId, pcId, channel),
      laneNews: (sessionId, { pcId }) => report({ type: 'media-unbound', sessionId, pcId }),
      bindingFailed: (sessionId) => report({ type: 'binding-failed', sessionId }),
    });
  }

  /** A session is attached. Copies the keys. */
  open(
    sessionId: string,
    role: Direction,
    { bind, media }: { readonly bind: Uint8Array; readonly media: Uint8Array },
  ): void {
    this.close(sessionId);
    this.#binds.open(sessionId, role, bind);
    this.#sessions.set(sessionId, { role, mediaKey: copyBytes(media), bound: new Map() });
  }

  /** The session is gone. */
  close(sessionId: string): void {
    this.#binds.close(sessionId);
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    this.#sessions.delete(sessionId);
    for (const channel of session.bound.values()) channel.close();
    wipe(session.mediaKey);
  }

  async handle(request: MediaRequest): Promise<void> {
    switch (request.type) {
      case 'media-channel':
        return this.#binds.take(request);
      case 'media-secure':
        return await this.#binds.secure(request);
      case 'media-drop': {
        const { sessionId, pcId } = request;
        const bound = this.#sessions.get(sessionId)?.bound;
        bound?.get(pcId)?.close();
        bound?.delete(pcId);
        return this.#binds.drop(sessionId, pcId);
      }
      case 'media-keys':
        return this.#hand(request.sessionId);
      case 'frames-port':
        this.#frames = request.port;
        return;
    }
  }

  #bound(sessionId: string, pcId: string, channel: ByteChannel): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return channel.close();
    // Nothing else is said on it: what comes yet is not kept.
    channel.onMessage = () => undefined;
    session.bound.set(pcId, channel);
    this.#report({ type: 'media-bound', sessionId, pcId });
  }

  #hand(sessionId: string): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined || this.#frames === null) return;
    const keys: FrameKeys = {
      sessionId,
      role: session.role,
      mediaKey: copyBytes(session.mediaKey),
    };
    // Transferred: no copy of it stays here.
    this.#frames.postMessage(keys, [keys.mediaKey.buffer]);
  }
}
