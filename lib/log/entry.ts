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

/** Values that a line may carry; texts go through redaction before they are kept. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly category: LogCategory;
  /** A sentence of ours, never text from outside. */
  readonly message: string;
  readonly fields?: LogFields;
}

/** Writes one line; does nothing while the log is off. Never throws. */
export type Log = (category: LogCategory, message: string, fields?: LogFields) => void;

export const NO_LOG: Log = () => {};
