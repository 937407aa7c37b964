import { TallowError } from '../errors/index.ts';

export type CaptureErrorCode =
  /** The person, or the browser's settings, said no. */
  | 'capture-refused'
  /** The tab is gone, or the browser's leave for it has run out: it lasts a few seconds. */
  | 'capture-gone'
  /** This browser, or this kind of context, cannot. */
  | 'capture-unsupported'
  /** The browser began and could not: another capture is in the way, or the system refused. */
  | 'capture-failed';

export class CaptureError extends TallowError<CaptureErrorCode> {}

/** What `getUserMedia` and `getDisplayMedia` reject with (W3C mediacapture-main §10.2). */
export function captureError(cause: unknown): CaptureError {
  const name = cause instanceof DOMException ? cause.name : '';
  return new CaptureError(CODES[name] ?? 'capture-failed', undefined, { cause });
}

const CODES: Readonly<Record<string, CaptureErrorCode>> = {
  NotAllowedError: 'capture-refused',
  SecurityError: 'capture-refused',
  // Chromium says that a used or old stream id is one of these.
  AbortError: 'capture-gone',
  NotFoundError: 'capture-gone',
  NotSupportedError: 'capture-unsupported',
};
