import { stat } from 'node:fs/promises';
import { until } from '../../tests/support/wait.ts';
import { chooseMenuItem } from '../../tests/support/context-menu.ts';
import {
  RECEIVED_FOLDER,
  receivedFiles,
  sha256,
  sha256OfFile,
} from '../../tests/support/downloads.ts';
import { Follower, intend } from '../../tests/support/snapshot.ts';
import { join } from 'node:path';
import type { Stage } from './stage.ts';

const PICTURE = 'dusk.jpg';
const DELIVERY_TIMEOUT_MS = 30_000;

/** What `--json` prints. Times in ms. */
export interface DemoResult {
  readonly delivered: boolean;
  readonly bytes: number;
  readonly sha256Match: boolean;
  readonly clickToFirstByteMs: number;
  readonly clickToSavedMs: number;
  readonly pairMs: number;
}

/** Does what a person would: opens the page, right-clicks a picture, lets the other side take it. */
export async function sendByItself(stage: Stage, say: (line: string) => void): Promise<DemoResult> {
  const { laptop, desktop, siteOrigin } = stage;
  const [sender, receiver] = await Promise.all([Follower.open(laptop), Follower.open(desktop)]);
  const device = await sender.until('the Desktop online', ({ devices }) =>
    devices.find(({ presence }) => presence === 'online'),
  );
  const back = await receiver.until('the Laptop', ({ devices }) => devices[0]);
  // Nobody is there to press Accept.
  await intend(desktop, { type: 'device/rule', deviceId: back.deviceId, rule: 'always' });

  const page = await laptop.openUrl(`${siteOrigin}/`);
  // Without a mouse: the toolbar button gives the page to the extension, as a right-click does.
  await (await laptop.popup(page)).close();
  const source = `${siteOrigin}/${PICTURE}`;
  const original = new Uint8Array(await (await fetch(source)).arrayBuffer());
  say(`Sending ${PICTURE} (${original.length} bytes) by “Send image to ${device.name}” …`);
  const clickedAt = Date.now();
  await chooseMenuItem(laptop, page, { kind: 'image', deviceId: device.deviceId, srcUrl: source });

  const sent = await sender.until(
    'the picture delivered',
    ({ transfers }) => transfers.find(({ state }) => state === 'delivered' || state === 'failed'),
    { timeoutMs: DELIVERY_TIMEOUT_MS },
  );
  const received = await receiver.until(
    'the picture saved',
    ({ transfers }) => transfers.find(({ state }) => state === 'saved' || state === 'failed'),
    { timeoutMs: DELIVERY_TIMEOUT_MS },
  );
  const name = await until(
    'the saved file',
    async () => (await receivedFiles(desktop.downloads))[0],
  );
  const path = join(desktop.downloads, RECEIVED_FOLDER, name);
  const [sentHash, savedHash] = [sha256(original), await sha256OfFile(path)];
  const result: DemoResult = {
    delivered: sent.state === 'delivered' && received.state === 'saved',
    bytes: (await stat(path)).size,
    sha256Match: sentHash === savedHash,
    clickToFirstByteMs: (received.firstByteAt ?? Number.NaN) - clickedAt,
    clickToSavedMs: (received.endedAt ?? Number.NaN) - clickedAt,
    pairMs: stage.pairMs,
  };
  say(`Saved: ${path}`);
  say(`SHA-256 on Laptop:  ${sentHash}`);
  say(`SHA-256 on Desktop: ${savedHash}`);
  say(`Click to first byte: ${result.clickToFirstByteMs} ms`);
  say(`Click to saved:      ${result.clickToSavedMs} ms`);
  return result;
}
