import * as v from 'valibot';

/** The debug log: what happened, by category, without anything that names a person or a network. */

export const LOG_CATEGORIES = [
  'Signaling',
  'Session',
  'Connection',
  'Transfer',
  'Screen',
  'NAT',
] as const;
export type LogCategory = (typeof LOG_CATEGORIES)[number];

/**
 * Values that a line may carry. Texts go through redaction before they are kept ([LG2]); a field
 * named as in `LABELLED_FIELDS` holds an id, which becomes a label such as `device-1` ([LG3]).
 */
const fieldsSchema = v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()]));
export type LogFields = Readonly<v.InferOutput<typeof fieldsSchema>>;

/** Fields whose value is an id or an address that one wants to tell apart, never to read. */
export const LABELLED_FIELDS = ['device', 'session', 'transfer', 'server', 'network'] as const;
export type LabelledField = (typeof LABELLED_FIELDS)[number];

export const logEntrySchema = v.object({
  /** Milliseconds since 1970. */
  at: v.number(),
  category: v.picklist(LOG_CATEGORIES),
  /** A sentence of ours, never text from outside. */
  message: v.string(),
  fields: v.exactOptional(fieldsSchema),
});
export type LogEntry = Readonly<v.InferOutput<typeof logEntrySchema>>;

/**
 * Writes one line; does nothing while the log is off. Never throws. Fields that cost something to
 * find out are given as a function: it is not called while the log is off.
 */
export type Log = (
  category: LogCategory,
  message: string,
  fields?: LogFields | (() => LogFields),
) => void;
