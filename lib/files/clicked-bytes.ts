import { TallowError } from '../errors/index.ts';
import type { TransferKind } from '../protocol/kinds.ts';

/** Why the bytes behind an address could not be had; the link goes instead. */
export class FetchError extends TallowError<'fetch-failed' | 'not-that-kind'> {}

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
export async function fetchClicked(url: string, kind: TransferKind): Promise<ClickedBytes> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: 'include' });
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
