import { browser } from '../../lib/browser/index.ts';

/** How many of these pages there are, this one among them: they see each other's windows. */
export function pagesOpen(): number {
  const views = browser.extension.getViews();
  return views.filter(({ location: { pathname } }) => pathname === location.pathname).length;
}
