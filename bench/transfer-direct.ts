/** Engine against raw channel, in turns: rates, and CPU seconds of all processes of both browsers. */
import type { PairedDuo } from '../tests/support/duo.ts';
import { cpuSeconds } from '../tests/support/processes.ts';
import { median } from './bootstrap.ts';
import { RawLink } from './raw-link.ts';
import { setLanes, timedFile } from './timed-send.ts';

const MIB = 1024 * 1024;
const RUN_BYTES = 32 * MIB;
/** Content that needs a session and everything warm, and is over at once. */
const WARM_BYTES = MIB;
const MESSAGES = [65_536, 245_760] as const;

interface Cost {
  /** Bytes a second. */
  readonly rate: number;
  /** CPU seconds a byte. */
  readonly sender: number;
  readonly receiver: number;
}

export interface Round {
  readonly ours: Cost;
  /** By message size. */
  readonly raw: readonly [Cost, Cost];
}

/**
 * @param lanes one lane, or as many as they bring (null)
 */
export async function directRounds(
  duo: PairedDuo,
  folder: string,
  lanes: 1 | null,
  count: number,
): Promise<readonly Round[]> {
  await setLanes(duo, lanes);
  await timedFile(duo, folder, 'warm', WARM_BYTES);
  const link = await RawLink.open(duo.laptop.browser, duo.desktop.browser);
  const rounds: Round[] = [];
  try {
    for (let at = 0; at < count; at += 1) {
      // Neighbours see the same weather; who comes first changes, and ours is between the two.
      const order = at % 2 === 0 ? MESSAGES : MESSAGES.toReversed();
      const [first, second] = order as readonly [number, number];
      const before = await raw(duo, link, first);
      const ours = await engine(duo, folder, `${lanes ?? 'adaptive'} ${at}`);
      const after = await raw(duo, link, second);
      const pair = first === MESSAGES[0] ? ([before, after] as const) : ([after, before] as const);
      rounds.push({ ours, raw: pair });
      const [small, large] = pair.map(({ rate }) => (rate / 1e6).toFixed(1));
      console.log(
        `  ${lanes === 1 ? 'one lane' : 'adaptive'} ${(ours.rate / 1e6).toFixed(1)} MB/s, raw ${small} and ${large}`,
      );
    }
  } finally {
    await link.close();
  }
  return rounds;
}

async function engine(duo: PairedDuo, folder: string, name: string): Promise<Cost> {
  const { storedMs, cpu } = await timedFile(duo, folder, name, RUN_BYTES);
  return {
    rate: RUN_BYTES / (storedMs / 1000),
    sender: cpu.sender / RUN_BYTES,
    receiver: cpu.receiver / RUN_BYTES,
  };
}

async function raw(
  { laptop, desktop }: PairedDuo,
  link: RawLink,
  messageBytes: number,
): Promise<Cost> {
  const [sender, receiver] = [cpuSeconds(laptop.browser), cpuSeconds(desktop.browser)];
  const ms = await link.run({ totalBytes: RUN_BYTES, messageBytes });
  return {
    rate: RUN_BYTES / (ms / 1000),
    sender: (cpuSeconds(laptop.browser) - sender) / RUN_BYTES,
    receiver: (cpuSeconds(desktop.browser) - receiver) / RUN_BYTES,
  };
}

/** The better of the two message sizes, by its median over all rounds: not the luckier run of each. */
function bestRaw(rounds: readonly Round[]): 0 | 1 {
  const rate = (at: 0 | 1) => median(rounds.map(({ raw: both }) => both[at].rate));
  return rate(0) >= rate(1) ? 0 : 1;
}

export function rateRatios(rounds: readonly Round[]): number[] {
  const best = bestRaw(rounds);
  return rounds.map(({ ours, raw: both }) => ours.rate / both[best].rate);
}

export function cpuRatios(rounds: readonly Round[]): number[] {
  const best = bestRaw(rounds);
  return rounds.map(({ ours, raw: both }) => {
    const bare = both[best];
    return (ours.sender + ours.receiver) / (bare.sender + bare.receiver);
  });
}

/** CPU seconds for a GiB. */
export function cpuPerGiB(
  rounds: readonly Round[],
  side: 'sender' | 'receiver',
  of: 'ours' | 'raw',
): number {
  const best = bestRaw(rounds);
  const costs = rounds.map(({ ours, raw: both }) => (of === 'ours' ? ours : both[best]));
  return median(costs.map((cost) => cost[side])) * 1024 * MIB;
}
