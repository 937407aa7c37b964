import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectCalm, type PairedDuo } from '../support/duo.ts';
import {
  readTrailer,
  TappedDocument,
  type FrameTap,
  type TappedFrame,
  type Trailer,
} from '../support/frame-tap.ts';
import {
  CHANGING,
  OTHER,
  playTone,
  servePages,
  STEADY,
  stopTone,
  type SharedPages,
} from '../support/shared-page.ts';
import {
  acceptShare,
  closePopup,
  isColour,
  onlyCodec,
  restartIce,
  shareTab,
  startShareDuo,
  untilColour,
  untilSharing,
  untilWatching,
} from '../support/shares.ts';
import { startSites, type Sites } from '../support/sites.ts';
import { intend } from '../support/snapshot.ts';
import { until } from '../support/wait.ts';

/** Encoded frames between the two browsers' transforms: what whoever breaks SRTP would hold. */

const VP9 = 'vp09.00.10.08';
/** [SF1] Tag and trailer. */
const OVERHEAD = 33;
/** Enough of both tracks to say something about all of them. */
const ENOUGH = 20;

let duo: PairedDuo;
let sites: Sites;
let pages: SharedPages;
let documents: { laptop: TappedDocument; desktop: TappedDocument };
/** Of workers that are gone as well. */
const sealedSoFar: TappedFrame[] = [];

beforeAll(async () => {
  [duo, sites] = await Promise.all([startShareDuo(), startSites()]);
  pages = servePages(sites.page);
  for (const { browser } of [duo.laptop, duo.desktop]) {
    await intend(browser, { type: 'offscreen/ensure' });
  }
  const [laptop, desktop] = await Promise.all([
    TappedDocument.of(duo.laptop.browser),
    TappedDocument.of(duo.desktop.browser),
  ]);
  documents = { laptop, desktop };
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), sites.close()]);
});

interface Shared {
  readonly shareId: string;
  readonly viewer: Page;
}

async function share(page: Page): Promise<Shared> {
  const { popup } = await shareTab(duo.laptop, page, 'Desktop');
  const { viewer, share: watched } = await acceptShare(duo.desktop);
  await untilSharing(duo.laptop, ['live']);
  await closePopup(popup);
  return { shareId: watched.shareId, viewer };
}

/** A share that is the first one under way: both documents make a worker for it. */
async function shareTapped(
  page: Page,
): Promise<Shared & { readonly sender: FrameTap; readonly receiver: FrameTap }> {
  const [shared, sender, receiver] = await Promise.all([
    share(page),
    documents.laptop.tap(),
    documents.desktop.tap(),
  ]);
  return { ...shared, sender, receiver };
}

/** A corner that never stands still, so that a picture comes as often as one can. */
async function busy(page: Page): Promise<void> {
  await page.evaluate(() => {
    const corner = document.createElement('div');
    corner.style.cssText = 'position: fixed; left: 0; bottom: 0; width: 20px; height: 20px';
    document.body.append(corner);
    let at = 0;
    setInterval(() => (corner.style.background = at++ % 2 === 0 ? 'black' : 'white'), 40);
  });
}

async function stop({ shareId }: Shared): Promise<void> {
  await intend(duo.laptop.browser, { type: 'share/stop', shareId });
  for (const { view } of [duo.laptop, duo.desktop]) {
    await view.until('its end', ({ shares }) =>
      shares.some((one) => one.shareId === shareId && one.state.type === 'ended'),
    );
  }
}

/** What came out of a side's transforms of this share, once there is enough of it. */
async function untilFrames(
  tap: FrameTap,
  shareId: string,
  enough: (frames: readonly TappedFrame[]) => boolean,
): Promise<TappedFrame[]> {
  let last: TappedFrame[] = [];
  return await until(
    'frames',
    async () => {
      last = (await tap.frames()).filter((frame) => frame.shareId === shareId);
      return enough(last) && last;
    },
    { describe: () => last.slice(-5) },
  );
}

const passed = (frames: readonly TappedFrame[], track: 'video' | 'audio') =>
  frames.filter((frame) => frame.track === track && frame.outLength !== null);
