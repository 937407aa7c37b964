/**
 * An update moves rows as their transfers go on, and takes away buttons that no longer apply; both
 * lose the focus of whoever works with the keyboard, and with it the place on the page.
 */

/** Runs the update; then the focus is where it was, or on the row whose button is gone. */
export function keepFocus(update: () => void): void {
  const before = document.activeElement;
  const row = before?.closest<HTMLElement>('li[tabindex]');
  update();
  if (!(before instanceof HTMLElement) || document.activeElement === before) return;
  // Something else took it on purpose.
  if (document.activeElement !== null && document.activeElement !== document.body) return;
  const next = before.isConnected ? before : row;
  next?.focus({ preventScroll: true });
}
