import * as v from 'valibot';
import { browser, type Runtime } from '../browser/index.ts';
import { fromBase64 } from '../crypto/bytes.ts';
import { TallowError } from '../errors/index.ts';
import {
  READ_PORT_PREFIX,
  type ReadControl,
  type ReadMessage,
  readMessageSchema,
} from './content.ts';

/** Why the page's bytes did not come. */
export class ReadError extends TallowError<
  'unreadable' | 'not-found' | 'gone' | 'bad-message' | 'timeout' | 'cancelled'
> {}

/** From click to port, and from there to each message: a page that says nothing so long is stuck. */
const SILENCE_MS = 30_000;

export interface PageBytes {
  readonly mime: string;
  readonly name: string;
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/**
 * The offscreen end of one read of a page: takes the port that bears the one-time id, and asks for
 * the next piece only when the last one was taken. However it ends, the port is closed, which sends
 * the script away.
 *
 * @throws ReadError, also from the stream.
 */
export async function readFromPage(requestId: string, signal: AbortSignal): Promise<PageBytes> {
  const reader = new PortReader(await portOf(requestId, signal), signal);
  try {
    const begin = await reader.next();
    if (begin.type !== 'begin') throw new ReadError('bad-message');
    return { mime: begin.mime, name: begin.name, stream: streamOf(reader) };
  } catch (error) {
    reader.close();
    throw error;
  }
}

function streamOf(reader: PortReader): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          reader.say({ type: 'next' });
          const message = await reader.next();
          if (message.type === 'piece') return controller.enqueue(decodeBase64(message.base64));
          if (message.type !== 'end') throw new ReadError('bad-message');
          reader.close();
          controller.close();
        } catch (error) {
          reader.close();
          throw error;
        }
      },
      cancel() {
        reader.say({ type: 'stop' });
        reader.close();
      },
    },
    { highWaterMark: 0 },
  );
}

function portOf(requestId: string, signal: AbortSignal): Promise<Runtime.Port> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      browser.runtime.onConnect.removeListener(take);
      signal.removeEventListener('abort', abort);
      clearTimeout(timer);
    };
    const take = (port: Runtime.Port) => {
      if (port.name !== READ_PORT_PREFIX + requestId) return;
      if (port.sender?.id !== browser.runtime.id) return;
      settle();
      resolve(port);
    };
    const give = (error: ReadError) => {
      settle();
      reject(error);
    };
    const abort = () => give(abortedBy(signal));
    const timer = setTimeout(() => give(new ReadError('timeout')), SILENCE_MS);
    signal.addEventListener('abort', abort);
    browser.runtime.onConnect.addListener(take);
    if (signal.aborted) abort();
  });
}

/** Messages of one port in order, one `next` each. */
class PortReader {
  readonly #port: Runtime.Port;
  readonly #arrived: ReadMessage[] = [];
  #failure: ReadError | null = null;
  #wake: () => void = () => {};

  constructor(port: Runtime.Port, signal: AbortSignal) {
    this.#port = port;
    port.onMessage.addListener((raw: unknown) => {
      const parsed = v.safeParse(readMessageSchema, raw);
      if (!parsed.success) return this.#fail(new ReadError('bad-message'));
      if (parsed.output.type === 'failed') return this.#fail(new ReadError(parsed.output.code));
      this.#arrived.push(parsed.output);
      this.#wake();
    });
    port.onDisconnect.addListener(() => this.#fail(new ReadError('gone')));
    signal.addEventListener('abort', () => this.#fail(abortedBy(signal)));
    if (signal.aborted) this.#fail(abortedBy(signal));
  }

  say(control: ReadControl): void {
    this.#port.postMessage(control);
  }

  close(): void {
    this.#port.disconnect();
  }

  /** @throws ReadError */
  async next(): Promise<ReadMessage> {
    const timer = setTimeout(() => this.#fail(new ReadError('timeout')), SILENCE_MS);
    try {
      for (;;) {
        const first = this.#arrived.shift();
        if (first) return first;
        if (this.#failure) throw this.#failure;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #fail(error: ReadError): void {
    this.#failure ??= error;
    this.#wake();
  }
}

function abortedBy(signal: AbortSignal): ReadError {
  return signal.reason instanceof ReadError ? signal.reason : new ReadError('cancelled');
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return fromBase64(text);
  } catch (cause) {
    throw new ReadError('bad-message', undefined, { cause });
  }
}
