import { describe, expect, it } from 'vitest';
import type { EncodedFrame } from '../../../entrypoints/offscreen/frame-desk.ts';
import { pipeFrames } from '../../../entrypoints/offscreen/frame-pipe.ts';

function frame(byte: number): EncodedFrame {
  return { data: Uint8Array.of(byte).buffer, getMetadata: () => ({}) };
}

function byteOf({ data }: EncodedFrame): number | undefined {
  return new Uint8Array(data)[0];
}

function ends() {
  let source: ReadableStreamDefaultController<EncodedFrame> | undefined;
  let cancelled = false;
  const written: (number | undefined)[] = [];
  let broken = false;
  const transformer = {
    options: { transformId: 0, sessionId: '', shareId: '', track: 'video', way: 'seal' } as const,
    readable: new ReadableStream<EncodedFrame>({
      start: (controller) => void (source = controller),
      cancel: () => void (cancelled = true),
    }),
    writable: new WritableStream<EncodedFrame>({
      write(each) {
        if (broken) throw new Error('closed');
        written.push(byteOf(each));
      },
    }),
  };
  return {
    transformer,
    written,
    give: (...bytes: readonly number[]) => {
      for (const byte of bytes) source?.enqueue(frame(byte));
    },
    end: () => source?.close(),
    breakOff: () => source?.error(new Error('gone')),
    breakWriting: () => void (broken = true),
    cancelled: () => cancelled,
  };
}

describe('[SH3][SF7] frames through a transform', () => {
  it('go on in their order, but for those that are dropped or fail', async () => {
    const { transformer, written, give, end } = ends();
    give(1, 2, 3, 4, 5);
    end();
    await pipeFrames(transformer, async (each) => {
      const byte = byteOf(each) ?? 0;
      // The first ones take longest.
      for (let turn = byte; turn < 5; turn += 1) await Promise.resolve();
      if (byte === 2) throw new Error('cannot be sealed');
      return byte === 4 ? 'dropped' : 'on';
    });
    expect(written).toEqual([1, 3, 5]);
  });

  it('end with their connection, at whichever side it is noticed', async () => {
    const gone = ends();
    gone.breakOff();
    await pipeFrames(gone.transformer, () => Promise.resolve('on'));
    expect(gone.written).toEqual([]);

    const closed = ends();
    closed.breakWriting();
    closed.give(1);
    await pipeFrames(closed.transformer, () => Promise.resolve('on'));
    expect(closed.cancelled()).toBe(true);
  });
});
