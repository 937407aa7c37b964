import * as v from 'valibot';
import type { StorageArea } from './area.ts';

const KEY = 'reach';

const time = v.pipe(v.number(), v.minValue(0));

const storedSchema = v.object({
  /** What signaling servers handed out. */
  grants: v.array(
    v.object({
      /** The signaling server. */
      server: v.string(),
      stun: v.array(v.string()),
      turn: v.array(v.object({ url: v.string(), username: v.string(), credential: v.string() })),
      renewAt: time,
      expiresAt: time,
    }),
  ),
});
export type ReachRecord = v.InferOutput<typeof storedSchema>;
export type RelayGrant = ReachRecord['grants'][number];

const NOTHING: ReachRecord = { grants: [] };

/**
 * What is known about relays. In `storage.session`: in memory only, so that it
 * outlives workers and never reaches the disk.
 */
export class ReachMemory {
  readonly #area: StorageArea;
  #record: ReachRecord;

  private constructor(area: StorageArea, record: ReachRecord) {
    this.#area = area;
    this.#record = record;
  }

  static async open(area: StorageArea): Promise<ReachMemory> {
    const stored = v.safeParse(storedSchema, (await area.get(KEY))[KEY]);
    return new ReachMemory(area, stored.success ? stored.output : NOTHING);
  }

  get(): ReachRecord {
    return this.#record;
  }

  /** In force at once. What cannot be written is only missing in the next worker. */
  set(record: ReachRecord): void {
    this.#record = record;
    this.#area.set({ [KEY]: record }).catch(() => undefined);
  }
}
