import { TallowError } from '../../lib/errors/index.ts';

export class ClipboardError extends TallowError<'copy-failed'> {}

/**
 * Copies from a document that never has the focus: `navigator.clipboard` refuses there, the older
 * command works with the extension's `clipboardWrite`.
 */
export function copyText(text: string): void {
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (!copied) throw new ClipboardError('copy-failed');
}
