import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { noise } from '../support/bytes.ts';
import { sha256, untilReceived } from '../support/downloads.ts';
import {
  expectCalm,
  knownTransfers,
  setRule,
  startPairedDuo,
  untilTransfer,
  type PairedDuo,
  type Side,
} from '../support/duo.ts';
import { sendFiles } from '../support/send-page.ts';
import { intend } from '../support/snapshot.ts';
import { until } from '../support/wait.ts';

/** A network that changes under a connection, in two real browsers. */

const BYTES = noise('restart', 24 * 1024 * 1024);

let duo: PairedDuo;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallow-restart-'));
  await writeFile(join(folder, 'restart.bin'), BYTES);
  // Connections are counted here: further lanes would be some more of them.
  duo = await startPairedDuo({ lanes: 1 });
  await setRule(duo.desktop, duo.laptopId, 'always');
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), rm(folder, { recursive: true })]);
});
beforeEach(untilConnected);

/** What a document's peer connections did, from now on. */
interface Seen {
  made: number;
  restarts: number;
  answers: number;
}

async function untilConnected(): Promise<void> {
  const connected = ({ view }: Side) =>
    view.until('a connection', ({ devices }) => devices[0]?.connection === 'connected');
  if ((await duo.laptop.view.read()).devices[0]?.connection !== 'connected') {
    await intend(duo.laptop.browser, {
      type: 'send/text',
      deviceId: duo.desktopId,
      text: 'to open a connection',
    });
  }
  await Promise.all([connected(duo.laptop), connected(duo.desktop)]);
}

async function offscreen({ browser }: Side): Promise<Page> {
  const target = browser.offscreenTarget();
  if (target === undefined) throw new Error(`${browser.name}: no offscreen document`);
  return await target.asPage();
}

async function record(page: Page): Promise<void> {
  await page.evaluate(() => {
    const scope = globalThis as typeof globalThis & { seen?: Seen };
    const seen: Seen = { made: 0, restarts: 0, answers: 0 };
    const first = scope.seen === undefined;
    scope.seen = seen;
    if (!first) return;
    const { prototype } = RTCPeerConnection;
    const count = <Method extends CallableFunction>(
      what: (connection: RTCPeerConnection, options: unknown) => keyof Seen,
    ): ProxyHandler<Method> => ({
      apply(method, self: RTCPeerConnection, args: unknown[]): unknown {
        if (scope.seen) scope.seen[what(self, args[0])] += 1;
        return Reflect.apply(method, self, args);
      },
    });
    prototype.createOffer = new Proxy(
      prototype.createOffer,
      count((_connection, options) =>
        (options as RTCOfferOptions | undefined)?.iceRestart === true ? 'restarts' : 'made',
      ),
    );
    prototype.createAnswer = new Proxy(
      prototype.createAnswer,
      count((connection) => (connection.currentRemoteDescription === null ? 'made' : 'answers')),
    );
  });
}

async function seen(page: Page): Promise<Seen> {
  return await page.evaluate(() => (globalThis as typeof globalThis & { seen: Seen }).seen);
}

/** The browser tells the document of another network. */
async function changeNetwork(page: Page): Promise<void> {
  await page.evaluate(() => void dispatchEvent(new Event('online')));
}

it('[IC9] another network: ICE restarts at once, and the connection stays', async () => {
  const [laptop, desktop] = await Promise.all([offscreen(duo.laptop), offscreen(duo.desktop)]);
  await Promise.all([record(laptop), record(desktop)]);
  await changeNetwork(laptop);
  await until('a restart and its answer', async () => {
    return (await seen(laptop)).restarts === 1 && (await seen(desktop)).answers === 1;
  });
  await untilConnected();
  expect([(await seen(laptop)).made, (await seen(desktop)).made]).toEqual([0, 0]);
});

it('[IC7] both networks change again and again under a transfer: it goes on over one connection', async () => {
  const [laptop, desktop] = await Promise.all([offscreen(duo.laptop), offscreen(duo.desktop)]);
  await Promise.all([record(laptop), record(desktop)]);
  const [known, there] = [await knownTransfers(duo.laptop), await knownTransfers(duo.desktop)];
  const device = { deviceId: duo.desktopId, name: 'Desktop' };
  await sendFiles(duo.laptop.browser, device, [join(folder, 'restart.bin')]);
  for (const part of [0.1, 0.3, 0.5]) {
    await duo.desktop.view.until(`${part} of it`, ({ transfers }) =>
      transfers.some(
        ({ transferId, doneBytes }) => !there.has(transferId) && doneBytes >= BYTES.length * part,
      ),
    );
    await Promise.all([changeNetwork(laptop), changeNetwork(desktop)]);
  }
  await untilTransfer(duo.laptop, known, ['delivered']);
  await untilTransfer(duo.desktop, there, ['saved']);
  const wanted = { sha256: sha256(BYTES), size: BYTES.length };
  await untilReceived(duo.desktop.browser.downloads, wanted);
  const [mine, theirs] = [await seen(laptop), await seen(desktop)];
  expect(mine.restarts + theirs.restarts).toBeGreaterThan(0);
  expect([mine.made, theirs.made], 'the connection from before').toEqual([0, 0]);
});

it('[RC9] the server is away, and a network changes: a new connection once it is back', async () => {
  const [laptop, desktop] = await Promise.all([offscreen(duo.laptop), offscreen(duo.desktop)]);
  await Promise.all([record(laptop), record(desktop)]);
  await duo.signaling.stop();
  await duo.laptop.view.until('no server', ({ signaling }) => signaling.state !== 'online');
  await changeNetwork(laptop);
  await duo.laptop.view.until(
    'a connection in doubt',
    ({ devices }) => devices[0]?.connection === 'restarting',
  );
  await duo.signaling.start();
  await until('a new connection on both sides', async () => {
    return (await seen(laptop)).made === 1 && (await seen(desktop)).made === 1;
  });
  await untilConnected();
});
