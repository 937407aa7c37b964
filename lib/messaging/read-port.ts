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
  'unreadable' | 'not-found' | 'gone' | 'bad-message' | 'timeout'
> {}

/** From click to `begin`: the script is injected by then, and has read the element. */
const BEGIN_MS = 15_000;

/**
 * The offscreen end of one read of a page: takes the port that bears the one-time id, and asks for
 * the next piece only when the last one was taken.
 *
 * @throws ReadError, also from the stream.
 */
export async function readFromPage(
  requestId: string,
  signal: AbortSignal,
): Promise<{ mime: string; name: string; stream: ReadableStream<Uint8Array<ArrayBuffer>> }> {
  const port = await portOf(requestId, signal);
  const messages = inbox(port);
  const say = (control: ReadControl) => port.postMessage(control);
  const begin = await messages.next();
  if (begin.type !== 'begin') throw readError(begin);
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        say({ type: 'next' });
        const message = await messages.next();
        if (message.type === 'piece') controller.enqueue(decodeBase64(message.base64));
        else if (message.type === 'end') {
          port.disconnect();
          controller.close();
        } else throw readError(message);
      },
      cancel() {
        say({ type: 'stop' });
        port.disconnect();
      },
    },
    { highWaterMark: 0 },
  );
  return { mime: begin.mime, name: begin.name, stream };
}

function portOf(requestId: string, signal: AbortSignal): Promise<Runtime.Port> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      browser.runtime.onConnect.removeListener(take);
      clearTimeout(timer);
    };
    const take = (port: Runtime.Port) => {
      if (port.name !== READ_PORT_PREFIX + requestId) return;
      if (port.sender?.id !== browser.runtime.id) return;
      settle();
      resolve(port);
    };
    const timer = setTimeout(() => {
      settle();
      reject(new ReadError('timeout'));
    }, BEGIN_MS);
    signal.addEventListener('abort', () => {
      settle();
      reject(new ReadError('unreadable'));
    });
    browser.runtime.onConnect.addListener(take);
  });
}

/** Messages in order, one `next` each; a lost port is the message `failed`. */
function inbox(port: Runtime.Port): { next(): Promise<ReadMessage> } {
  const arrived: ReadMessage[] = [];
  let waiter: ((message: ReadMessage) => void) | null = null;
  const deliver = (message: ReadMessage) => {
    if (waiter) waiter(message);
    else arrived.push(message);
    waiter = null;
  };
  port.onMessage.addListener((raw: unknown) => {
    const parsed = v.safeParse(readMessageSchema, raw);
    deliver(parsed.success ? parsed.output : { type: 'failed', code: 'unreadable' });
  });
  port.onDisconnect.addListener(() => deliver({ type: 'failed', code: 'gone' }));
  return {
    next: () =>
      new Promise((resolve) => {
        const first = arrived.shift();
        if (first) resolve(first);
        else waiter = resolve;
      }),
  };
}

function readError(message: ReadMessage): ReadError {
  return new ReadError(message.type === 'failed' ? message.code : 'bad-message');
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return fromBase64(text);
  } catch (cause) {
    throw new ReadError('bad-message', undefined, { cause });
  }
}
