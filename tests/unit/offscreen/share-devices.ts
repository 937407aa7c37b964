import { FrameDesk } from '../../../entrypoints/offscreen/frame-desk.ts';
import { DocumentShares } from '../../../entrypoints/offscreen/shares.ts';
import { ShownStreams } from '../../../entrypoints/offscreen/shown-streams.ts';
import { WorkerMedia } from '../../../entrypoints/offscreen/worker-media.ts';
import { toHex } from '../../../lib/crypto/bytes.ts';
import type { EngineRequest } from '../../../lib/messaging/engine.ts';
import type { FrameKeys, FramesReport, FramesRequest } from '../../../lib/messaging/frames.ts';
import { decodeControl, encodeControl, isShareMessage } from '../../../lib/protocol/messages.ts';
import type { ShareView } from '../../../lib/share/views.ts';
import { FakeStream } from './fake-media.ts';
import { FakeTransformer } from './frames.ts';

/** The worker of frames: its desk, reached by messages that are copied. */
export class FakeWorker {
  readonly desk: FrameDesk;
  onmessage: ((event: { data: FramesReport }) => void) | null = null;
  onerror: (() => void) | null = null;
  ended = false;

  constructor() {
    const report = (told: FramesReport) => {
      const data = structuredClone(told);
      queueMicrotask(() => this.onmessage?.({ data }));
    };
    this.desk = new FrameDesk({ report, clock: { monotonic: () => performance.now() } });
    report({ type: 'started' });
  }

  postMessage(request: FramesRequest): void {
    if (request.type === 'port') return;
    const copy = structuredClone(request);
    if (copy.type !== 'end') return this.desk.handle(copy);
    this.desk.end();
    this.ended = true;
  }
  terminate(): void {
    this.ended = true;
  }
}

/** One device: its document, and as much of the engine's worker as shares need. */
export class Device {
  readonly name: string;
  readonly shares: DocumentShares;
  readonly media: WorkerMedia;
  readonly said: string[] = [];
  readonly workers: FakeWorker[] = [];
  readonly captured: FakeStream[] = [];
  readonly posted: string[] = [];
  readonly pointed: unknown[] = [];
  /** Starts of transforms that were announced. */
  readonly starts: { kid: number; inst: string }[] = [];
  peer: Device | null = null;
  protects = true;

  constructor(name: string) {
    this.name = name;
    this.media = new WorkerMedia((report) => {
      if (report.type === 'binding-failed') this.said.push(report.type);
      if (report.type === 'media-bound' || report.type === 'media-unbound')
        this.shares.onReport(report);
    });
    this.shares = new DocumentShares(
      {
        engine: {
          post: (request) => this.#engine(request),
          takeBind: (sessionId, pcId, channel) =>
            void this.media.handle({ type: 'media-channel', sessionId, pcId, channel }),
        },
        reach: {
          privacy: false,
          configuration: () => ({
            ...{ iceServers: [], iceTransportPolicy: 'all' },
            ...{ iceCandidatePoolSize: 0, bundlePolicy: 'max-bundle' },
          }),
        },
        log: () => undefined,
        pursue: (deviceId) => this.said.push(`pursues ${deviceId}`),
        changed: () => undefined,
        pointed: ({ sourceId, at }) => this.pointed.push([sourceId, at]),
      },
      {
        frames: {
          worker: () => {
            const worker = new FakeWorker();
            this.workers.push(worker);
            return worker as unknown as Worker;
          },
          transform: (worker, options) => {
            const transformer = new FakeTransformer(structuredClone(options));
            (worker as unknown as FakeWorker).desk.transform(transformer);
            return transformer as unknown as RTCRtpScriptTransform;
          },
        },
        sources: {
          openTab: async () => {
            const stream = FakeStream.of('video', 'audio');
            this.captured.push(stream);
            return stream.real;
          },
          sound: () => ({ close: () => undefined }),
        },
        shown: new ShownStreams(() => new FakeStream([]).real),
        protects: () => this.protects,
      },
    );
  }

  view(shareId: string): ShareView {
    const view = this.shares.views().find((each) => each.shareId === shareId);
    if (view === undefined) throw new Error(`no share ${shareId}`);
    return view;
  }
  state(shareId: string): string {
    return this.view(shareId).state.type;
  }

  #engine(request: EngineRequest): void {
    switch (request.type) {
      case 'share-post': {
        this.posted.push(request.message.type);
        if (request.message.type === 'media-key') {
          const { kid, inst } = request.message;
          this.starts.push({ kid, inst: toHex(inst) });
        }
        const message = decodeControl(encodeControl(request.message));
        if (!isShareMessage(message)) throw new Error('no share message');
        const { peer } = this;
        // Over the line: in order, in a task of its own.
        setImmediate(() => peer?.shares.onEngine({ ...request, type: 'share-message', message }));
        return;
      }
      case 'share-breach':
        this.said.push(`breach ${request.code}`);
        return;
      case 'frames-port': {
        // Keys go to the worker that was made last.
        const postMessage = (keys: FrameKeys) => this.workers.at(-1)?.desk.open(keys);
        const port = { postMessage } as unknown as MessagePort;
        return void this.media.handle({ type: 'frames-port', port });
      }
      case 'media-secure':
      case 'media-drop':
      case 'media-keys':
        return void this.media.handle(request);
      default:
        throw new Error(`the engine is asked for ${request.type}`);
    }
  }
}
