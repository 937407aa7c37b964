import { browser } from '../browser/index.ts';

/** Over what is shared, each from 0 (left, top) to 1. */
export interface LaserPlace {
  readonly x: number;
  readonly y: number;
}

/** How long a point stays that does not move, ms: the other side's pointer may just have gone. */
const STAYS_MS = 2_000;

/**
 * Shows a point in the page of a tab; null takes it away. Drawn anew each time, so that it needs
 * nothing resident in the page and comes back on the next one.
 *
 * @param name one point each, `[a-z0-9-]`
 * @throws Error where the browser lets nobody in: the tab went to a site that no click was made on
 */
export async function drawLaser(
  tabId: number,
  name: string,
  place: LaserPlace | null,
): Promise<void> {
  await browser.scripting.executeScript({
    target: { tabId },
    func: paint,
    args: [`tallow-laser-${name}`, place, STAYS_MS],
  });
}

/** Runs in the page, alone: it may use nothing from outside of itself. */
function paint(id: string, place: LaserPlace | null, staysMs: number): void {
  const { documentElement: root } = document;
  const known = document.getElementById(id);
  if (place === null) return known?.remove();
  const point = known ?? root.appendChild(Object.assign(document.createElement('div'), { id }));
  point.setAttribute('aria-hidden', 'true');
  // Above everything, also what fills the screen, as slides do, and may just have begun to.
  point.popover = 'manual';
  point.hidePopover();
  point.showPopover();
  // Through the object model: a page's content security policy forbids style attributes.
  Object.assign(point.style, {
    all: 'initial',
    position: 'fixed',
    left: `${place.x * innerWidth - 7}px`,
    top: `${place.y * innerHeight - 7}px`,
    width: '14px',
    height: '14px',
    borderRadius: '50%',
    background: '#ff2d20',
    boxShadow: '0 0 0 2px #fff, 0 0 12px 6px #ff2d2099',
    pointerEvents: 'none',
    zIndex: '2147483647',
  });
  const drawn = `${performance.now()}`;
  point.dataset['drawn'] = drawn;
  setTimeout(() => {
    if (point.dataset['drawn'] === drawn) point.remove();
  }, staysMs);
}