const bothTracks = (frames: readonly TappedFrame[]) =>
  passed(frames, 'video').length >= ENOUGH && passed(frames, 'audio').length >= ENOUGH;

function trailerOf(frame: TappedFrame): Trailer {
  return readTrailer(frame.trailer) ?? expect.fail(`no trailer: ${JSON.stringify(frame)}`);
}

/**
 * How many came once more: a browser that probes the line for more room fills its probes with
 * packets that it has sent, and a frame of one packet is a whole frame again.
 */
function again(frames: readonly TappedFrame[], shareId?: string): number {
  const all = frames.filter((frame) => shareId === undefined || frame.shareId === shareId);
  return all.length - new Set(all.map(({ trailer }) => trailer)).size;
}

/** What went out sealed; an empty frame carries nothing and goes as it is ([SF7]). */
async function sealedBy(tap: FrameTap): Promise<TappedFrame[]> {
  return (await tap.frames()).filter(({ outLength }) => outLength !== null && outLength > 0);
}

describe('frames of a share in VP9', () => {
  let page: Page;
  let shared: Awaited<ReturnType<typeof shareTapped>>;

  beforeAll(async () => {
    page = await duo.laptop.browser.openUrl(pages.first);
    await Promise.all([playTone(page), busy(page)]);
    shared = await shareTapped(page);
  });

  it('[SF1][SF9] all of picture and sound go sealed, under a kid that was announced', async () => {
    const { receiver, shareId } = shared;
    const frames = await untilFrames(receiver, shareId, bothTracks);
    const announced = new Map((await documents.desktop.announced()).map((one) => [one.kid, one]));
    for (const frame of frames) {
      const { clearLength, kid, epoch } = trailerOf(frame);
      expect(announced.get(kid)).toMatchObject({ shareId, track: frame.track, encoding: 0 });
      expect([clearLength, epoch]).toEqual([0, 0]);
      if (frame.outLength === null) continue;
      expect(frame.inLength - frame.outLength).toBe(OVERHEAD);
      // By chance one byte in 256 is what it was.
      if (frame.outLength > 200) expect(frame.inClear).toBeLessThan(0.1);
    }
    // What is still in the transform has not come out; of the rest only what came before stays in it.
    const kept = frames.filter(({ outLength }) => outLength === null);
    expect(kept.length - again(frames)).toBeLessThan(ENOUGH / 2);
  });

  it('a middle box that holds the keys of SRTP decodes none of them; the other end does all', async () => {
    const { receiver, shareId } = shared;
    const sealed = await receiver.decode({ shareId, end: 'in', codec: VP9, how: 'alone' });
    expect(sealed.fed).toBeGreaterThanOrEqual(ENOUGH);
    expect(sealed.shown).toBe(0);
    const opened = await receiver.decode({ shareId, end: 'out', codec: VP9, how: 'sequence' });
    expect(opened.shown).toBe(opened.fed);
    expect(isColour(opened.colour, STEADY), String(opened.colour)).toBe(true);
  });

  it('[SF8] a frame with a flipped bit is dropped and counted, and the picture goes on', async () => {
    const { receiver, shareId, viewer } = shared;
    await receiver.flip(shareId);
    const frames = await untilFrames(receiver, shareId, (all) => {
      const at = all.findIndex(({ flipped }) => flipped);
      // The next one that can be shown builds on nothing that is missing.
      return at >= 0 && passed(all.slice(at + 1), 'video').some(({ kind }) => kind === 'key');
    });
    const at = frames.findIndex(({ flipped }) => flipped);
    expect(frames[at]?.outLength).toBeNull();
    const counts = await until('counts', () => receiver.counts(shareId));
    expect(counts).toMatchObject({ unauthentic: 1, malformed: 0 });
    expect(counts.replayed).toBeLessThanOrEqual(again(await receiver.frames(), shareId));
    for (const colour of CHANGING.slice(0, 2)) await untilColour(viewer, [0.25, 0.5], colour);
  });

  it('[SF3][SH5] an ICE restart keeps kid and counters, and asks nobody', async () => {
    const { sender, shareId, viewer } = shared;
    const kids = (frames: readonly TappedFrame[]) =>
      new Set(frames.map((one) => trailerOf(one).kid));
    const before = (await sealedBy(sender)).filter((frame) => frame.shareId === shareId);
    await restartIce(documents.laptop.page);
    const after = await untilFrames(sender, shareId, (all) => {
      return passed(all, 'video').length >= passed(before, 'video').length + ENOUGH;
    });
    expect(kids(after.filter(({ outLength }) => outLength))).toEqual(kids(before));
    for (const track of ['video', 'audio'] as const) {
      const counters = passed(after, track).map((frame) => trailerOf(frame).ctr);
      expect(counters).toEqual(counters.map((_, at) => at));
    }
    const { state } = await untilWatching(duo.desktop, ['watching', 'asked']);
    expect(state.type).toBe('watching');
    await untilColour(viewer, [0.75, 0.5], STEADY);
  });

  it('[SF3] no key and nonce come twice: two shares, a worker made anew, sound and picture', async () => {
    const second = await duo.laptop.browser.openUrl(pages.second);
    const other = await share(second);
    await untilColour(other.viewer, [0.5, 0.5], OTHER);
    await untilFrames(shared.sender, other.shareId, (all) => passed(all, 'video').length > 0);
    sealedSoFar.push(...(await sealedBy(shared.sender)));
    await stop(other);
    await stop(shared);
    // With the last share their workers have ended: the next one has a worker of its own.
    shared = await shareTapped(page);
    await untilFrames(shared.sender, shared.shareId, bothTracks);
    sealedSoFar.push(...(await sealedBy(shared.sender)));
    await stop(shared);
    await stopTone(page);
    await Promise.all([page.close(), second.close()]);

    expect(new Set(sealedSoFar.map(({ sessionId }) => sessionId)).size, 'sessions').toBe(1);
    expect(new Set(sealedSoFar.map(({ shareId }) => shareId)).size, 'shares').toBe(3);
    const nonces = sealedSoFar.map((frame) => {
      const { kid, epoch, ctr } = trailerOf(frame);
      return `${kid}/${epoch}/${ctr}`;
    });
    expect(new Set(nonces).size).toBe(nonces.length);
    // A kid names one start: its key is no other kid's.
    const starts = await documents.desktop.announced();
    expect(new Set(starts.map(({ kid }) => kid)).size).toBe(starts.length);
    const insts = starts.map(({ inst }) => Object.values(inst).join(' '));
    expect(new Set(insts).size).toBe(starts.length);
    // Three shares with picture and sound each.
    expect(starts).toHaveLength(6);
  });
});

