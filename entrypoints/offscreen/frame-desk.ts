import { copyBytes, wipe, type Bytes } from '../../lib/crypto/bytes.ts';
import { opposite, type Direction } from '../../lib/crypto/direction.ts';
import { isTallowError } from '../../lib/errors/index.ts';
import type {
  FrameKeys,
  FramesReport,
  FramesRequest,
  TransformOptions,
} from '../../lib/messaging/frames.ts';
import type { FrameClock } from '../../lib/share/frame-sealer.ts';
import { KeyRing } from '../../lib/share/key-ring.ts';
import { OpenTransform } from './open-transform.ts';
import { SealTransform } from './seal-transform.ts';

/** A frame between encoder and packetizer, as far as we touch it (W3C webrtc-encoded-transform). */
export interface EncodedFrame {
  data: ArrayBuffer;
  getMetadata(): {
    readonly synchronizationSource?: number;
    readonly payloadType?: number;
    /** Newer than the rest. */
    readonly mimeType?: string;
  };
}

/** `RTCRtpScriptTransformer`, as far as we touch it. */
export interface FrameTransformer {
  readonly options: TransformOptions;
  readonly readable: ReadableStream<EncodedFrame>;
  readonly writable: WritableStream<EncodedFrame>;
  /** Sender of a video. */
  generateKeyFrame?(): Promise<unknown>;
  /** Receiver of a video. */
  sendKeyFrameRequest?(): Promise<unknown>;
}

export interface FrameDeskDeps {
  readonly report: (report: FramesReport) => void;
  readonly clock: FrameClock;
}

interface Session {
  readonly role: Direction;
  readonly mediaKey: Bytes;
  readonly ring: KeyRing;
}

type Place =
  | { readonly type: 'waiting'; readonly tasks: ((session: Session) => void)[] }
  | { readonly type: 'open'; readonly session: Session }
  | { readonly type: 'gone' };

type Transform = SealTransform | OpenTransform;
type Request<T extends FramesRequest['type']> = Extract<FramesRequest, { type: T }>;

/**
 * What the worker of frames holds: a session's key and the peer's starts, and a transform for each
 * track. Keys and transforms come over different ways, so that either waits for the other.
 */
export class FrameDesk {
  readonly #deps: FrameDeskDeps;
  readonly #sessions = new Map<string, Place>();
  readonly #transforms = new Map<number, Transform>();
  /** Dropped before they were here. */
  readonly #unborn = new Set<number>();
  /** Shares that are over ([SF11]): what waits for a session's key may be about one. */
  readonly #over = new Set<string>();

  constructor(deps: FrameDeskDeps) {
    this.#deps = deps;
  }

  /** Takes `mediaKey` over. */
  open({ sessionId, role, mediaKey }: FrameKeys): void {
    const place = this.#sessions.get(sessionId);
    if (place?.type === 'open' || place?.type === 'gone') return wipe(mediaKey);
    const ring = new KeyRing({ mediaKey, dir: opposite(role) });
    const session: Session = { role, mediaKey: copyBytes(mediaKey), ring };
    wipe(mediaKey);
    this.#sessions.set(sessionId, { type: 'open', session });
    for (const task of place?.tasks ?? []) task(session);
  }

  handle(request: Exclude<FramesRequest, { type: 'port' | 'end' }>): void {
    switch (request.type) {
      case 'key':
        return this.#with(request.sessionId, (session) => this.#key(session, request));
      case 'kid': {
        const transform = this.#transforms.get(request.transformId);
        if (transform instanceof SealTransform) transform.begin(request.encoding, request.kid);
        return;
      }
      case 'codecs': {
        const transform = this.#transforms.get(request.transformId);
        if (transform instanceof SealTransform) transform.codecs(request.codecs);
        return;
      }
      case 'drop-transform': {
        const { transformId } = request;
        if (!this.#transforms.has(transformId)) this.#unborn.add(transformId);
        return this.#drop(({ options }) => options.transformId === transformId);
      }
      case 'drop-share':
        this.#over.add(request.shareId);
        this.#drop(({ options }) => options.shareId === request.shareId);
        for (const place of this.#sessions.values()) {
          if (place.type === 'open') place.session.ring.forget(request.shareId);
        }
        return;
      case 'drop-session':
        return this.#close(request.sessionId);
    }
  }

  /** A transform of the document's making; frames wait in it until its session's key is here. */
  transform(transformer: FrameTransformer): void {
    const { options } = transformer;
    this.#with(options.sessionId, ({ role, mediaKey, ring }) => {
      if (this.#unborn.delete(options.transformId) || this.#over.has(options.shareId)) return;
      const { report, clock } = this.#deps;
      const transform =
        options.way === 'seal'
          ? new SealTransform(transformer, { report, clock, mediaKey, dir: role })
          : new OpenTransform(transformer, { report, clock, ring });
      this.#transforms.set(options.transformId, transform);
      transform.start();
    });
  }

  /** Wipes all keys; no frame passes any more. */
  end(): void {
    for (const sessionId of [...this.#sessions.keys()]) this.#close(sessionId);
  }

  #with(sessionId: string, task: (session: Session) => void): void {
    const place = this.#sessions.get(sessionId);
    if (place?.type === 'open') return task(place.session);
    // The session is over: its frames stay where they are, and nothing is opened.
    if (place?.type === 'gone') return;
    if (place?.type === 'waiting') place.tasks.push(task);
    else this.#sessions.set(sessionId, { type: 'waiting', tasks: [task] });
  }

  #key({ ring }: Session, { sessionId, start }: Request<'key'>): void {
    try {
      const came = ring.add(start);
      if (this.#over.has(start.shareId)) return ring.forget(start.shareId);
      if (came === 'in-time') return;
    } catch (error) {
      if (!isTallowError(error)) throw error;
      return this.#deps.report({ type: 'bad-start', sessionId });
    }
    // [SF9] Its first frames are lost, and what follows builds on them.
    for (const transform of this.#transforms.values()) {
      const { shareId, track } = transform.options;
      if (transform instanceof OpenTransform && shareId === start.shareId && track === start.track)
        transform.askForKeyFrame();
    }
  }

  #close(sessionId: string): void {
    const place = this.#sessions.get(sessionId);
    // Keys may be on their way still: remembered as gone, so that they are wiped when they come.
    this.#sessions.set(sessionId, { type: 'gone' });
    this.#drop(({ options }) => options.sessionId === sessionId);
    if (place?.type !== 'open') return;
    place.session.ring.destroy();
    wipe(place.session.mediaKey);
  }

  #drop(over: (transform: Transform) => boolean): void {
    for (const [id, transform] of this.#transforms) {
      if (!over(transform)) continue;
      this.#transforms.delete(id);
      transform.destroy();
    }
  }
}
