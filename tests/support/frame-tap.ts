/**
 * What goes into and comes out of the transforms of shared frames: a tap in the frames worker of an
 * offscreen document, from the worker's first transform on. On the viewer's side what goes in is what
 * was on the wire inside SRTP.
 */
import type { CDPSession, Page } from 'puppeteer';
import type { TransformOptions } from '../../lib/messaging/frames.ts';
import type { MediaStart } from '../../lib/share/key-ring.ts';
import { offscreenPage } from './lanes.ts';
import type { ExtensionBrowser } from './browser.ts';
import { until } from './wait.ts';

export interface TappedFrame extends TransformOptions {
  /** `key` or `delta`; empty of sound. */
  readonly kind: string;
  readonly inLength: number;
  /** Null: it did not come out. */
  readonly outLength: number | null;
  /** The last 17 bytes of the sealed end, hexadecimal. */
  readonly trailer: string;
  /** Part of the open end's bytes that stand at the same place in the sealed end. */
  readonly inClear: number;
  readonly flipped: boolean;
}

export interface Trailer {
  readonly clearLength: number;
  readonly kid: number;
  readonly epoch: number;
  readonly ctr: number;
}

/** What a decoder made of frames, each after the other or each by itself. */
export interface Decoded {
  readonly fed: number;
  readonly shown: number;
  /** Of the last picture, right of the middle. */
  readonly colour: readonly [number, number, number] | null;
}

/** [SF1] By hand: the product's own parser is not asked. */
export function readTrailer(hex: string): Trailer | undefined {
  const bytes = Buffer.from(hex, 'hex');
  if (bytes.length !== 17) return undefined;
  const [clearLength, kid, epoch] = [
    bytes.readUInt8(0),
    bytes.readUInt32BE(1),
    bytes.readUInt32BE(5),
  ];
  return { clearLength, kid, epoch, ctr: Number(bytes.readBigUInt64BE(9)) };
}

/** The document, and the frames workers that it makes one after the other. */
export class TappedDocument {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** From now on a frames worker begins only when it is tapped. */
  static async of(owner: ExtensionBrowser): Promise<TappedDocument> {
    const page = await offscreenPage(owner);
    await page.evaluate(holdWorkers);
    return new TappedDocument(page);
  }

  /** The next frames worker, once the document has made it. */
  async tap(): Promise<FrameTap> {
    const worker = await until('a frames worker', async () => {
      const held = await this.page.evaluate(() => (globalThis as DocumentWorld).held?.length ?? 0);
      return held > 0 && this.page.workers().findLast((each) => each.url().includes('frames'));
    });
    const tap = new FrameTap(worker.client);
    await tap.start();
    await this.page.evaluate(() => {
      for (const release of (globalThis as DocumentWorld).held?.splice(0) ?? []) release();
    });
    return tap;
  }

  /** [SH9] What the peer announced, as the document handed it on. */
  async announced(): Promise<MediaStart[]> {
    return await this.page.evaluate(() => (globalThis as DocumentWorld).announced ?? []);
  }
}

export class FrameTap {
  readonly #worker: CDPSession;

  constructor(worker: CDPSession) {
    this.#worker = worker;
  }

  async start(): Promise<void> {
    await this.#run(tapTransforms, null);
  }

  async frames(): Promise<TappedFrame[]> {
    return await this.#run(framesSoFar, null);
  }

  /** One bit of the next frame of a share's video, before our transform sees it. */
  async flip(shareId: string): Promise<void> {
    await this.#run(flipNext, shareId);
  }

  /** The frames before or after our transform, through a decoder of the browser's own. */
  async decode(options: DecodeOptions): Promise<Decoded> {
    return await this.#run(decodeKept, options);
  }

  /** [SF8] The last counts that the transform of a share's video told. */
  async counts(shareId: string): Promise<Record<string, number> | null> {
    return await this.#run(lastCounts, shareId);
  }

  async #run<Args, Result>(
    script: (args: Args) => Result | Promise<Result>,
    args: Args,
  ): Promise<Result> {
    const { result, exceptionDetails } = await this.#worker.send('Runtime.evaluate', {
      expression: `(${script.toString()})(${JSON.stringify(args)})`,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value as Result;
  }
}

