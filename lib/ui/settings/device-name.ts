import * as text from './text.ts';
import type { Checked } from './SavedField.tsx';

/** Longest name of a device ([PR15]). */
export const MAX_NAME_LENGTH = 64;

export function checkName(typed: string): Checked {
  const value = typed.trim();
  return value === '' ? { type: 'bad', message: text.settings.nameEmpty } : { type: 'good', value };
}
