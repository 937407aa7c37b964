/** Figures of a bench: every sample said as it comes, medians at the end. */

export type Marks = Readonly<
  Record<
    string,
    { readonly unit: string; readonly mark?: string | undefined; readonly says: string }
  >
>;

export class Samples<Figure extends string> {
  readonly #samples = new Map<Figure, number[]>();

  add(figure: Figure, value: number): void {
    if (!Number.isFinite(value)) throw new Error(`${figure} was not measured`);
    const known = this.#samples.get(figure) ?? [];
    this.#samples.set(figure, [...known, value]);
    console.log(`  ${figure}: ${round(value)}`);
  }

  /** @throws Error for a figure that was never added */
  medians(figures: readonly Figure[]): Record<string, number> {
    return Object.fromEntries(
      figures.map((figure) => [figure, round(median(this.#samples.get(figure) ?? []))]),
    );
  }
}

export function printMedians(
  title: string,
  marks: Marks,
  medians: Readonly<Record<string, number>>,
): void {
  console.log(`\n${title}:`);
  for (const [figure, { unit, mark, says }] of Object.entries(marks)) {
    const value = `${medians[figure]} ${unit}`.trimEnd();
    console.log(`${figure.padEnd(20)} ${value.padStart(12)}  ${(mark ?? '').padEnd(7)} ${says}`);
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
