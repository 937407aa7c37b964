/** Numbers and times as people read them, in the language of the sentences around them. */
import { details, LANGUAGE } from './text.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `0 B`, `812 B`, `1.4 MiB`, `32 MiB`: one decimal below ten, none for bytes. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  // 1023.5, not 1024: what would be rounded to "1024 KiB" is already "1.0 MiB".
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toLocaleString(LANGUAGE, { maximumFractionDigits: digits })} ${UNITS[unit]}`;
}

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_536_000_000],
  ['month', 2_592_000_000],
  ['week', 604_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** `2 hours ago`, short `2 hr. ago`; below a minute and for clocks that run ahead: `just now`. */
export function formatAgo(thenMs: number, nowMs: number, style: 'long' | 'short' = 'long'): string {
  const past = nowMs - thenMs;
  const step = STEPS.find(([, length]) => past >= length);
  if (step === undefined) return 'just now';
  const [unit, length] = step;
  const format = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: 'auto', style });
  return format.format(-Math.floor(past / length), unit);
}

export function formatDate(ms: number): string {
  return new Date(ms).toLocaleDateString(LANGUAGE, { dateStyle: 'medium' });
}

/** Time left as `9:05`; never below `0:00`. */
export function formatCountdown(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** The same for a screen reader, by the minute, so that it is not read out every second. */
export function formatMinutesLeft(leftMs: number): string {
  const minutes = Math.max(0, Math.ceil(leftMs / 60_000));
  return minutes === 1 ? '1 minute' : `${minutes} minutes`;
}

/** Whole milliseconds; what is faster than that is 1 and not 0, which would look unmeasured. */
export function formatMs(ms: number): string {
  return Math.max(1, Math.round(ms)).toLocaleString(LANGUAGE);
}

const ORDINALS: Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> = {
  one: 'st',
  two: 'nd',
  few: 'rd',
};

/** A place in a list, from 1: `1st`, `2nd`, `11th`. */
export function formatPlace(place: number): string {
  const rule = new Intl.PluralRules(LANGUAGE, { type: 'ordinal' }).select(place);
  return `${place}${ORDINALS[rule] ?? 'th'}`;
}

/** Of a share from 0 to 1; a little is never none. */
export function formatPercent(share: number): string {
  const percent = Math.min(1, Math.max(0, share)) * 100;
  return (percent > 0 && percent < 1 ? 1 : Math.round(percent)).toLocaleString(LANGUAGE);
}

/** How far two clocks are apart: `0.3 s`, `12 s`, `5 min`, `3 h`. */
export function formatSpan(ms: number): string {
  const seconds = ms / 1000;
  const one = (value: number, digits: number) =>
    value.toLocaleString(LANGUAGE, { maximumFractionDigits: digits });
  if (seconds < 99.5) return details.seconds(one(seconds, seconds < 9.95 ? 1 : 0));
  if (seconds < 99.5 * 60) return details.minutes(one(seconds / 60, 0));
  return details.hours(one(seconds / 3600, 0));
}
