/** Peer connections of an offscreen document, as its lanes make them. */
import type { Page } from 'puppeteer';
import type { ExtensionBrowser } from './browser.ts';
import { until } from './wait.ts';

interface World {
  connections?: RTCPeerConnection[];
  /** What the document told the worker about lanes. */
  told?: { type: string; sdp?: string; candidate?: string }[];
  refused?: number;
}

/** Every session made from now on has so many lanes, whatever they bring; null: what brings most. */
export async function fixLanes(owner: ExtensionBrowser, count: number | null): Promise<void> {
  const page = await owner.driver();
  await page.evaluate((lanes) => {
    if (lanes === null) localStorage.removeItem('lanes');
    else localStorage.setItem('lanes', String(lanes));
  }, count);
}

export async function offscreenPage(owner: ExtensionBrowser): Promise<Page> {
  const target = await until(`${owner.name}: an offscreen document`, () => owner.offscreenTarget());
  return await target.asPage();
}

/** From now on remembers the connections that are made, and what is told of lanes. */
export async function watchLanes(page: Page): Promise<void> {
  await page.evaluate(() => {
    const world = globalThis as World;
    const connections: RTCPeerConnection[] = [];
    const told: NonNullable<World['told']> = [];
    Object.assign(world, { connections, told });
    const { createDataChannel } = RTCPeerConnection.prototype;
    RTCPeerConnection.prototype.createDataChannel = function (...args) {
      if (!connections.includes(this)) connections.push(this);
      return Reflect.apply(createDataChannel, this, args) as RTCDataChannel;
    };
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (...args: unknown[]) {
      const request = args[0] as { type: string; news?: { type: string } };
      if (request.type === 'lane-news' && request.news) told.push(request.news);
      return Reflect.apply(post, this, args) as void;
    };
  });
}

/** From now on no data channel can be transferred, as in Firefox. */
export async function refuseTransfer(page: Page): Promise<void> {
  await page.evaluate(() => {
    const world = globalThis as World;
    world.refused = 0;
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (...args: unknown[]) {
      const transfer = args[1];
      if (Array.isArray(transfer) && transfer.some((each) => each instanceof RTCDataChannel)) {
        world.refused = (world.refused ?? 0) + 1;
        throw new DOMException('RTCDataChannel object could not be cloned.', 'DataCloneError');
      }
      return Reflect.apply(post, this, args) as void;
    };
  });
}

export async function refusedTransfers(page: Page): Promise<number> {
  return await page.evaluate(() => (globalThis as World).refused ?? 0);
}

export async function toldOfLanes(page: Page): Promise<NonNullable<World['told']>> {
  return await page.evaluate(() => (globalThis as World).told ?? []);
}

/** Bytes of messages that each connection made since `watchLanes` has sent; -1 for a closed one. */
export async function sentBytes(page: Page): Promise<number[]> {
  return await page.evaluate(async () => {
    const all: number[] = [];
    for (const connection of (globalThis as World).connections ?? []) {
      let bytes = connection.connectionState === 'connected' ? 0 : -1;
      for (const [, stats] of await connection.getStats()) {
        const entry = stats as { type: string; label?: string; bytesSent?: number };
        if (bytes >= 0 && entry.type === 'data-channel' && entry.label !== 'control') {
          bytes += entry.bytesSent ?? 0;
        }
      }
      all.push(bytes);
    }
    return all;
  });
}

/**
 * Closes a connection as a crash or a lost path would: nobody is told but the other end. Answers how
 * many bytes it had sent.
 */
export async function closeConnection(page: Page, at: number): Promise<number> {
  return await page.evaluate(async (index) => {
    const connection = (globalThis as World).connections?.[index];
    let sent = 0;
    for (const [, stats] of (await connection?.getStats()) ?? []) {
      const entry = stats as { type: string; bytesSent?: number };
      if (entry.type === 'data-channel') sent += entry.bytesSent ?? 0;
    }
    connection?.close();
    return sent;
  }, at);
}
