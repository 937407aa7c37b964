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
  | 'no-page'
  /** A page of the browser, of its store or of an extension. */
  | 'page-not-capturable'
  /** The browser keeps the page's address to itself: one of its own, or no click was made there. */
  | 'page-unknown'
  /** The browser must be asked first whether tabs may be captured. */
  | 'needs-capture'
  /** The browser gave no stream of the tab. */
  | 'tab-refused'
  /** Something of this extension captures the tab already. */
  | 'tab-busy';

export class PlatformError extends TallowError<PlatformErrorCode> {}
