import { MAX_TEXT_BYTES } from '../../lib/protocol/limits.ts';
import type { TransferKind } from '../../lib/protocol/kinds.ts';
import type { Unreachable } from '../../lib/transfer/states.ts';
import { Dice } from './dice.ts';
import type { DiskLatency } from './life.ts';
import type { Mischief, Side } from './network.ts';

/** What one run is to be: everything drawn from its seed before anything happens. */
export interface Plan {
  readonly seed: number;
  /** Milliseconds that a step may take, at most. */
  readonly pace: number;
  readonly lanes: number;
  readonly maxMessageSize: number;
  readonly crypto: 'none' | 'any';
  readonly disk: DiskLatency;
  readonly transfers: readonly PlannedTransfer[];
  readonly faults: readonly Fault[];
}

export interface PlannedTransfer {
  readonly transferId: string;
  readonly from: Side;
  readonly kind: TransferKind;
  readonly files: readonly PlannedFile[];
  /** The step at which the person sends it. */
  readonly at: number;
  /** Sent without regard to what is there already. */
  readonly force: boolean;
  readonly answer: 'accept' | 'decline' | 'never';
  /** How long the person at the other end takes. */
  readonly answerMs: number;
}

export interface PlannedFile {
  readonly path: string;
  readonly size: number;
  readonly salt: number;
}

export type Fault = { readonly at: number } & (
  | { readonly type: 'cut'; readonly noticeMs: readonly [number, number] }
  | {
      readonly type: 'cut-lane';
      readonly lane: number;
      readonly noticeMs: readonly [number, number];
    }
  | { readonly type: 'stall'; readonly side: Side; readonly lane: number; readonly ms: number }
  | {
      readonly type: 'mischief';
      readonly side: Side;
      /** −1: the control channel. */
      readonly lane: number;
      readonly what: Mischief;
    }
  | {
      readonly type: 'crash';
      readonly side: Side;
      readonly how: 'killed' | 'power';
      readonly downMs: number;
    }
  | { readonly type: 'away'; readonly ms: number }
  | { readonly type: 'unreachable'; readonly side: Side; readonly reason: Unreachable }
  | { readonly type: 'full'; readonly side: Side; readonly room: number; readonly ms: number }
  | { readonly type: 'rot'; readonly side: Side; readonly writes: number }
  | { readonly type: 'disk-error'; readonly side: Side; readonly writes: number }
  | {
      readonly type: 'change';
      readonly transfer: number;
      readonly file: number;
      readonly size: number;
    }
  | {
      readonly type: 'trouble';
      readonly transfer: number;
      readonly file: number;
      readonly what: 'source-unreadable' | 'needs-permission' | 'choose-again';
    }
  | {
      readonly type: 'person';
      readonly side: Side;
      readonly transfer: number;
      /** −1: the whole transfer. */
      readonly file: number;
      readonly does: 'pause' | 'resume' | 'cancel' | 'retry';
    }
);

/** Large enough for the smallest chunk with its header and tag, and for no larger one. */
const NARROW_MESSAGE = 70_000;
const WIDE_MESSAGE = 262_144;
const KIB = 1024;

export function planOf(seed: number): Plan {
  const dice = new Dice(seed, 1);
  const transfers: PlannedTransfer[] = [];
  for (let left = dice.pick([1, 1, 1, 2, 3]); left > 0; left--) {
    transfers.push(plannedTransfer(dice, transfers));
  }
  const lanes = dice.pick([1, 1, 2, 3]);
  const bytes = transfers.flatMap(({ files }) => files).reduce((sum, { size }) => sum + size, 0);
  const files = transfers.reduce((sum, transfer) => sum + transfer.files.length, 0);
  const latencies = {
    crypto: dice.pick(['none', 'any'] as const),
    disk: dice.pick(['none', 'any'] as const),
  };
  const slow = (latencies.crypto === 'any' ? 6 : 2) + (latencies.disk === 'any' ? 6 : 2);
  // About as long as it takes with what goes wrong.
  const steps = 40 + files * 20 + Math.ceil(bytes / (64 * KIB)) * slow;
  const count = dice.chance(0.05) ? 0 : dice.pick([2, 5, 5, 10, 20, 40]);
  const faults = Array.from({ length: count }, () => fault(dice, { steps, lanes, transfers }));
  return {
    seed,
    pace: dice.pick([0, 1, 5, 40]),
    lanes,
    maxMessageSize: dice.chance(0.85) ? NARROW_MESSAGE : WIDE_MESSAGE,
    ...latencies,
    transfers,
    faults: faults.sort((a, b) => a.at - b.at),
  };
}

