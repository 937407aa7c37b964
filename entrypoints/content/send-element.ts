import * as v from 'valibot';
import {
  READ_PIECE_BYTES,
  READ_PORT_PREFIX,
  readControlSchema,
  type ReadControl,
  type ReadMessage,
  type ReadRequest,
} from '../../lib/messaging/content.ts';
import { readElement, type ElementBytes } from './read-element.ts';

/** The part of `runtime.Port` in use. */
export interface PortLike {
  postMessage(message: unknown): void;
  disconnect(): void;
  onMessage: { addListener(listener: (message: unknown) => void): void };
  onDisconnect: { addListener(listener: () => void): void };
}

/** Gives one element's bytes to the offscreen document: a piece for each `next`, then `end`. */
export async function sendElement(
  request: ReadRequest,
  connect: (name: string) => PortLike,
  read: (url: string) => Promise<ElementBytes> = readElement,
): Promise<void> {
  const port = connect(READ_PORT_PREFIX + request.requestId);
  const controls = controlsOf(port);
  const say = (message: ReadMessage): void => port.postMessage(message);
  try {
    const { mime, name, stream } = await read(request.url);
    say({ type: 'begin', mime: mime.slice(0, 200), name: name.slice(0, 1000) });
    const pieces = piecesOf(stream);
    while ((await controls()) === 'next') {
      const piece = await pieces.next();
      if (piece.done) {
        say({ type: 'end' });
        // The other side closes the port: closing it here could overtake the last message.
        await controls();
        break;
      }
      say({ type: 'piece', base64: toBase64(piece.value) });
    }
    await pieces.return();
  } catch {
    say({ type: 'failed', code: 'unreadable' });
    await controls();
  } finally {
    port.disconnect();
  }
}

/** Pieces of at most `READ_PIECE_BYTES`, full ones where the stream has enough. */
async function* piecesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let piece = new Uint8Array(READ_PIECE_BYTES);
  let filled = 0;
  for await (const chunk of stream) {
    let offset = 0;
    while (offset < chunk.length) {
      const part = chunk.subarray(offset, offset + READ_PIECE_BYTES - filled);
      piece.set(part, filled);
      filled += part.length;
      offset += part.length;
      if (filled < READ_PIECE_BYTES) continue;
      yield piece;
      piece = new Uint8Array(READ_PIECE_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

/** The other side asks for the next piece once it has written the last one to its disk. */
const SILENCE_MS = 60_000;

/** Answers the next control each time it is called; a closed port is `stop`, for ever. */
function controlsOf(port: PortLike): () => Promise<ReadControl['type']> {
  const arrived: ReadControl['type'][] = [];
  let waiter: ((control: ReadControl['type']) => void) | undefined;
  let closed = false;
  const deliver = (control: ReadControl['type']): void => {
    const waiting = waiter;
    waiter = undefined;
    if (waiting) waiting(control);
    else arrived.push(control);
  };
  port.onMessage.addListener((message) => {
    const parsed = v.safeParse(readControlSchema, message);
    deliver(parsed.success ? parsed.output.type : 'stop');
  });
  port.onDisconnect.addListener(() => {
    closed = true;
    deliver('stop');
  });
  return () => {
    const first = arrived.shift();
    if (first !== undefined) return Promise.resolve(first);
    if (closed) return Promise.resolve('stop');
    return new Promise((resolve) => {
      // Nobody took the port, or whoever did is stuck: this script does not stay for it.
      const timer = setTimeout(() => deliver('stop'), SILENCE_MS);
      waiter = (control) => {
        clearTimeout(timer);
        resolve(control);
      };
    });
  };
}

/** In slices: `fromCharCode` takes its arguments on the stack. */
function toBase64(bytes: Uint8Array): string {
  const SLICE = 0x8000;
  let binary = '';
  for (let offset = 0; offset < bytes.length; offset += SLICE) {
    binary += String.fromCharCode(...bytes.subarray(offset, offset + SLICE));
  }
  return btoa(binary);
}
