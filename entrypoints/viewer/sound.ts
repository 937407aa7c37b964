/** Which pages of the extension play the sound of a share: they see each other's windows. */
import { browser } from '../../lib/browser/index.ts';
import type { SoundElsewhere } from '../../lib/ui/viewer/port.ts';

interface Hearing {
  /** Shares that a page shows, and whether it plays them. */
  readonly tallowHeard?: ReadonlyMap<string, boolean>;
}

const heard = new Map<string, boolean>();
Object.assign(globalThis, { tallowHeard: heard } satisfies Hearing);

export function soundElsewhere(shareId: string): SoundElsewhere {
  const others = browser.extension
    .getViews()
    .filter((view) => view !== window)
    .map((view) => (view as Window & Hearing).tallowHeard?.get(shareId));
  if (others.includes(true)) return 'plays';
  return others.includes(false) ? 'silent' : 'none';
}

export function soundHere(shareId: string, plays: boolean | null): void {
  if (plays === null) heard.delete(shareId);
  else heard.set(shareId, plays);
}
