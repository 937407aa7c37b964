import type { PopupPort } from '../view-port.ts';

/**
 * Shares the tab in front. Must be called in a click's own task: the browser may have to be asked,
 * and after any `await` the click no longer counts. The wish is told before the answer is there: the
 * browser's question may close the popup, and background then goes on alone.
 *
 * @returns the code of what came of it; empty when it is shared
 */
export async function shareTab(port: PopupPort, deviceId: string): Promise<string> {
  const granted = port.requestCapture();
  const intent = { type: 'share/tab', deviceId } as const;
  const first = await port.send(intent);
  if (first.ok) return '';
  if (first.code !== 'needs-capture') return first.code;
  if (!(await granted)) return 'capture-denied';
  const again = await port.send(intent);
  return again.ok ? '' : again.code;
}
