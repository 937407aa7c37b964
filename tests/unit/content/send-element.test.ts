import { describe, expect, it, vi } from 'vitest';
import { waitForRequest } from '../../../entrypoints/content/request.ts';
import type { ElementBytes } from '../../../entrypoints/content/read-element.ts';
import { sendElement, type PortLike } from '../../../entrypoints/content/send-element.ts';
import { READ_PIECE_BYTES, type ReadMessage } from '../../../lib/messaging/content.ts';

const REQUEST = { type: 'read', requestId: 'id1', url: 'blob:x' } as const;

/** The document's end of the port: takes pieces when it likes. */
class FakePort implements PortLike {
  readonly got: ReadMessage[] = [];
  closed = false;
  #say: (message: unknown) => void = () => {};
  #close: () => void = () => {};
  readonly onMessage = {
    addListener: (listener: (message: unknown) => void) => {
      this.#say = listener;
    },
  };
  readonly onDisconnect = {
    addListener: (listener: () => void) => {
      this.#close = listener;
    },
  };

  postMessage(message: unknown): void {
    if (this.closed) throw new Error('disconnected');
    this.got.push(message as ReadMessage);
  }

  disconnect(): void {
    this.closed = true;
  }

  say(message: unknown): void {
    this.#say(message);
  }

  /** The other side went away. */
  drop(): void {
    this.closed = true;
    this.#close();
  }
}

function element(...chunks: Uint8Array<ArrayBuffer>[]): {
  bytes: ElementBytes;
  pulled: () => number;
} {
  let pulled = 0;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        const chunk = chunks[pulled];
        pulled += 1;
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return { bytes: { mime: 'image/png', name: 'a.png', stream }, pulled: () => pulled };
}

async function takeAll(port: FakePort): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let seen = 1; ; seen += 1) {
    port.say({ type: 'next' });
    await vi.waitFor(() => expect(port.got.length).toBeGreaterThan(seen));
    const message = port.got[seen];
    if (message?.type !== 'piece') break;
    pieces.push(Buffer.from(message.base64, 'base64'));
  }
  return Buffer.concat(pieces);
}

describe('sending an element', () => {
  it('names the port after the one-time id and gives every byte in order', async () => {
    const port = new FakePort();
    const whole = Buffer.from(
      Uint8Array.from({ length: 2 * READ_PIECE_BYTES + 777 }, (_, index) => (index * 31) % 251),
    );
    const parts = [whole.subarray(0, 5), whole.subarray(5, 1_000_000), whole.subarray(1_000_000)];
    const names: string[] = [];
    const sent = sendElement(
      REQUEST,
      (name) => {
        names.push(name);
        return port;
      },
      () => Promise.resolve(element(...parts.map((part) => Uint8Array.from(part))).bytes),
    );
    await vi.waitFor(() => expect(port.got).toHaveLength(1));
    expect(port.got[0]).toEqual({ type: 'begin', mime: 'image/png', name: 'a.png' });
    expect(names).toEqual(['read:id1']);
    expect((await takeAll(port)).equals(whole)).toBe(true);
    const pieces = port.got.filter(({ type }) => type === 'piece');
    expect(pieces).toHaveLength(3);
    expect(port.got.at(-1)).toEqual({ type: 'end' });
    port.drop();
    await sent;
  });

  it('sends a piece only when it is asked for one', async () => {
    const port = new FakePort();
    const big = element(new Uint8Array(READ_PIECE_BYTES), new Uint8Array(READ_PIECE_BYTES));
    const sent = sendElement(
      REQUEST,
      () => port,
      () => Promise.resolve(big.bytes),
    );
    await vi.waitFor(() => expect(port.got).toHaveLength(1));
    port.say({ type: 'next' });
    await vi.waitFor(() => expect(port.got).toHaveLength(2));
    await new Promise((resolve) => setImmediate(resolve));
    expect(port.got).toHaveLength(2);
    expect(big.pulled()).toBeLessThanOrEqual(1);
    port.drop();
    await sent;
  });

  it('sends an empty element as no piece at all', async () => {
    const port = new FakePort();
    const sent = sendElement(
      REQUEST,
      () => port,
      () => Promise.resolve(element().bytes),
    );
    await vi.waitFor(() => expect(port.got).toHaveLength(1));
    expect(await takeAll(port)).toHaveLength(0);
    port.drop();
    await sent;
  });

  it('says so when the page does not have it', async () => {
    const port = new FakePort();
    const sent = sendElement(
      REQUEST,
      () => port,
      () => Promise.reject(new Error('tainted')),
    );
    await vi.waitFor(() => expect(port.got).toEqual([{ type: 'failed', code: 'unreadable' }]));
    port.drop();
    await sent;
  });

  it.each([{ type: 'stop' }, { type: 'what' }, null])('stops at %o', async (control) => {
    const port = new FakePort();
    const { bytes } = element(new Uint8Array(10));
    const sent = sendElement(
      REQUEST,
      () => port,
      () => Promise.resolve(bytes),
    );
    await vi.waitFor(() => expect(port.got).toHaveLength(1));
    port.say(control);
    await sent;
    expect(port.got).toHaveLength(1);
    expect(port.closed).toBe(true);
  });

  it('ends when the other side goes away in the middle', async () => {
    const port = new FakePort();
    const { bytes } = element(new Uint8Array(READ_PIECE_BYTES), new Uint8Array(READ_PIECE_BYTES));
    const sent = sendElement(
      REQUEST,
      () => port,
      () => Promise.resolve(bytes),
    );
    await vi.waitFor(() => expect(port.got).toHaveLength(1));
    port.say({ type: 'next' });
    await vi.waitFor(() => expect(port.got).toHaveLength(2));
    port.drop();
    await sent;
  });
});

describe('waiting for the request', () => {
  type Listener = (message: unknown) => Promise<object> | undefined;
  class FakeMessages {
    readonly listeners = new Set<Listener>();
    addListener = (listener: Listener) => void this.listeners.add(listener);
    removeListener = (listener: Listener) => void this.listeners.delete(listener);
    send(message: unknown): (Promise<object> | undefined)[] {
      return [...this.listeners].map((listener) => listener(message));
    }
  }

  it('takes one request, answers it and listens no more', async () => {
    const messages = new FakeMessages();
    const request = waitForRequest(messages);
    expect(messages.send({ type: 'something else' })).toEqual([undefined]);
    const [answer] = messages.send(REQUEST);
    expect(await answer).toEqual({ ok: true });
    expect(await request).toEqual(REQUEST);
    expect(messages.listeners.size).toBe(0);
  });

  it('gives up, and leaves nothing behind, when none comes', async () => {
    vi.useFakeTimers();
    const messages = new FakeMessages();
    const gone = expect(waitForRequest(messages)).rejects.toThrow('no request');
    await vi.advanceTimersByTimeAsync(60_000);
    await gone;
    expect(messages.listeners.size).toBe(0);
    vi.useRealTimers();
  });
});
