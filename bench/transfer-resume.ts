/**
 * A connection that breaks in the middle of a file: how long after the next one stands the first
 * missing chunk is there, and how much went twice. The receiver's own clock, in its engine's worker.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CDPSession, Page } from 'puppeteer';
import { noise } from '../tests/support/bytes.ts';
import { knownTransfers, untilTransfer, type PairedDuo, type Side } from '../tests/support/duo.ts';
import { sendFiles } from '../tests/support/send-page.ts';
import { until } from '../tests/support/wait.ts';
import { timedFile } from './timed-send.ts';

const MIB = 1024 * 1024;
/** Seconds are left of it when the connections are found and closed. */
const FILE_BYTES = 96 * MIB;
const BREAK_AT = 0.25;
const RUNS = 7;
/** What sealing adds to a chunk, for the smallest chunk there is. */
const MOST_SEALS = (FILE_BYTES / 65_536) * 16;
const TIMEOUT_MS = 120_000;

export interface ResumeFigures {
  /** From the receiver's engine having the new session to its first chunk. */
  readonly firstChunkMs: readonly number[];
  /** From the break to the new session there. */
  readonly reconnectMs: readonly number[];
  readonly sentTwiceMiB: readonly number[];
}

export async function measureResume(duo: PairedDuo, folder: string): Promise<ResumeFigures> {
  const [firstChunkMs, reconnectMs, sentTwiceMiB]: [number[], number[], number[]] = [[], [], []];
  // With a connection the documents stay.
  await timedFile(duo, folder, 'warm', MIB);
  const worker = await listenIn(duo.desktop);
  const sender = await documentOf(duo.laptop);
  const path = join(folder, 'resume.bin');
  for (let run = 0; run < RUNS; run += 1) {
    await writeFile(path, noise(`resume ${Date.now()}`, FILE_BYTES));
    const [known, there] = [await knownTransfers(duo.laptop), await knownTransfers(duo.desktop)];
    await sendFiles(duo.laptop.browser, { deviceId: duo.desktopId, name: 'Desktop' }, [path]);
    await duo.desktop.view.until(
      `${BREAK_AT} of it`,
      ({ transfers }) =>
        transfers.some(
          ({ transferId, doneBytes }) =>
            !there.has(transferId) && doneBytes >= FILE_BYTES * BREAK_AT,
        ),
      { timeoutMs: TIMEOUT_MS },
    );
    const marked = await inWorker(worker, mark);
    await breakConnections(sender);
    const sent = await untilTransfer(duo.laptop, known, ['delivered', 'failed'], TIMEOUT_MS);
    if (sent.state !== 'delivered') throw new Error(`after the break: ${sent.reason}`);
    await untilTransfer(duo.desktop, there, ['saved'], TIMEOUT_MS);
    const { attachedAt, chunkAt } = await inWorker(worker, marks);
    firstChunkMs.push(chunkAt - attachedAt);
    reconnectMs.push(attachedAt - marked);
    const twice = Math.max(0, (sent.wireBytes ?? Number.NaN) - FILE_BYTES - MOST_SEALS);
    sentTwiceMiB.push(twice / MIB);
    console.log(
      `  a new session after ${Math.round(attachedAt - marked)} ms, its first chunk after ` +
        `${(chunkAt - attachedAt).toFixed(1)} ms, ${(twice / MIB).toFixed(1)} MiB twice`,
    );
  }
  await rm(path);
  return { firstChunkMs, reconnectMs, sentTwiceMiB };
}

async function documentOf({ browser }: Side): Promise<Page> {
  const target = browser.offscreenTarget();
  if (target === undefined) throw new Error(`${browser.name}: no offscreen document`);
  return await target.asPage();
}

async function listenIn(side: Side): Promise<CDPSession> {
  const page = await documentOf(side);
  const worker = await until(`${side.browser.name}: the engine's worker`, () => page.workers()[0]);
  await inWorker(worker.client, listen);
  return worker.client;
}

/** Puppeteer itself waits for a worker to start, which one that runs already never does. */
async function inWorker<Result>(worker: CDPSession, script: () => Result): Promise<Result> {
  const { result, exceptionDetails } = await worker.send('Runtime.evaluate', {
    expression: `(${script.toString()})()`,
    returnByValue: true,
  });
  if (exceptionDetails !== undefined) {
    throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  }
  return result.value as Result;
}

async function breakConnections(page: Page): Promise<void> {
  const prototype = await page.evaluateHandle(() => RTCPeerConnection.prototype);
  const connections = await page.queryObjects(prototype);
  await connections.evaluate((all) => {
    for (const connection of all) connection.close();
  });
}

/* What follows runs in the receiver's worker. */

interface Ears {
  since: number;
  attachedAt: number;
  chunkAt: number;
}
interface World {
  ears?: Ears;
}

/** Hears when the engine has a session, and when the first long frame after that arrives. */
function listen(): void {
  const ears: Ears = { since: Infinity, attachedAt: Infinity, chunkAt: Infinity };
  (globalThis as World).ears = ears;
  const CHUNK_AT_LEAST = 32_768;
  globalThis.postMessage = new Proxy(globalThis.postMessage, {
    apply(method, self: unknown, args: [{ type?: string }]) {
      const now = performance.now();
      if (args[0].type === 'attached' && now > ears.since && ears.attachedAt === Infinity)
        ears.attachedAt = now;
      return Reflect.apply(method, self, args) as unknown;
    },
  });
  const { prototype } = RTCDataChannel;
  const before = Object.getOwnPropertyDescriptor(prototype, 'onmessage');
  Object.defineProperty(prototype, 'onmessage', {
    configurable: true,
    set(this: RTCDataChannel, listener: (event: MessageEvent<ArrayBuffer>) => void) {
      before?.set?.call(this, (event: MessageEvent<ArrayBuffer>) => {
        const now = performance.now();
        if (now > ears.attachedAt && event.data.byteLength > CHUNK_AT_LEAST)
          ears.chunkAt = Math.min(ears.chunkAt, now);
        listener(event);
      });
    },
  });
}

function mark(): number {
  const since = performance.now();
  Object.assign((globalThis as World).ears ?? {}, {
    since,
    attachedAt: Infinity,
    chunkAt: Infinity,
  });
  return since;
}

function marks(): Ears {
  const { ears } = globalThis as World;
  if (ears === undefined || ears.chunkAt === Infinity) throw new Error('no chunk was heard');
  return ears;
}
