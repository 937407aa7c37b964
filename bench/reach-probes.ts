/** Clocks inside the browsers, for times that a message to a test would blur. */
import type { Page } from 'puppeteer';
import type { IntentAnswer } from '../lib/messaging/intents.ts';
import type { ViewUpdate } from '../lib/messaging/snapshot.ts';
import { CONNECTION_IDLE_MS } from '../lib/session/idle-watch.ts';
import type { ExtensionBrowser } from '../tests/support/browser.ts';
import { intend } from '../tests/support/snapshot.ts';
import { until, within } from '../tests/support/wait.ts';

const TIMEOUT_MS = 30_000;
/** Long enough for the end of the transfer that opened the connection. */
const SHORT_IDLE_MS = 300;

/**
 * Sends a line of text, as a view does, and gives the milliseconds from there until a view is told
 * that the device is connected.
 */
export async function clickToConnected(
  browser: ExtensionBrowser,
  deviceId: string,
): Promise<number> {
  const page = await browser.driver();
  const measured = page.evaluate(
    (id) =>
      new Promise<number>((resolve, reject) => {
        const port = chrome.runtime.connect({ name: 'view' });
        let clickedAt: number | undefined;
        port.onMessage.addListener((message: unknown) => {
          const update = message as ViewUpdate;
          if (update.type === 'full') {
            clickedAt = performance.now();
            const intent = { type: 'send/text', deviceId: id, text: 'A line of text' };
            void chrome.runtime
              .sendMessage({ to: 'background', intent })
              .then((answer: IntentAnswer) => {
                if (!answer.ok) reject(new Error(`refused: ${answer.code}`));
              });
            return;
          }
          const device = update.parts.devices?.find((one) => one.deviceId === id);
          if (clickedAt === undefined || device?.connection !== 'connected') return;
          resolve(performance.now() - clickedAt);
          port.disconnect();
        });
      }),
    deviceId,
  );
  return await within('a connection', TIMEOUT_MS, measured);
}

interface World {
  connection?: RTCPeerConnection;
}

/** Keeps an eye on the peer connection that the document makes next. */
export async function watchPaths(browser: ExtensionBrowser): Promise<void> {
  const page = await offscreenPage(browser);
  await page.evaluate(() => {
    globalThis.RTCPeerConnection = new Proxy(RTCPeerConnection, {
      construct(target, args: [RTCConfiguration?]) {
        const connection = new target(...args);
        (globalThis as World).connection = connection;
        return connection;
      },
    });
  });
}

/** Milliseconds from the browser's word of another network to another pair that carries the data. */
export async function restartPath(browser: ExtensionBrowser): Promise<number> {
  const page = await offscreenPage(browser);
  const measured = page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const ice = (globalThis as World).connection?.sctp?.transport.iceTransport;
        if (ice === undefined) return reject(new Error('no connection was made'));
        // ICE may also move between pairs of one generation, which is no restart.
        const generation = () => ice.getSelectedCandidatePair()?.local.usernameFragment;
        const before = generation();
        const start = performance.now();
        const look = () => {
          if (generation() === before) return;
          resolve(performance.now() - start);
          ice.removeEventListener('selectedcandidatepairchange', look);
        };
        ice.addEventListener('selectedcandidatepairchange', look);
        dispatchEvent(new Event('online'));
      }),
  );
  return await within('another pair', TIMEOUT_MS, measured);
}

/** Two minutes without a transfer pass at once in this document, until it is closed. */
export async function closeWhenIdle(browser: ExtensionBrowser): Promise<void> {
  const page = await offscreenPage(browser);
  await page.evaluate(
    (idle, short) => {
      globalThis.setTimeout = new Proxy(globalThis.setTimeout, {
        apply(method, self: unknown, [task, ms, ...rest]: [unknown, unknown, ...unknown[]]) {
          return Reflect.apply(method, self, [task, ms === idle ? short : ms, ...rest]) as unknown;
        },
      });
    },
    CONNECTION_IDLE_MS,
    SHORT_IDLE_MS,
  );
}

async function offscreenPage(browser: ExtensionBrowser): Promise<Page> {
  await intend(browser, { type: 'offscreen/ensure' });
  const target = await until(`${browser.name}: the offscreen document`, () =>
    browser.offscreenTarget(),
  );
  return await target.asPage();
}