export interface DecodeOptions {
  readonly shareId: string;
  readonly end: 'in' | 'out';
  /** `vp8`, or a string of the VP9 registry. */
  readonly codec: string;
  /** `alone`: each as a key frame in a decoder of its own; `sequence`: as they came. */
  readonly how: 'alone' | 'sequence';
}

/* What follows runs in the document. */

interface DocumentWorld {
  held?: (() => void)[];
  announced?: MediaStart[];
}

/** A worker's word that it has started is kept back: until then nothing gives it a transform. */
function holdWorkers(): void {
  const world = globalThis as DocumentWorld;
  if (world.held !== undefined) return;
  const held: (() => void)[] = [];
  const announced: MediaStart[] = [];
  Object.assign(world, { held, announced });
  const before = Object.getOwnPropertyDescriptor(Worker.prototype, 'onmessage');
  Object.defineProperty(Worker.prototype, 'onmessage', {
    configurable: true,
    set(this: Worker, listener: (event: MessageEvent<{ type?: string }>) => void) {
      before?.set?.call(this, (event: MessageEvent<{ type?: string }>) => {
        if (event.data.type === 'started') held.push(() => listener(event));
        else listener(event);
      });
    },
  });
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (...args: unknown[]) {
    const request = args[0] as { type?: string; start?: MediaStart };
    if (request.type === 'key' && request.start !== undefined) announced.push(request.start);
    return Reflect.apply(post, this, args) as void;
  };
}

/* What follows runs in the worker. */

interface Encoded {
  readonly type?: string;
  data: ArrayBuffer;
}

interface Transformer {
  readonly options: TransformOptions;
}

interface Kept {
  readonly kind: string;
  readonly bytes: { in: Uint8Array<ArrayBuffer>; out: Uint8Array<ArrayBuffer> | null };
}

interface WorkerWorld {
  tapped?: TappedFrame[];
  /** Bytes of the first frames of each share's video. */
  kept?: Map<string, Kept[]>;
  flips?: Set<string>;
  counts?: Map<string, Record<string, number>>;
}

