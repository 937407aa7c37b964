/** Seeded changes of valid inputs: the same run each time, a seed to name when one fails. */
export class Mutator {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 … n − 1. */
  int(n: number): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  }

  pick<T>(list: readonly T[]): T {
    const found = list[this.int(list.length)];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  }

  /** Flips, cuts, doubles, inserts: one to four times. */
  bytes(input: Uint8Array): Uint8Array<ArrayBuffer> {
    let bytes = [...input];
    for (let times = 1 + this.int(4); times > 0; times--) {
      const at = this.int(bytes.length + 1);
      switch (this.int(6)) {
        case 0:
          if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << this.int(8));
          break;
        case 1:
          bytes = bytes.slice(0, at);
          break;
        case 2:
          bytes.splice(at, 1 + this.int(8));
          break;
        case 3:
          bytes.splice(at, 0, this.int(256), this.int(256));
          break;
        case 4:
          bytes.splice(at, 0, ...bytes.slice(this.int(at + 1), at));
          break;
        default:
          if (at < bytes.length) bytes[at] = this.pick([0, 0xff, 0x22, 0x5c, 0x7b, 0x5b, 0x80]);
      }
    }
    return Uint8Array.from(bytes);
  }

  /** Another value somewhere, a member less or more. */
  json(input: unknown): unknown {
    const odd = [
      null,
      true,
      -1,
      0,
      0.5,
      1,
      7,
      255,
      65_535,
      65_536,
      2 ** 32 - 1,
      2 ** 32,
      2 ** 53,
      1e308,
      '',
      'x',
      'AAAA',
      '\u202e../\u0000',
      '\ud800',
      'constructor',
      [],
      [[]],
      {},
      { type: 'accept' },
      'y'.repeat(2000),
    ];
    if (Array.isArray(input)) {
      const list: unknown[] = [...(input as unknown[])];
      const at = this.int(list.length + 1);
      if (at === list.length) list.push(this.pick(odd));
      else if (this.int(4) === 0) list.splice(at, 1);
      else list[at] = this.json(list[at]);
      return list;
    }
    if (typeof input === 'object' && input !== null && this.int(8) > 0) {
      const entries: [string, unknown][] = Object.entries(input);
      const at = this.int(entries.length + 1);
      const [name, value] = entries[at] ?? [this.pick(['extra', '__proto__', 'type']), 1];
      if (this.int(6) === 0) return Object.fromEntries(entries.filter(([each]) => each !== name));
      return Object.fromEntries([...entries, [name, this.json(value)]]);
    }
    return this.pick(odd);
  }
}
