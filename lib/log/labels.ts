import type { LabelledField } from './entry.ts';

/** Labels known at once: more than anybody's devices and the transfers of a long day. */
const MAX_LABELS = 1_000;

/** As it is kept beside the log, in memory that ends with the browser. */
export interface StoredLabels {
  readonly next: Readonly<Record<string, number>>;
  readonly known: readonly (readonly [key: string, label: string])[];
}

/**
 * Gives each id a short name, counted in the order of appearance: `device-1`, `device-2`. It says
 * nothing about the id, holds only until the log is cleared, and is the same in all its lines.
 */
export class Labels {
  readonly #known = new Map<string, string>();
  readonly #next = new Map<string, number>();

  constructor(stored?: StoredLabels) {
    for (const [key, label] of stored?.known ?? []) this.#known.set(key, label);
    for (const [kind, next] of Object.entries(stored?.next ?? {})) this.#next.set(kind, next);
  }

  of(kind: LabelledField, id: string): string {
    const key = `${kind} ${id}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const number = this.#next.get(kind) ?? 1;
    this.#next.set(kind, number + 1);
    const label = `${kind}-${number}`;
    this.#known.set(key, label);
    if (this.#known.size > MAX_LABELS) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    return label;
  }

  get stored(): StoredLabels {
    return { next: Object.fromEntries(this.#next), known: [...this.#known] };
  }
}
