/**
 * The yardstick: a bare RTCDataChannel between extension pages of the same two browsers. One
 * connection, 64 KiB messages, no crypto of ours, no disk.
 */
import type { Page } from 'puppeteer';
import type { ExtensionBrowser } from '../tests/support/browser.ts';
import { within } from '../tests/support/wait.ts';

const MESSAGE_BYTES = 65_536;
const TIMEOUT_MS = 120_000;

interface World {
  connection?: RTCPeerConnection;
  channel?: RTCDataChannel;
}

/** Bytes per second from the first `send` until the receiver said that it has them all. */
export async function rawThroughput(
  sender: ExtensionBrowser,
  receiver: ExtensionBrowser,
  totalBytes: number,
): Promise<number> {
  const [from, to] = await Promise.all([sender.driver(), receiver.driver()]);
  const offer = await offerFrom(from);
  await acceptAnswer(from, await answerTo(to, offer, totalBytes));
  const ms = await within('the raw channel', TIMEOUT_MS, pump(from, totalBytes));
  await Promise.all([hangUp(from), hangUp(to)]);
  return totalBytes / (ms / 1000);
}

function offerFrom(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const world = globalThis as World;
    const connection = new RTCPeerConnection();
    world.connection = connection;
    world.channel = connection.createDataChannel('raw');
    await connection.setLocalDescription();
    await new Promise<void>((resolve) => {
      if (connection.iceGatheringState === 'complete') return resolve();
      connection.addEventListener('icegatheringstatechange', () => {
        if (connection.iceGatheringState === 'complete') resolve();
      });
    });
    return connection.localDescription?.sdp ?? '';
  });
}

function answerTo(page: Page, offer: string, totalBytes: number): Promise<string> {
  return page.evaluate(
    async (sdp, expected) => {
      const connection = new RTCPeerConnection();
      (globalThis as World).connection = connection;
      connection.addEventListener('datachannel', ({ channel }) => {
        let got = 0;
        channel.binaryType = 'arraybuffer';
        channel.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
          got += data.byteLength;
          if (got === expected) channel.send('done');
        });
      });
      await connection.setRemoteDescription({ type: 'offer', sdp });
      await connection.setLocalDescription();
      await new Promise<void>((resolve) => {
        if (connection.iceGatheringState === 'complete') return resolve();
        connection.addEventListener('icegatheringstatechange', () => {
          if (connection.iceGatheringState === 'complete') resolve();
        });
      });
      return connection.localDescription?.sdp ?? '';
    },
    offer,
    totalBytes,
  );
}

async function acceptAnswer(page: Page, answer: string): Promise<void> {
  await page.evaluate(async (sdp) => {
    const { connection, channel } = globalThis as World;
    await connection?.setRemoteDescription({ type: 'answer', sdp });
    await new Promise<void>((resolve) => {
      if (channel?.readyState === 'open') return resolve();
      channel?.addEventListener('open', () => resolve());
    });
  }, answer);
}

/** Milliseconds. Refilled on `bufferedamountlow`: hidden pages have no useful timers. */
function pump(page: Page, totalBytes: number): Promise<number> {
  return page.evaluate(
    async (total, size) => {
      const { channel } = globalThis as World;
      if (channel === undefined) throw new Error('no channel');
      const HIGH_WATER = 8 * 1024 * 1024;
      channel.bufferedAmountLowThreshold = HIGH_WATER / 2;
      const message = new Uint8Array(size);
      let left = total;
      const start = performance.now();
      const done = new Promise<number>((resolve) => {
        channel.addEventListener('message', () => resolve(performance.now() - start));
      });
      const fill = () => {
        while (left > 0 && channel.bufferedAmount < HIGH_WATER) {
          const part = message.subarray(0, Math.min(size, left));
          channel.send(part);
          left -= part.length;
        }
      };
      channel.addEventListener('bufferedamountlow', fill);
      fill();
      return await done;
    },
    totalBytes,
    MESSAGE_BYTES,
  );
}

async function hangUp(page: Page): Promise<void> {
  await page.evaluate(() => (globalThis as World).connection?.close());
}
