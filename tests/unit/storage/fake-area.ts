import type { StorageArea } from '../../../lib/storage/area.ts';

/** A storage area in memory that copies what goes in and out, as the browser's does. */
export class FakeArea implements StorageArea {
  data: Record<string, unknown>;
  /** Every write, in order. */
  readonly writes: Record<string, unknown>[] = [];
  /** Set to make the next writes fail. */
  failing = false;

  constructor(data: Record<string, unknown> = {}) {
    this.data = structuredClone(data);
  }

  async get(keys: null | string | string[]): Promise<Record<string, unknown>> {
    await Promise.resolve();
    const wanted = keys === null ? Object.keys(this.data) : [keys].flat();
    return structuredClone(
      Object.fromEntries(
        wanted.filter((key) => key in this.data).map((key) => [key, this.data[key]]),
      ),
    );
  }

  async set(items: Record<string, unknown>): Promise<void> {
    const copy = structuredClone(items);
    await Promise.resolve();
    if (this.failing) throw new Error('disk full');
    this.writes.push(copy);
    Object.assign(this.data, copy);
  }

  async remove(keys: string | string[]): Promise<void> {
    await Promise.resolve();
    for (const key of [keys].flat()) delete this.data[key];
  }
}
