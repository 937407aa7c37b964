import { MAX_FPS, PRESETS, type Quality, type Size } from '../share/quality.ts';
import { CaptureError, captureError } from './errors.ts';

/**
 * Chromium's own constraints for what `tabCapture.getMediaStreamId` gave leave for; they are in no
 * standard and in no types.
 */
interface TabConstraints {
  readonly mandatory: {
    readonly chromeMediaSource: 'tab';
    readonly chromeMediaSourceId: string;
    readonly minWidth?: number;
    readonly minHeight?: number;
    readonly maxWidth?: number;
    readonly maxHeight?: number;
    readonly maxFrameRate?: number;
    readonly minFrameRate?: number;
  };
}

/**
 * What is captured at most: more than is sent would be drawn, copied and thrown away each time. Not
 * less than 1080p, so that a smaller choice can be taken back.
 */
export function captureLimit(quality: Quality): Size {
  const { width, height } = PRESETS[quality === '4k' ? '4k' : '1080p'];
  return { width, height };
}

/**
 * How often a picture that stands still is captured again. Chromium does so once a second by itself,
 * and its VP9 encoder leaves out the frame in which a still picture changes: the next one brings it.
 */
const STILL_FPS = 8;

/**
 * With a least size beside the largest the picture has the tab's own, and follows it; with the
 * largest alone Chromium makes it that large, with black beside the page.
 */
const LEAST_SIDE = 16;

/** @param limit the picture keeps the tab's own size within these */
export function tabConstraints(streamId: string, limit: Size): MediaStreamConstraints {
  const { width: maxWidth, height: maxHeight } = limit;
  const tab = { chromeMediaSource: 'tab', chromeMediaSourceId: streamId } as const;
  const audio: TabConstraints = { mandatory: tab };
  const video: TabConstraints = {
    mandatory: {
      ...tab,
      ...{ minWidth: LEAST_SIDE, minHeight: LEAST_SIDE, maxWidth, maxHeight },
      ...{ minFrameRate: STILL_FPS, maxFrameRate: MAX_FPS },
    },
  };
  return { audio, video } as MediaStreamConstraints;
}

/**
 * Picture and sound of a tab. From now on the browser plays its sound no more: `LocalSound` does.
 *
 * @param streamId good once, for some seconds
 * @param limit the picture keeps the tab's own size within these
 * @throws CaptureError
 */
export async function openTabStream(
  streamId: string,
  limit: Size,
  devices: Pick<MediaDevices, 'getUserMedia'> | undefined = navigator.mediaDevices,
): Promise<MediaStream> {
  if (devices === undefined) throw new CaptureError('capture-unsupported');
  try {
    return await devices.getUserMedia(tabConstraints(streamId, limit));
  } catch (error) {
    throw captureError(error);
  }
}

/** Another limit for what is captured already; a browser that cannot goes on with the one before. */
export async function limitTrack(track: MediaStreamTrack, { width, height }: Size): Promise<void> {
  const limits = {
    width: { max: width },
    height: { max: height },
    frameRate: { min: STILL_FPS, max: MAX_FPS },
  };
  await track.applyConstraints(limits).catch(() => undefined);
}
