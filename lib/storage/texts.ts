import * as v from 'valibot';
import type { StorageArea } from './area.ts';
import { guarded } from './open-store.ts';
import { textSchema, type TextRecord } from './schemas.ts';

const keyOf = (transferId: string) => `text:${transferId}`;

/** Received texts, a key each: up to a megabyte, too much to hold or rewrite together. */
export class TextStore {
  readonly #area: StorageArea;

  constructor(area: StorageArea) {
    this.#area = area;
  }

  async get(transferId: string): Promise<TextRecord | undefined> {
    const key = keyOf(transferId);
    const stored = await guarded(() => this.#area.get(key));
    const parsed = v.safeParse(textSchema, stored[key]);
    return parsed.success ? parsed.output : undefined;
  }

  /** @throws StorageError */
  set(transferId: string, record: TextRecord): Promise<void> {
    return guarded(() => this.#area.set({ [keyOf(transferId)]: record }));
  }

  async delete(transferIds: readonly string[]): Promise<void> {
    if (transferIds.length > 0) await guarded(() => this.#area.remove(transferIds.map(keyOf)));
  }
}