describe('frames of a share in VP8', () => {
  it('[SF6] a key frame’s first 10 bytes and 3 of others go in clear, and the picture comes through', async () => {
    for (const { page } of Object.values(documents)) await onlyCodec(page, 'video/VP8');
    const page = await duo.laptop.browser.openUrl(pages.first);
    await busy(page);
    const { receiver, shareId, viewer } = await shareTapped(page);
    await untilColour(viewer, [0.75, 0.5], STEADY);
    const codec = await duo.desktop.view.until(
      'a codec',
      ({ shares }) => shares.find((one) => one.shareId === shareId)?.line?.codec,
    );
    expect(codec).toBe('video/VP8');
    const frames = await untilFrames(
      receiver,
      shareId,
      (all) => passed(all, 'video').length >= ENOUGH,
    );
    for (const frame of passed(frames, 'video')) {
      expect(trailerOf(frame).clearLength).toBe(frame.kind === 'key' ? 10 : 3);
      if (frame.inLength > 400) expect(frame.inClear).toBeLessThan(0.1);
    }
    const opened = await receiver.decode({ shareId, end: 'out', codec: 'vp8', how: 'sequence' });
    expect(opened.shown).toBe(opened.fed);
    expect(isColour(opened.colour, STEADY), String(opened.colour)).toBe(true);
    // Any bytes are a picture to this decoder: noise, and nothing of what was sealed.
    const sealed = await receiver.decode({ shareId, end: 'in', codec: 'vp8', how: 'sequence' });
    expect(isColour(sealed.colour, STEADY), String(sealed.colour)).toBe(false);
  });
});
