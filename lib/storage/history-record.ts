/**
 * One line of the history. Its shape belongs to the version of the database: a change needs a step
 * in `history-steps.ts`.
 */
import * as v from 'valibot';
import { TRANSFER_KINDS } from '../protocol/kinds.ts';
import { IN_ENDED, OUT_ENDED } from './schemas.ts';

/** Names kept of a transfer of many files; `count` says how many there were. */
export const HISTORY_NAMES = 50;

/** Longest text that is kept whole, characters: a longer one is found by its title only. */
export const HISTORY_TEXT = 4096;

const time = v.pipe(v.number(), v.minValue(0));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const base = {
  transferId: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  deviceId: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** As it was called then: the device may be renamed or removed since. */
  deviceName: v.string(),
  kind: v.picklist(TRANSFER_KINDS),
  title: v.string(),
  /** Paths of the first files, safe to show; empty for texts. */
  names: v.pipe(v.array(v.string()), v.maxLength(HISTORY_NAMES)),
  count,
  totalBytes: count,
  /** Code of the failure or decline, when there was one. */
  reason: v.exactOptional(v.string()),
  /** Code of how it was sent, e.g. `link-instead`. */
  note: v.exactOptional(v.string()),
  /** Files of it that were there already, from an earlier time. */
  alreadyThere: v.exactOptional(count),
  /** Milliseconds since 1970. */
  createdAt: time,
  endedAt: time,
  /** The first file's download, for "Show in folder"; null where nothing was saved. */
  downloadId: v.nullable(v.number()),
  /** Of a text, link or page, at most `HISTORY_TEXT` characters. */
  text: v.exactOptional(v.pipe(v.string(), v.maxLength(HISTORY_TEXT))),
  /** Title of a page. */
  caption: v.exactOptional(v.string()),
};

export const historySchema = v.variant('direction', [
  v.object({ ...base, direction: v.literal('out'), state: v.picklist(OUT_ENDED) }),
  v.object({ ...base, direction: v.literal('in'), state: v.picklist(IN_ENDED) }),
]);
export type HistoryRecord = v.InferOutput<typeof historySchema>;
