import type { EncodedFrame, FrameTransformer } from '../../../entrypoints/offscreen/frame-desk.ts';
import type { TransformOptions } from '../../../lib/messaging/frames.ts';

/** A frame of an encoder's; VP9 unless it says otherwise, from synchronization source 1. */
export function frame(bytes: number[], metadata: object = {}): EncodedFrame {
  return {
    data: Uint8Array.from(bytes).buffer,
    getMetadata: () => ({ synchronizationSource: 1, mimeType: 'video/VP9', ...metadata }),
  };
}

/** A browser's end of a transform: what comes out is kept, in order. */
export class FakeTransformer implements FrameTransformer {
  readonly options: TransformOptions;
  readonly readable: ReadableStream<EncodedFrame>;
  readonly writable: WritableStream<EncodedFrame>;
  readonly out: EncodedFrame[] = [];
  keyFrames = 0;
  #controller: ReadableStreamDefaultController<EncodedFrame> | undefined;

  constructor(options: TransformOptions) {
    this.options = options;
    this.readable = new ReadableStream({
      start: (controller) => void (this.#controller = controller),
    });
    this.writable = new WritableStream({ write: (out) => void this.out.push(out) });
  }

  push(...frames: EncodedFrame[]): void {
    for (const each of frames) this.#controller?.enqueue(each);
  }

  /** The connection closes. */
  close(): void {
    this.#controller?.close();
  }

  generateKeyFrame = async () => {
    this.keyFrames++;
  };
  sendKeyFrameRequest = async () => {
    this.keyFrames++;
    throw new DOMException('not yet', 'InvalidStateError');
  };
}
