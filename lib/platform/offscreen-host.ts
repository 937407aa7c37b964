import { browser, contextsApi, offscreenApi } from '../browser/index.ts';
import { PlatformError } from './errors.ts';

/** Where the offscreen code runs. Chromium: a document. Elsewhere: the background page itself. */
export interface OffscreenHost {
  exists(): Promise<boolean>;
  /** Resolves when the document was loaded; harmless when it is there already. */
  create(): Promise<void>;
  close(): Promise<void>;
}

const PAGE = 'offscreen.html';

export const chromiumOffscreen: OffscreenHost = {
  async exists() {
    const contexts = await contextsApi()?.getContexts({
      contextTypes: ['OFFSCREEN_DOCUMENT'] as chrome.runtime.ContextType[],
      documentUrls: [browser.runtime.getURL(PAGE)],
    });
    return (contexts?.length ?? 0) > 0;
  },

  async create() {
    const api = offscreenApi();
    if (!api) throw new PlatformError('offscreen-missing');
    try {
      await api.createDocument({
        url: PAGE,
        reasons: [
          'WEB_RTC',
          'USER_MEDIA',
          'BLOBS',
          'WORKERS',
          'CLIPBOARD',
        ] as chrome.offscreen.Reason[],
        justification:
          'Connects to your devices, sends and saves, and shares the tab that you choose.',
      });
    } catch (cause) {
      // A worker that died while creating it left a document behind: that one will do.
      if (await this.exists()) return;
      throw new PlatformError('offscreen-failed', undefined, { cause });
    }
  },

  async close() {
    try {
      await offscreenApi()?.closeDocument();
    } catch (error) {
      // It was gone already, which is all that was wanted.
      if (await this.exists()) throw error;
    }
  },
};
