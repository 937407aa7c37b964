/** Which pages of the extension play the sound of a share: they see each other's windows. */
import { browser } from '../../lib/browser/index.ts';

interface Hearing {
  readonly tallowHeard?: ReadonlySet<string>;
}

const heard = new Set<string>();
Object.assign(globalThis, { tallowHeard: heard } satisfies Hearing);

export function heardElsewhere(shareId: string): boolean {
  return browser.extension.getViews().some((view) => {
    const { tallowHeard } = view as Window & Hearing;
    return view !== window && tallowHeard?.has(shareId) === true;
  });
}

export function heardHere(shareId: string, isHeard: boolean): void {
  if (isHeard) heard.add(shareId);
  else heard.delete(shareId);
}
