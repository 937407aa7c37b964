import {
  LABELLED_FIELDS,
  type LabelledField,
  type Log,
  type LogEntry,
  type LogFields,
} from './entry.ts';
import { redactText } from './redact.ts';

/** Fields of one line beyond this are left out. */
const MAX_FIELDS = 12;

export interface LoggerDeps {
  readonly enabled: () => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sink: (entry: LogEntry) => void;
}

/** A `Log` that redacts before anything leaves it, and does no work at all while it is off. */
export function createLogger({ enabled, now, sink }: LoggerDeps): Log {
  return (category, message, fields) => {
    try {
      if (!enabled()) return;
      const values = typeof fields === 'function' ? fields() : fields;
      sink(redactEntry({ at: now(), category, message, ...(values && { fields: values }) }));
    } catch {
      // What is logged must never be changed by logging it.
    }
  };
}

/** Ids of labelled fields stay: only who keeps the log can number them ([LG3]). */
export function redactEntry({ at, category, message, fields }: LogEntry): LogEntry {
  return {
    at,
    category,
    message: redactText(message),
    ...(fields && {
      fields: mapFields(fields, (key, value) => (isLabelled(key) ? value : redactText(value))),
    }),
  };
}

/** As it is kept: every id under its label, every other text redacted. */
export function labelEntry(
  entry: LogEntry,
  label: (kind: LabelledField, id: string) => string,
): LogEntry {
  const { fields, ...rest } = redactEntry(entry);
  if (!fields) return rest;
  return {
    ...rest,
    fields: mapFields(fields, (key, value) => (isLabelled(key) ? label(key, value) : value)),
  };
}

function mapFields(fields: LogFields, change: (key: string, text: string) => string): LogFields {
  return Object.fromEntries(
    Object.entries(fields)
      .slice(0, MAX_FIELDS)
      .map(([key, value]) => [
        isLabelled(key) ? key : redactText(key),
        typeof value === 'string' ? change(key, value) : value,
      ]),
  );
}

function isLabelled(key: string): key is LabelledField {
  return LABELLED_FIELDS.some((field) => field === key);
}
