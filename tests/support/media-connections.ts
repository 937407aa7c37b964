/** The media connections of shares, in the document that holds them: what a test does to the line. */
import type { JSHandle, Page } from 'puppeteer';
import type { ExtensionBrowser } from './browser.ts';
import { until } from './wait.ts';

/** The document that holds shares; it is there while one is on. */
export async function documentOf(owner: ExtensionBrowser): Promise<Page> {
  const target = await until(`${owner.name}: an offscreen document`, () => owner.offscreenTarget());
  return await target.asPage();
}

/** Runs `script` in the document of `owner` with the one media connection that is on there. */
export async function onMediaConnection<Result>(
  owner: ExtensionBrowser,
  script: (connection: RTCPeerConnection) => Result | Promise<Result>,
): Promise<Awaited<Result>> {
  return await withConnections(owner, async (connections) => {
    const connection = await connections.evaluateHandle((all) => {
      const media = all.filter((each) => each.getTransceivers().length > 0);
      const [only] = media;
      if (only === undefined || media.length > 1) throw new Error(`${media.length} connections`);
      return only;
    });
    const result = await connection.evaluate(script);
    await connection.dispose();
    return result as Awaited<Result>;
  });
}

/** Closes everything that sessions of `owner` go over: both ends hear of it, and make another one. */
export async function breakSessions(owner: ExtensionBrowser): Promise<void> {
  await withConnections(owner, async (connections) => {
    await connections.evaluate((all) => {
      for (const each of all) if (each.getTransceivers().length === 0) each.close();
    });
  });
}

/** All that are not closed. */
async function withConnections<Result>(
  owner: ExtensionBrowser,
  use: (connections: JSHandle<RTCPeerConnection[]>) => Promise<Result>,
): Promise<Result> {
  const page = await documentOf(owner);
  const prototype = await page.evaluateHandle(() => RTCPeerConnection.prototype);
  const all = (await page.queryObjects(prototype)) as JSHandle<RTCPeerConnection[]>;
  const open = await page.evaluateHandle(
    (each) => [...each].filter(({ connectionState }) => connectionState !== 'closed'),
    all,
  );
  try {
    return await use(open);
  } finally {
    // What a debugger holds is never let go of by the page.
    await Promise.all([prototype, all, open].map((handle) => handle.dispose()));
  }
}
