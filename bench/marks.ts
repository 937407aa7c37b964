/** What figures are held against: a mark is met when the interval of what was measured reaches it. */
import type { Estimate } from './bootstrap.ts';
import { round } from './samples.ts';

export interface Mark {
  readonly least?: number;
  readonly most?: number;
  readonly says: string;
}

/** Whether the interval reaches the mark; nothing where there is none. */
function verdict({ least, most }: Mark, { low, high }: Estimate): string {
  if (least !== undefined) return high >= least ? `≥ ${least} met` : `≥ ${least} MISSED`;
  if (most !== undefined) return low <= most ? `≤ ${most} met` : `≤ ${most} MISSED`;
  return '';
}

export function printEstimates<Figure extends string>(
  marks: Readonly<Record<Figure, Mark>>,
  found: ReadonlyMap<Figure, Estimate>,
): void {
  console.log('\nMedians, their 95 % intervals, and the marks:');
  for (const [figure, estimated] of found) {
    const { median, low, high, count } = estimated;
    const interval = count === 1 ? '' : `${round(low)} – ${round(high)} (${count})`;
    const mark = marks[figure];
    console.log(
      `${figure.padEnd(25)} ${String(round(median)).padStart(8)}  ${interval.padEnd(22)} ` +
        `${verdict(mark, estimated).padEnd(15)} ${mark.says}`,
    );
  }
}
