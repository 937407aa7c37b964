/** Clocks inside the browsers, for times that a message to a test would blur. */
import type { Page } from 'puppeteer';
import type { IntentAnswer } from '../lib/messaging/intents.ts';
import type { ViewUpdate } from '../lib/messaging/snapshot.ts';
import { CONNECTION_IDLE_MS } from '../lib/session/idle-watch.ts';
import type { ExtensionBrowser } from '../tests/support/browser.ts';
import { intend } from '../tests/support/snapshot.ts';
import { until, within } from '../tests/support/wait.ts';

const TIMEOUT_MS = 30_000;
/**
 * Long enough for what opened the connection to begin on a busy machine, and to end: a side that sees
 * no transfer yet counts from the moment it is connected.
 */
const SHORT_IDLE_MS = 1_500;

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
  connections?: RTCPeerConnection[];
}

/** Keeps an eye on the peer connections that the document makes from now on. */
export async function watchPaths(browser: ExtensionBrowser): Promise<void> {
  const page = await offscreenPage(browser);
  await page.evaluate(() => {
    const connections: RTCPeerConnection[] = [];
    (globalThis as World).connections = connections;
    globalThis.RTCPeerConnection = new Proxy(RTCPeerConnection, {
      construct(target, args: [RTCConfiguration?]) {
        const connection = new target(...args);
        connections.push(connection);
        return connection;
      },
    });
  });
}

/**
 * Milliseconds from the browser's word of another network to another pair that carries the data.
 *
 * @throws Error with what the browser knows of its connections, when there is none in time
 */
export async function restartPath(browser: ExtensionBrowser): Promise<number> {
  const page = await offscreenPage(browser);
  const outcome = await page.evaluate(async (timeoutMs) => {
    const { connections = [] } = globalThis as World;
    // Two devices that begin at once make two, of which one is closed again.
    const standing = connections.find(({ connectionState }) => connectionState === 'connected');
    // ICE may also move between pairs of one generation, which is no restart.
    const generation = () =>
      standing?.sctp?.transport.iceTransport.getSelectedCandidatePair()?.local.usernameFragment;
    const before = generation();
    if (before !== undefined && before !== null) {
      const start = performance.now();
      dispatchEvent(new Event('online'));
      // The event of another pair comes once, perhaps before the pair can be read: so it is asked.
      while (performance.now() - start < timeoutMs) {
        const now = generation();
        if (now !== undefined && now !== before) return performance.now() - start;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    const seen = [];
    for (const connection of connections) {
      const { connectionState, iceConnectionState, iceGatheringState, signalingState } = connection;
      const stats = [...(await connection.getStats())]
        .map(([, entry]) => entry as { readonly type: string })
        .filter(({ type }) => ['transport', 'candidate-pair'].includes(type));
      seen.push({
        ...{ connectionState, iceConnectionState, iceGatheringState, signalingState },
        stats,
      });
    }
    return `generation ${before}: ${JSON.stringify(seen)}`;
  }, TIMEOUT_MS);
  if (typeof outcome === 'string')
    throw new Error(`no other pair within ${TIMEOUT_MS} ms; ${outcome}`);
  return outcome;
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
