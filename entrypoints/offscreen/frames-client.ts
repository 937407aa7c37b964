import type { FramesReport, FramesRequest, TransformOptions } from '../../lib/messaging/frames.ts';
import type { MediaTrackKind } from '../../lib/protocol/kinds.ts';
import type { MediaStart } from '../../lib/share/key-ring.ts';
import type { EncodingStart } from '../../lib/share/track-sealer.ts';
import type { EngineClient } from './engine-client.ts';

/** What becomes of one transform. */
export interface FrameTransform {
  readonly transform: RTCRtpScriptTransform;
  /** Sharer: its first kid is announced, or (`false`) there will be none ([SF3]). */
  readonly announced: Promise<boolean>;
  codecs(known: readonly RTCRtpCodecParameters[]): void;
  /** Its connection is over. */
  drop(): void;
}

export interface FramesClientDeps {
  readonly engine: Pick<EngineClient, 'post'>;
  /** [SH9] The kid of this start, once it is told; null: none. */
  readonly announce: (
    shareId: string,
    start: EncodingStart & { readonly track: MediaTrackKind },
  ) => number | null;
  /** [SF3] The peer is in breach. */
  readonly badStart: (sessionId: string) => void;
  /** The worker is gone, and with it all keys and replay windows: these shares cannot go on ([SF9]). */
  readonly lost: (shareIds: readonly string[]) => void;
  readonly counts: (
    shareId: string,
    track: MediaTrackKind,
    report: Extract<FramesReport, { type: 'counts' }>,
  ) => void;
}

/** What of the browser it needs; tests give their own. */
export interface FramesPorts {
  readonly worker: () => Worker;
  readonly transform: (worker: Worker, options: TransformOptions) => RTCRtpScriptTransform;
}

const BROWSER_PORTS: FramesPorts = {
  worker: () => new Worker(new URL('./frames.worker.ts', import.meta.url), { type: 'module' }),
  transform: (worker, options) => new RTCRtpScriptTransform(worker, options),
};

/** [SH3] Whether this browser can encrypt frames: Chromium 141, Firefox 117, Safari 15.4. */
export function framesSupported(scope: object = globalThis): boolean {
  return 'RTCRtpScriptTransform' in scope;
}

interface Entry {
  readonly options: TransformOptions;
  readonly onRunning: (running: boolean) => void;
  readonly settleAnnounced: (announced: boolean) => void;
}

/** The document's end of the worker of frames, which lives while shares are protected by it. */
export class FramesClient {
  readonly #deps: FramesClientDeps;
  readonly #ports: FramesPorts;
  #worker: Worker | null = null;
  #started: PromiseWithResolvers<void> = Promise.withResolvers();
  /** Sessions whose keys the worker was promised. */
  readonly #sessions = new Set<string>();
  readonly #transforms = new Map<number, Entry>();
  /** Shares that the worker holds something of. */
  readonly #shares = new Set<string>();
  #nextId = 0;

  constructor(deps: FramesClientDeps, ports: FramesPorts = BROWSER_PORTS) {
    this.#deps = deps;
    this.#ports = ports;
  }

  /** To be awaited before `make`: until then a transform's first event might find nobody. */
  ready(sessionId: string, shareId: string): Promise<void> {
    this.#for(sessionId, shareId);
    return this.#started.promise;
  }

  /** @param onRunning frames pass through it from now on, or do no more */
  make(
    what: Omit<TransformOptions, 'transformId'>,
    onRunning: (running: boolean) => void,
  ): FrameTransform {
    const worker = this.#for(what.sessionId, what.shareId);
    const transformId = this.#nextId++;
    const options: TransformOptions = { ...what, transformId };
    const { promise: announced, resolve } = Promise.withResolvers<boolean>();
    this.#transforms.set(transformId, { options, onRunning, settleAnnounced: resolve });
    const transform = this.#ports.transform(worker, options);
    return {
      transform,
      announced,
      codecs: (known) => {
        const codecs = known.map(({ payloadType, mimeType }) => ({ payloadType, mimeType }));
        this.#post({ type: 'codecs', transformId, codecs });
      },
      drop: () => {
        if (!this.#transforms.delete(transformId)) return;
        resolve(false);
        this.#post({ type: 'drop-transform', transformId });
      },
    };
  }

  /** Viewer: the peer announced a start. */
  key(sessionId: string, start: MediaStart): void {
    this.#for(sessionId, start.shareId);
    this.#post({ type: 'key', sessionId, start });
  }

  /** [SF11] With the last one the worker ends, and with it every key in it. */
  dropShare(shareId: string): void {
    if (!this.#shares.delete(shareId)) return;
    this.#forget((options) => options.shareId === shareId);
    this.#post({ type: 'drop-share', shareId });
    if (this.#shares.size === 0) this.#end();
  }

  dropSession(sessionId: string): void {
    if (!this.#sessions.delete(sessionId)) return;
    this.#forget((options) => options.sessionId === sessionId);
    this.#post({ type: 'drop-session', sessionId });
  }

  #for(sessionId: string, shareId: string): Worker {
    const worker = this.#worker ?? this.#begin();
    this.#shares.add(shareId);
    if (!this.#sessions.has(sessionId)) {
      this.#sessions.add(sessionId);
      this.#deps.engine.post({ type: 'media-keys', sessionId });
    }
    return worker;
  }

  #begin(): Worker {
    const worker = this.#ports.worker();
    this.#worker = worker;
    this.#started = Promise.withResolvers();
    worker.onmessage = (event: MessageEvent<FramesReport>) => {
      if (this.#worker === worker) this.#onReport(event.data);
    };
    worker.onerror = () => {
      if (this.#worker === worker) this.#onLost();
    };
    const { port1, port2 } = new MessageChannel();
    this.#deps.engine.post({ type: 'frames-port', port: port1 }, [port1]);
    worker.postMessage({ type: 'port', port: port2 } satisfies FramesRequest, [port2]);
    return worker;
  }

  #onReport(report: FramesReport): void {
    if (report.type === 'started') return this.#started.resolve();
    if (report.type === 'bad-start') return this.#deps.badStart(report.sessionId);
    const { transformId } = report;
    const entry = this.#transforms.get(transformId);
    if (entry === undefined) return;
    const { shareId, track } = entry.options;
    switch (report.type) {
      case 'announce': {
        const { encoding, inst } = report;
        // In one task: told, and drawn ([SF3]).
        const kid = this.#deps.announce(shareId, { track, encoding, inst });
        this.#post({ type: 'kid', transformId, encoding, kid });
        return entry.settleAnnounced(kid !== null);
      }
      case 'running':
        return entry.onRunning(report.running);
      case 'counts':
        return this.#deps.counts(shareId, track, report);
    }
  }

  #onLost(): void {
    const lost = [...this.#shares];
    this.#shares.clear();
    this.#forget(() => true);
    this.#worker?.terminate();
    this.#worker = null;
    this.#sessions.clear();
    this.#deps.lost(lost);
  }

  #end(): void {
    this.#post({ type: 'end' });
    this.#worker = null;
    this.#sessions.clear();
  }

  #forget(over: (options: TransformOptions) => boolean): void {
    for (const [id, { options, onRunning, settleAnnounced }] of this.#transforms) {
      if (!over(options)) continue;
      this.#transforms.delete(id);
      settleAnnounced(false);
      onRunning(false);
    }
  }

  #post(request: FramesRequest): void {
    this.#worker?.postMessage(request);
  }
}
