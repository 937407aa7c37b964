import { TallowError } from '../errors/index.ts';
import type { TransferKind } from '../protocol/kinds.ts';

/** Why the bytes behind an address could not be had; the link goes instead. */
export class FetchError extends TallowError<'fetch-failed' | 'not-that-kind'> {}

/** A server that does not answer for so long is given up. */
const ANSWER_MS = 30_000;

export interface ClickedBytes {
  readonly mime: string;
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/**
 * Fetches what a person clicked, as they see it: with their cookies for that site, whose origin they
 * allowed for this. A page in place of a picture (a log-in, an error) is refused.
 *
 * @throws FetchError
 */
export async function fetchClicked(
  url: string,
  kind: TransferKind,
  signal: AbortSignal,
): Promise<ClickedBytes> {
  let response: Response;
  try {
    const abort = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    // The timeout is for the answer only: once it is here, what stalls is the spool's to notice.
    const given = new AbortController();
    const pass = () => given.abort(abort.reason);
    abort.addEventListener('abort', pass);
    response = await fetch(url, { credentials: 'include', signal: given.signal });
    abort.removeEventListener('abort', pass);
  } catch (cause) {
    throw new FetchError('fetch-failed', undefined, { cause });
  }
  const mime = response.headers.get('content-type')?.split(';')[0]?.trim() ?? '';
  if (!response.ok || !response.body) throw new FetchError('fetch-failed');
  const expected = kind === 'image' || kind === 'video' || kind === 'audio';
  if (expected && /^(text\/html|application\/json)$/i.test(mime)) {
    await response.body.cancel();
    throw new FetchError('not-that-kind');
  }
  return { mime: mime || 'application/octet-stream', stream: response.body };
}
