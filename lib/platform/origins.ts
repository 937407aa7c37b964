import { browser } from '../browser/index.ts';

/**
 * Asks for one origin. Must be called in the very task of a click, before any `await`: afterwards the
 * browser refuses. Without a prompt when it was granted before.
 */
export async function requestOrigin(origin: string): Promise<boolean> {
  const asked = browser.permissions.request({ origins: [origin] });
  try {
    return await asked;
  } catch {
    // The browser does not ask without a click, and says so even when nothing has to be asked.
    return await hasOrigin(origin);
  }
}

export async function hasOrigin(origin: string): Promise<boolean> {
  try {
    return await browser.permissions.contains({ origins: [origin] });
  } catch {
    return false;
  }
}
