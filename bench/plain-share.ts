/**
 * The yardstick of a share: the same tab over a bare peer connection between extension pages of the
 * same two browsers. Codecs, hints, bit and frame rates are those that a share has; no frame is
 * encrypted above SRTP, nobody looks at statistics, nothing adapts.
 */
import type { Page } from 'puppeteer';
import {
  audioSettings,
  FIRST_AUDIO_BITRATE,
  shareCodecs,
  videoSettings,
  withSoundSettings,
  type SenderSettings,
} from '../lib/capture/encoder-settings.ts';
import { captureLimit, tabConstraints } from '../lib/capture/tab-stream.ts';
import { ceilingOf, DEFAULT_QUALITY, hintsOf, MAX_FPS, type Size } from '../lib/share/quality.ts';
import type { ExtensionBrowser } from '../tests/support/browser.ts';
import { until, within } from '../tests/support/wait.ts';

const TIMEOUT_MS = 20_000;

/** Where the picture is on the page that shows it. */
export interface Place {
  readonly window: Size;
  readonly picture: { readonly left: number; readonly top: number } & Size;
}

/** A tab, and the size that a share of it has on the line. */
export interface SharedTab {
  readonly tabId: number;
  readonly size: Size;
}

interface World {
  plain?: { connection: RTCPeerConnection; stream?: MediaStream; sound?: AudioContext };
}

/** As statistics have it. */
export interface ShownLine {
  readonly codec: string;
  readonly size: Size;
}

export class PlainShare {
  readonly page: Page;
  readonly #from: Page;

  private constructor(from: Page, page: Page) {
    this.#from = from;
    this.page = page;
  }

  /** @param page of `openPlainPage` */
  static async start(
    sender: ExtensionBrowser,
    page: Page,
    { tabId, size }: SharedTab,
  ): Promise<PlainShare> {
    const from = await sender.driver();
    const streamId = await from.evaluate(
      (targetTabId) => chrome.tabCapture.getMediaStreamId({ targetTabId }),
      tabId,
    );
    const { quality, content } = DEFAULT_QUALITY;
    await from.evaluate(
      captureTab,
      tabConstraints(streamId, captureLimit(quality)),
      hintsOf(content).contentHint,
    );
    const offer = await from.evaluate(offerTracks, {
      video: { codecs: await codecsOf(from, 'video'), settings: videoSender(size) },
      audio: { codecs: await codecsOf(from, 'audio'), settings: audioSender() },
    });
    const codecs = { video: await codecsOf(page, 'video'), audio: await codecsOf(page, 'audio') };
    const answer = withSoundSettings(await page.evaluate(takeOffer, offer, codecs));
    const described = await page.evaluate(describeAnswer, answer);
    await within('a bare connection', TIMEOUT_MS, from.evaluate(takeAnswer, described));
    return new PlainShare(from, page);
  }

  async line(): Promise<ShownLine> {
    return await this.#from.evaluate(readLine);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#from, this.page].map((page) => page.evaluate(hangUp)));
  }
}

/** A window with nothing but a picture, where and as large as the product shows it. */
export async function openPlainPage(
  viewer: ExtensionBrowser,
  { window, picture }: Place,
): Promise<Page> {
  const driver = await viewer.driver();
  const before = new Set(viewer.browser.targets());
  await driver.evaluate(
    async (size) =>
      void (await chrome.windows.create({
        ...{ url: chrome.runtime.getURL('manifest.json'), type: 'popup' },
        ...size,
      })),
    window,
  );
  const target = await viewer.browser.waitForTarget(
    (candidate) => !before.has(candidate) && candidate.url() === viewer.url('manifest.json'),
  );
  const page = await target.asPage();
  await until('the page to be loaded', () =>
    page.evaluate(() => document.readyState === 'complete'),
  );
  await page.evaluate(({ left, top, width, height }) => {
    const video = document.createElement('video');
    Object.assign(video.style, {
      ...{ position: 'fixed', left: `${left}px`, top: `${top}px`, objectFit: 'contain' },
      ...{ width: `${width}px`, height: `${height}px` },
    });
    document.body.replaceChildren(video);
  }, picture);
  return page;
}

/** What a share of the best quality is set to, and stays at while nothing is in its way. */
function videoSender(size: Size): SenderSettings {
  const { bitrate } = ceilingOf(DEFAULT_QUALITY.quality, size);
  const encoder = {
    ...{ maxBitrate: bitrate, maxFramerate: MAX_FPS, scaleResolutionDownBy: 1 },
    audioBitrate: FIRST_AUDIO_BITRATE,
  };
  return videoSettings(encoder, DEFAULT_QUALITY.content);
}

function audioSender(): SenderSettings {
  return audioSettings({
    ...{ audioBitrate: FIRST_AUDIO_BITRATE, maxBitrate: 0 },
    ...{ maxFramerate: MAX_FPS, scaleResolutionDownBy: 1 },
  });
}