function tapTransforms(): void {
  const KEPT = 90;
  const world = globalThis as WorkerWorld;
  const tapped: { -readonly [Name in keyof TappedFrame]: TappedFrame[Name] }[] = [];
  const kept = new Map<string, Kept[]>();
  const flips = new Set<string>();
  const counts = new Map<string, Record<string, number>>();
  Object.assign(world, { tapped, kept, flips, counts });
  const entries = new WeakMap<Encoded, { at: number; kept: Kept; flipped: boolean }>();
  const transforms = new Map<number, TransformOptions>();

  const hex = (bytes: Uint8Array) =>
    Array.from(bytes.subarray(-17), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const inClear = (open: Uint8Array, sealed: Uint8Array) =>
    open.length === 0 ? 0 : open.filter((byte, at) => byte === sealed[at]).length / open.length;

  const enter = (options: TransformOptions, frame: Encoded): void => {
    const flipped =
      options.track === 'video' && frame.data.byteLength > 100 && flips.delete(options.shareId);
    if (flipped) {
      const changed = new Uint8Array(frame.data.slice(0));
      const middle = changed.length >> 1;
      changed[middle] = (changed[middle] ?? 0) ^ 1;
      frame.data = changed.buffer;
    }
    const bytes = { in: new Uint8Array(frame.data.slice(0)), out: null };
    const kind = frame.type ?? '';
    entries.set(frame, { at: tapped.length, kept: { kind, bytes }, flipped });
    tapped.push({
      ...options,
      ...{ kind, flipped, inLength: bytes.in.length, outLength: null },
      trailer: options.way === 'open' ? hex(bytes.in) : '',
      inClear: 0,
    });
    const first = kept.get(options.shareId) ?? [];
    kept.set(options.shareId, first);
    const entry = entries.get(frame);
    if (options.track === 'video' && first.length < KEPT && entry) first.push(entry.kept);
  };
  const leave = (options: TransformOptions, frame: Encoded): void => {
    const entry = entries.get(frame);
    const line = entry && tapped[entry.at];
    if (entry === undefined || line === undefined) throw new Error('a frame of nowhere');
    const out = new Uint8Array(frame.data.slice(0));
    entry.kept.bytes.out = out;
    line.outLength = out.length;
    const [open, sealed] =
      options.way === 'seal' ? [entry.kept.bytes.in, out] : [out, entry.kept.bytes.in];
    line.trailer = hex(sealed);
    line.inClear = inClear(open, sealed);
  };

  const { prototype } = (
    globalThis as unknown as { RTCRtpScriptTransformer: { prototype: object } }
  ).RTCRtpScriptTransformer;
  const readable = Object.getOwnPropertyDescriptor(prototype, 'readable');
  const writable = Object.getOwnPropertyDescriptor(prototype, 'writable');
  Object.defineProperty(prototype, 'readable', {
    configurable: true,
    get(this: Transformer): ReadableStream<Encoded> {
      const { options } = this;
      transforms.set(options.transformId, options);
      const frames = readable?.get?.call(this) as ReadableStream<Encoded>;
      const watch = new TransformStream<Encoded, Encoded>({
        transform(frame, controller) {
          enter(options, frame);
          controller.enqueue(frame);
        },
      });
      return frames.pipeThrough(watch);
    },
  });
  Object.defineProperty(prototype, 'writable', {
    configurable: true,
    get(this: Transformer): WritableStream<Encoded> {
      const { options } = this;
      const native = writable?.get?.call(this) as WritableStream<Encoded>;
      const frames = native.getWriter();
      return new WritableStream({
        write(frame) {
          leave(options, frame);
          return frames.write(frame);
        },
        close: () => frames.close(),
        abort: (reason) => frames.abort(reason),
      });
    },
  });
  globalThis.postMessage = new Proxy(globalThis.postMessage, {
    apply(
      method,
      self: unknown,
      args: [{ type?: string; transformId?: number; counts?: unknown }],
    ) {
      const [report] = args;
      const options = transforms.get(report.transformId ?? -1);
      if (report.type === 'counts' && options?.track === 'video') {
        counts.set(options.shareId, report.counts as Record<string, number>);
      }
      return Reflect.apply(method, self, args) as unknown;
    },
  });
}

function framesSoFar(): TappedFrame[] {
  return (globalThis as WorkerWorld).tapped ?? [];
}

function flipNext(shareId: string): void {
  (globalThis as WorkerWorld).flips?.add(shareId);
}

function lastCounts(shareId: string): Record<string, number> | null {
  return (globalThis as WorkerWorld).counts?.get(shareId) ?? null;
}

async function decodeKept({ shareId, end, codec, how }: DecodeOptions): Promise<Decoded> {
  const all = (globalThis as WorkerWorld).kept?.get(shareId) ?? [];
  const frames = all.flatMap(({ kind, bytes }) => {
    const data = bytes[end];
    return data === null ? [] : [{ kind, data }];
  });
  let shown = 0;
  let colour: Decoded['colour'] = null;
  const look = (picture: VideoFrame): void => {
    shown += 1;
    const { displayWidth: width, displayHeight: height } = picture;
    const context = new OffscreenCanvas(width, height).getContext('2d');
    context?.drawImage(picture, 0, 0);
    const at = context?.getImageData(Math.floor(width * 0.75), Math.floor(height / 2), 1, 1).data;
    colour = [at?.[0] ?? 0, at?.[1] ?? 0, at?.[2] ?? 0];
    picture.close();
  };
  const decode = async (some: typeof frames): Promise<void> => {
    const decoder = new VideoDecoder({ output: look, error: () => undefined });
    decoder.configure({ codec, optimizeForLatency: true });
    for (const [at, { kind, data }] of some.entries()) {
      // Closed by an error: what follows cannot be shown either.
      if (decoder.state !== 'configured') break;
      const type = how === 'alone' || kind === 'key' ? 'key' : 'delta';
      try {
        decoder.decode(new EncodedVideoChunk({ type, timestamp: at * 33_000, data }));
      } catch (error) {
        // It looks into what is called a key frame, and takes none that is not one.
        if (!(error instanceof DOMException) || error.name !== 'DataError') throw error;
      }
    }
    await decoder.flush().catch(() => undefined);
    if (decoder.state !== 'closed') decoder.close();
  };
  if (how === 'sequence') await decode(frames);
  else for (const frame of frames) await decode([frame]);
  return { fed: frames.length, shown, colour };
}
