/**
 * The yardstick: bare peer connections between extension pages of the same two browsers, with one
 * channel each, no crypto of ours, no disk, the bytes thrown away where they arrive.
 */
import type { Page } from 'puppeteer';
import type { ExtensionBrowser } from '../tests/support/browser.ts';
import { within } from '../tests/support/wait.ts';

const TIMEOUT_MS = 120_000;

interface End {
  readonly connections: RTCPeerConnection[];
  readonly channels: RTCDataChannel[];
  /** Bytes of this run so far, and what is told when they are all there. */
  got: number;
  expected: number;
}
interface World {
  raw?: End;
}

export interface RawRun {
  readonly totalBytes: number;
  readonly messageBytes: number;
  /** How many of the link's connections carry them; all when absent. */
  readonly connections?: number;
}

export class RawLink {
  readonly #from: Page;
  readonly #to: Page;

  private constructor(from: Page, to: Page) {
    this.#from = from;
    this.#to = to;
  }

  /** @param configurations the sender's and the receiver's */
  static async open(
    sender: ExtensionBrowser,
    receiver: ExtensionBrowser,
    count = 1,
    configurations: readonly [RTCConfiguration, RTCConfiguration] = [{}, {}],
  ): Promise<RawLink> {
    const [from, to] = await Promise.all([sender.driver(), receiver.driver()]);
    const [ours, theirs] = configurations;
    await Promise.all([from.evaluate(prepareEnd), to.evaluate(prepareEnd)]);
    for (let index = 0; index < count; index += 1) {
      const offer = await from.evaluate(offerOne, ours);
      const answer = await to.evaluate(answerOne, theirs, offer);
      await within('a bare connection', TIMEOUT_MS, from.evaluate(acceptOne, index, answer));
    }
    return new RawLink(from, to);
  }

  /** Milliseconds from the first `send` until the receiver said that it has them all. */
  async run({ totalBytes, messageBytes, connections = Infinity }: RawRun): Promise<number> {
    await this.#to.evaluate(expectBytes, totalBytes);
    const sent = this.#from.evaluate(pump, totalBytes, messageBytes, Math.min(connections, 1024));
    return await within('the bare channel', TIMEOUT_MS, sent);
  }

  /**
   * Keeps the line full for as long as `seconds`, and gives what arrived in each of them, in bytes.
   */
  async flood(
    { messageBytes, connections = Infinity }: Omit<RawRun, 'totalBytes'>,
    seconds: number,
  ) {
    await this.#to.evaluate(expectBytes, Number.MAX_SAFE_INTEGER);
    const counted = this.#to.evaluate(countEachSecond, seconds);
    const flooding = this.#from.evaluate(
      floodFor,
      seconds * 1000,
      messageBytes,
      Math.min(connections, 1024),
    );
    const [counts] = await within(
      'the bare channels to be empty',
      (seconds + 30) * 1000,
      Promise.all([counted, flooding]),
    );
    return counts;
  }

  async close(): Promise<void> {
    await Promise.all([this.#from, this.#to].map((page) => page.evaluate(hangUp)));
  }
}

const MESSAGE_BYTES = 65_536;

/** Bytes per second over one connection that is made for it. */
export async function rawThroughput(
  sender: ExtensionBrowser,
  receiver: ExtensionBrowser,
  totalBytes: number,
): Promise<number> {
  const link = await RawLink.open(sender, receiver);
  try {
    return totalBytes / ((await link.run({ totalBytes, messageBytes: MESSAGE_BYTES })) / 1000);
  } finally {
    await link.close();
  }
}

/* What follows runs in the pages. */

function prepareEnd(): void {
  (globalThis as World).raw = { connections: [], channels: [], got: 0, expected: 0 };
}

async function offerOne(configuration: RTCConfiguration): Promise<string> {
  const { raw } = globalThis as World;
  const connection = new RTCPeerConnection(configuration);
  const channel = connection.createDataChannel('raw');
  raw?.connections.push(connection);
  raw?.channels.push(channel);
  await connection.setLocalDescription();
  await new Promise<void>((resolve) => {
    if (connection.iceGatheringState === 'complete') return resolve();
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'complete') resolve();
    });
    // A relay that not every network of this machine reaches: its one candidate is all there will be.
    connection.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate?.type === 'relay' && configuration.iceTransportPolicy === 'relay') resolve();
    });
  });
  return connection.localDescription?.sdp ?? '';
}