async function codecsOf(page: Page, kind: 'video' | 'audio'): Promise<RTCRtpCodec[]> {
  const known = await page.evaluate((of) => RTCRtpReceiver.getCapabilities(of)?.codecs ?? [], kind);
  return shareCodecs(kind, known);
}

/* What follows runs in the pages. */

/** As the product does it, sound that goes on here included. */
async function captureTab(constraints: MediaStreamConstraints, hint: string): Promise<void> {
  const stream = await navigator.mediaDevices.getUserMedia(constraints);
  for (const track of stream.getTracks())
    track.contentHint = track.kind === 'video' ? hint : 'music';
  const sound = new AudioContext();
  sound
    .createMediaStreamSource(new MediaStream(stream.getAudioTracks()))
    .connect(sound.destination);
  const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  (globalThis as World).plain = { connection, stream, sound };
}

type Sending = Record<'video' | 'audio', { codecs: RTCRtpCodec[]; settings: SenderSettings }>;

async function offerTracks(sending: Sending): Promise<string> {
  const { plain } = globalThis as World;
  if (plain?.stream === undefined) throw new Error('nothing is captured');
  const { connection, stream } = plain;
  // The product's connection has one for its proofs.
  connection.createDataChannel('bind', { negotiated: true, id: 0 });
  for (const track of stream.getTracks()) {
    const { codecs, settings } = sending[track.kind === 'video' ? 'video' : 'audio'];
    const { degradationPreference, ...encoding } = settings;
    const transceiver = connection.addTransceiver(track, {
      direction: 'sendonly',
      streams: [stream],
      sendEncodings: [encoding],
    });
    transceiver.setCodecPreferences(codecs);
    if (degradationPreference === undefined) continue;
    const parameters = transceiver.sender.getParameters();
    parameters.degradationPreference = degradationPreference;
    await transceiver.sender.setParameters(parameters);
  }
  await connection.setLocalDescription();
  await new Promise<void>((resolve) => {
    const look = () => {
      if (connection.iceGatheringState === 'complete') resolve();
    };
    connection.addEventListener('icegatheringstatechange', look);
    look();
  });
  return connection.localDescription?.sdp ?? '';
}

/** Answers what the browser would say. */
async function takeOffer(
  sdp: string,
  codecs: Record<'video' | 'audio', RTCRtpCodec[]>,
): Promise<string> {
  const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  (globalThis as World).plain = { connection };
  connection.createDataChannel('bind', { negotiated: true, id: 0 });
  await connection.setRemoteDescription({ type: 'offer', sdp });
  const transceivers = connection.getTransceivers();
  for (const transceiver of transceivers) {
    const { kind } = transceiver.receiver.track;
    transceiver.setCodecPreferences(codecs[kind === 'video' ? 'video' : 'audio']);
  }
  const video = document.querySelector('video');
  if (video === null) throw new Error('no video');
  video.srcObject = new MediaStream(transceivers.map(({ receiver }) => receiver.track));
  return (await connection.createAnswer()).sdp ?? '';
}

async function describeAnswer(sdp: string): Promise<string> {
  const { plain } = globalThis as World;
  if (plain === undefined) throw new Error('no connection');
  const { connection } = plain;
  await connection.setLocalDescription({ type: 'answer', sdp });
  await new Promise<void>((resolve) => {
    const look = () => {
      if (connection.iceGatheringState === 'complete') resolve();
    };
    connection.addEventListener('icegatheringstatechange', look);
    look();
  });
  void document.querySelector('video')?.play();
  return connection.localDescription?.sdp ?? '';
}

async function takeAnswer(sdp: string): Promise<void> {
  const { plain } = globalThis as World;
  if (plain === undefined) throw new Error('no connection');
  const { connection } = plain;
  await connection.setRemoteDescription({ type: 'answer', sdp });
  await new Promise<void>((resolve) => {
    const look = () => {
      if (connection.connectionState === 'connected') resolve();
    };
    connection.addEventListener('connectionstatechange', look);
    look();
  });
}

async function readLine(): Promise<ShownLine> {
  const stats = [...((await (globalThis as World).plain?.connection.getStats()) ?? [])].map(
    ([, entry]) => entry as Record<string, unknown>,
  );
  const video = stats.find(({ type, kind }) => type === 'outbound-rtp' && kind === 'video');
  const codec = stats.find(({ id }) => id === video?.['codecId']);
  return {
    codec: String(codec?.['mimeType']),
    size: { width: Number(video?.['frameWidth']), height: Number(video?.['frameHeight']) },
  };
}

async function hangUp(): Promise<void> {
  const world = globalThis as World;
  const { connection, stream, sound } = world.plain ?? {};
  delete world.plain;
  connection?.close();
  for (const track of stream?.getTracks() ?? []) track.stop();
  await sound?.close();
  const video = document.querySelector('video');
  if (video !== null) video.srcObject = null;
}
