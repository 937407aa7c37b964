/** Days of the person's own calendar: 23 or 25 hours long where clocks change. */
import { LANGUAGE } from '../text/language.ts';
import { history } from '../text/history.ts';

/** `2026-11-21`, as a date field has it. */
export function dayOf(ms: number): string {
  const date = new Date(ms);
  const month = String(date.getMonth() + 1).padStart(2, '0');
  const day = String(date.getDate()).padStart(2, '0');
  return `${String(date.getFullYear()).padStart(4, '0')}-${month}-${day}`;
}

/** From its first millisecond to before the next day's; null where it is no day. */
export function rangeOf(day: string): readonly [number, number] | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!parts) return null;
  const [year = 0, month = 0, date = 0] = parts.slice(1).map(Number);
  const from = new Date(year, month - 1, date);
  if (dayOf(from.getTime()) !== day) return null;
  return [from.getTime(), new Date(year, month - 1, date + 1).getTime()];
}

/** `Today`, `Yesterday`, `Friday, November 20`; with its year where that is another one. */
export function dayTitle(ms: number, now: number): string {
  const day = dayOf(ms);
  const today = new Date(now);
  if (day === dayOf(now)) return history.today;
  const before = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (day === dayOf(before.getTime())) return history.yesterday;
  const date = new Date(ms);
  return date.toLocaleDateString(LANGUAGE, {
    weekday: 'long',
    month: 'long',
    day: 'numeric',
    ...(date.getFullYear() !== today.getFullYear() && { year: 'numeric' }),
  });
}

/** `2:05 PM` */
export function timeOf(ms: number): string {
  return new Date(ms).toLocaleTimeString(LANGUAGE, { timeStyle: 'short' });
}