function plannedTransfer(dice: Dice, before: readonly PlannedTransfer[]): PlannedTransfer {
  const [first] = before;
  if (first !== undefined && dice.chance(0.3)) {
    // The same once more, when it is likely to be there.
    const transferId = Buffer.from(dice.bytes(16)).toString('hex');
    return { ...first, transferId, at: dice.between(100, 400), force: dice.chance(0.2) };
  }
  const text = dice.chance(0.1);
  const kind = text ? 'text' : dice.pick(['files', 'files', 'image'] as const);
  const count = text ? 1 : dice.pick([1, 2, 3, 4, 6]);
  return {
    transferId: Buffer.from(dice.bytes(16)).toString('hex'),
    from: dice.chance(0.75) ? 0 : 1,
    kind,
    files: Array.from({ length: count }, () => plannedFile(dice, text)),
    at: first === undefined ? 0 : dice.int(200),
    force: false,
    answer: dice.chance(0.92) ? 'accept' : dice.pick(['decline', 'never'] as const),
    answerMs: dice.pick([0, 100, 20_000]),
  };
}

function plannedFile(dice: Dice, text: boolean): PlannedFile {
  const path = text
    ? 'text.txt'
    : dice.pick([
        'a.bin',
        'b.bin',
        'folder/a.bin',
        'folder/deep/c.bin',
        'das Bild.png',
        '漢字.txt',
      ]);
  const size = text ? dice.between(1, 2000) : fileSize(dice);
  return { path, size: Math.min(size, text ? MAX_TEXT_BYTES : Infinity), salt: dice.int(2 ** 31) };
}

function fileSize(dice: Dice): number {
  const chunk = 64 * KIB;
  const sort = dice.int(20);
  if (sort < 2) return 0;
  if (sort < 4) return 1;
  if (sort < 10) return dice.between(2, 20 * KIB);
  if (sort < 12) return chunk + dice.between(-1, 1);
  if (sort < 19) return dice.between(chunk, 4 * chunk);
  return dice.between(4 * chunk, 16 * chunk);
}

function fault(
  dice: Dice,
  about: { steps: number; lanes: number; transfers: readonly PlannedTransfer[] },
): Fault {
  const at = dice.int(about.steps);
  const side: Side = dice.chance(0.5) ? 0 : 1;
  const lane = dice.int(about.lanes);
  const notice = (): [number, number] => [soonOrLate(dice), soonOrLate(dice)];
  const transfer = dice.int(about.transfers.length);
  const planned = about.transfers[transfer];
  const file = dice.int(planned?.files.length ?? 1);
  const sort = dice.int(100);
  if (sort < 22) return { at, type: 'cut', noticeMs: notice() };
  if (sort < 28) return { at, type: 'cut-lane', lane, noticeMs: notice() };
  if (sort < 38)
    return {
      at,
      type: 'stall',
      side,
      lane: dice.between(-1, about.lanes - 1),
      ms: dice.between(1, 5000),
    };
  if (sort < 57) {
    const how = dice.pick(['killed', 'power'] as const);
    return { at, type: 'crash', side, how, downMs: soonOrLate(dice) };
  }
  if (sort < 60) {
    const what = dice.pick(['duplicate', 'corrupt-body', 'corrupt-header'] as const);
    return { at, type: 'mischief', side, lane: dice.between(-1, about.lanes - 1), what };
  }
  if (sort < 65) return { at, type: 'away', ms: dice.between(100, 90_000) };
  if (sort < 66) {
    const reason = dice.pick([
      'device-unreachable',
      'device-unreachable',
      'no-path',
      'no-relay',
    ] as const);
    return { at, type: 'unreachable', side, reason };
  }
  if (sort < 71)
    return {
      at,
      type: 'full',
      side,
      room: dice.pick([0, 1000, 100_000]),
      ms: dice.between(10, 30_000),
    };
  if (sort < 76) return { at, type: 'rot', side, writes: dice.between(1, 4) };
  if (sort < 77) return { at, type: 'disk-error', side, writes: 1 };
  if (sort < 82)
    return {
      at,
      type: 'change',
      transfer,
      file,
      size: dice.chance(0.5) ? (planned?.files[file]?.size ?? 0) : fileSize(dice),
    };
  if (sort < 86) {
    const what = dice.pick(['source-unreadable', 'needs-permission', 'choose-again'] as const);
    return { at, type: 'trouble', transfer, file, what };
  }
  const does = dice.pick([
    'pause',
    'pause',
    'pause',
    'resume',
    'resume',
    'cancel',
    'retry',
  ] as const);
  return { at, type: 'person', side, transfer, file: dice.chance(0.4) ? file : -1, does };
}

function soonOrLate(dice: Dice): number {
  return dice.pick([0, 1, 50, 2000, 20_000]);
}
