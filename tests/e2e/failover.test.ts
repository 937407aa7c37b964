/** A list of signaling servers: both devices meet at the first that works ([SV17]). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  expectCalm,
  knownTransfers,
  setRule,
  startPairedDuo,
  untilOnline,
  untilTransfer,
  type PairedDuo,
} from '../support/duo.ts';
import { startSignaling, type SignalingServer } from '../support/server.ts';
import { Follower, intend, readOnce } from '../support/snapshot.ts';

/** A refusal is noticed at once, a rest is one second and a half at most. */
const MEET_MS = 20_000;

let duo: PairedDuo;
let second: SignalingServer;

beforeAll(async () => {
  second = await startSignaling();
  duo = await startPairedDuo();
  await setRule(duo.desktop, duo.laptopId, 'always');
  for (const { browser } of [duo.laptop, duo.desktop]) {
    const signalingUrl = `${duo.signaling.url}, ${second.url}`;
    await intend(browser, { type: 'settings/set', settings: { signalingUrl } });
  }
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), second.stop()]);
});

async function untilMeetingAt(server: SignalingServer): Promise<void> {
  for (const { view } of [duo.laptop, duo.desktop]) {
    const there = ({ signaling }: Awaited<ReturnType<Follower['read']>>) =>
      signaling.state === 'online' && signaling.url === server.url;
    await view.until(`the server at ${server.url}`, there, { timeoutMs: MEET_MS });
  }
  await Promise.all([untilOnline(duo.laptop, 'Desktop'), untilOnline(duo.desktop, 'Laptop')]);
}

it('[SV17] uses the first while it is there', async () => {
  await untilMeetingAt(duo.signaling);
});

it('[SV17] both meet at the second when the first goes away, and a text arrives', async () => {
  await duo.signaling.stop();
  await untilMeetingAt(second);
  const [known, knownThere] = [await knownTransfers(duo.laptop), await knownTransfers(duo.desktop)];
  const send = { type: 'send/text', deviceId: duo.desktopId, text: 'over the second' } as const;
  await intend(duo.laptop.browser, send);
  await untilTransfer(duo.desktop, knownThere, ['saved', 'failed']);
  const sent = await untilTransfer(duo.laptop, known, ['delivered', 'failed']);
  expect(sent.state).toBe('delivered');
});

it('[SV17] workers that died meet at the first again once it is back', async () => {
  await duo.signaling.start();
  for (const { browser, view } of [duo.laptop, duo.desktop]) {
    await view.close();
    await browser.killWorker();
    await readOnce(browser);
    await Follower.open(browser);
  }
  await untilMeetingAt(duo.signaling);
});