async function answerOne(configuration: RTCConfiguration, sdp: string): Promise<string> {
  const { raw } = globalThis as World;
  if (raw === undefined) throw new Error('not prepared');
  const connection = new RTCPeerConnection(configuration);
  raw.connections.push(connection);
  connection.addEventListener('datachannel', ({ channel }) => {
    raw.channels.push(channel);
    channel.binaryType = 'arraybuffer';
    channel.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
      raw.got += data.byteLength;
      if (raw.got === raw.expected) raw.channels[0]?.send('done');
    });
  });
  await connection.setRemoteDescription({ type: 'offer', sdp });
  await connection.setLocalDescription();
  await new Promise<void>((resolve) => {
    if (connection.iceGatheringState === 'complete') return resolve();
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'complete') resolve();
    });
    // A relay that not every network of this machine reaches: its one candidate is all there will be.
    connection.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate?.type === 'relay' && configuration.iceTransportPolicy === 'relay') resolve();
    });
  });
  return connection.localDescription?.sdp ?? '';
}

async function acceptOne(index: number, sdp: string): Promise<void> {
  const { raw } = globalThis as World;
  const [connection, channel] = [raw?.connections[index], raw?.channels[index]];
  await connection?.setRemoteDescription({ type: 'answer', sdp });
  await new Promise<void>((resolve) => {
    if (channel?.readyState === 'open') return resolve();
    channel?.addEventListener('open', () => resolve());
  });
}

function expectBytes(bytes: number): void {
  const { raw } = globalThis as World;
  if (raw === undefined) throw new Error('not prepared');
  raw.got = 0;
  raw.expected = bytes;
}

/** Refilled on `bufferedamountlow`: hidden pages have no useful timers. */
async function pump(total: number, size: number, connections: number): Promise<number> {
  const channels = (globalThis as World).raw?.channels.slice(0, connections) ?? [];
  const HIGH_WATER = 8 * 1024 * 1024;
  const message = new Uint8Array(size);
  let left = total;
  const start = performance.now();
  const done = new Promise<number>((resolve) => {
    channels[0]?.addEventListener('message', () => resolve(performance.now() - start), {
      once: true,
    });
  });
  for (const channel of channels) {
    channel.bufferedAmountLowThreshold = HIGH_WATER / 2;
    const fill = () => {
      while (left > 0 && channel.bufferedAmount < HIGH_WATER) {
        const part = message.subarray(0, Math.min(size, left));
        channel.send(part);
        left -= part.length;
      }
    };
    channel.onbufferedamountlow = fill;
    fill();
  }
  return await done;
}

/** Resolves when nothing is on its way any more, so that the next run begins with an empty line. */
async function floodFor(ms: number, size: number, connections: number): Promise<void> {
  const channels = (globalThis as World).raw?.channels.slice(0, connections) ?? [];
  const HIGH_WATER = 2 * 1024 * 1024;
  const message = new Uint8Array(size);
  const until = performance.now() + ms;
  await Promise.all(
    channels.map(
      (channel) =>
        new Promise<void>((resolve) => {
          channel.bufferedAmountLowThreshold = HIGH_WATER / 2;
          const fill = () => {
            while (performance.now() < until && channel.bufferedAmount < HIGH_WATER)
              channel.send(message);
            if (performance.now() < until) return;
            channel.bufferedAmountLowThreshold = 0;
            if (channel.bufferedAmount === 0) resolve();
          };
          channel.onbufferedamountlow = fill;
          fill();
        }),
    ),
  );
}

async function countEachSecond(seconds: number): Promise<number[]> {
  const { raw } = globalThis as World;
  const counts: number[] = [];
  for (let second = 0; second < seconds; second += 1) {
    const [before, start] = [raw?.got ?? 0, performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 1000));
    counts.push(((raw?.got ?? 0) - before) / ((performance.now() - start) / 1000));
  }
  return counts;
}

function hangUp(): void {
  for (const connection of (globalThis as World).raw?.connections ?? []) connection.close();
}
