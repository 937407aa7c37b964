/** Engine against raw channel, in turns: rates, and CPU seconds of all processes of both browsers. */
import type { PairedDuo } from '../tests/support/duo.ts';
import { cpuSeconds } from '../tests/support/processes.ts';
import { median } from './bootstrap.ts';
import { RawLink } from './raw-link.ts';
import { setLanes, timedFile } from './timed-send.ts';

const MIB = 1024 * 1024;
/** Of a size that is copied for the outbox while it is sent. */
const RUN_BYTES = 48 * MIB;
/** Runs that may come to nothing before a measurement does. */
const BROKEN_RUNS = 3;
const RUN_TIMEOUT_MS = 90_000;
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

interface EngineCost extends Cost {
  /** CPU seconds a byte from the click on: with the page that was clicked, and its closing. */
  readonly fromClick: number;
}

export interface Round {
  readonly ours: EngineCost;
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
    for (let broken = 0; rounds.length < count;) {
      try {
        rounds.push(await oneRound(duo, link, folder, lanes, rounds.length));
      } catch (error) {
        broken += 1;
        if (broken > BROKEN_RUNS) throw error;
        console.log(`  a round that does not count: ${String(error)}`);
      }
    }
  } finally {
    await link.close();
  }
  return rounds;
}

async function oneRound(
  duo: PairedDuo,
  link: RawLink,
  folder: string,
  lanes: 1 | null,
  at: number,
): Promise<Round> {
  // Neighbours see the same weather; who comes first changes, and ours is between the two.
  const order = at % 2 === 0 ? MESSAGES : MESSAGES.toReversed();
  const [first, second] = order as readonly [number, number];
  const before = await raw(duo, link, first);
  const ours = await engine(duo, folder, `${lanes ?? 'adaptive'} ${at}`);
  const after = await raw(duo, link, second);
  const pair = first === MESSAGES[0] ? ([before, after] as const) : ([after, before] as const);
  const [small, large] = pair.map(costs);
  console.log(
    `  ${lanes === 1 ? 'one lane' : 'adaptive'} ${costs(ours)}, raw ${small} and ${large}`,
  );
  return { ours, raw: pair };
}

function costs({ rate, sender, receiver }: Cost): string {
  const cpu = (sender + receiver) * RUN_BYTES;
  return `${(rate / 1e6).toFixed(1)} MB/s (${cpu.toFixed(1)} CPU s)`;
}

async function engine(duo: PairedDuo, folder: string, name: string): Promise<EngineCost> {
  const sent = await timedFile(duo, folder, name, RUN_BYTES, RUN_TIMEOUT_MS);
  const { storedMs, cpu, cpuFromClick } = sent;
  return {
    rate: RUN_BYTES / (storedMs / 1000),
    sender: cpu.sender / RUN_BYTES,
    receiver: cpu.receiver / RUN_BYTES,
    fromClick: (cpuFromClick.sender + cpuFromClick.receiver) / RUN_BYTES,
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

/** As `cpuRatios`, with all that the click costs. */
export function clickRatios(rounds: readonly Round[]): number[] {
  const best = bestRaw(rounds);
  return rounds.map(({ ours, raw: both }) => {
    const bare = both[best];
    return ours.fromClick / (bare.sender + bare.receiver);
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
