import { TallowError } from '../errors/index.ts';

export type PlatformErrorCode =
  /** The offscreen document did not come up, or did not say that it is ready in time. */
  | 'offscreen-failed'
  /** This browser has no offscreen documents. */
  | 'offscreen-missing'
  /** The browser refused to begin a download. */
  | 'download-refused'
  /** Only http and https addresses are opened. */
  | 'not-a-link'
  /** There is no page in front, or not one with an address that can be sent. */
  | 'no-page';

export class PlatformError extends TallowError<PlatformErrorCode> {}
