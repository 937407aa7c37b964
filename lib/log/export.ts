import type { LogEntry } from './entry.ts';

/** What the head of an exported log says about where it comes from; no address, no name. */
export interface LogAbout {
  readonly version: string;
  readonly browser: string;
  /** Milliseconds since 1970. */
  readonly exportedAt: number;
  readonly enabled: boolean;
  /** Settings and states that matter, in words and numbers. */
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

/** The text file that a person hands on: a head, then one line for each entry. */
export function exportLog(about: LogAbout, entries: readonly LogEntry[]): string {
  const facts = Object.entries(about.facts).map(([key, value]) => `${key}: ${value}`);
  const head = [
    'Tallow Send debug log',
    `Version: ${about.version}`,
    `Browser: ${about.browser}`,
    `Exported: ${isoTime(about.exportedAt)}`,
    `Debug log: ${about.enabled ? 'on' : 'off'}`,
    ...facts,
    'Addresses, keys, codes, names and contents are left out. Devices, sessions and transfers are numbered.',
  ];
  return [...head, '', ...body(about.enabled, entries), ''].join('\n');
}

function body(enabled: boolean, entries: readonly LogEntry[]): string[] {
  if (entries.length > 0) return entries.map(formatEntry);
  return [
    enabled
      ? 'Nothing has happened since the debug log was switched on.'
      : 'The debug log is off. Switch it on in the settings, repeat what went wrong, and export again.',
  ];
}

export function formatEntry({ at, category, message, fields }: LogEntry): string {
  const values = Object.entries(fields ?? {}).map(([key, value]) => `${key}=${formatValue(value)}`);
  return [isoTime(at), `[${category}]`, message, ...values].join(' ');
}

/** Bare where it cannot be misread. */
function formatValue(value: string | number | boolean | null): string {
  return typeof value === 'string' && !/^[\w.[\]-]+$/u.test(value)
    ? JSON.stringify(value)
    : String(value);
}

/** A clock that is out of all range must not cost the whole log. */
function isoTime(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? 'no-time' : date.toISOString();
}
