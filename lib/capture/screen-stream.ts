import { MAX_FPS, PRESETS } from '../share/quality.ts';
import { CaptureError, captureError } from './errors.ts';
import { limitTrack } from './tab-stream.ts';

/**
 * What a person picks in the browser's own picker: a window, a screen, or (Firefox, in place of a
 * tab's capture) anything it offers. For a visible page, in the click's own task; the capture lives
 * no longer than that page.
 *
 * @throws CaptureError `capture-refused` where the picker was closed
 */
export async function openScreenStream(
  devices: Pick<MediaDevices, 'getDisplayMedia'> | undefined = navigator.mediaDevices,
): Promise<MediaStream> {
  if (devices === undefined || !('getDisplayMedia' in devices)) {
    throw new CaptureError('capture-unsupported');
  }
  const { width, height } = PRESETS['4k'];
  try {
    const stream = await devices.getDisplayMedia({
      video: {
        width: { max: width },
        height: { max: height },
        frameRate: { ideal: MAX_FPS, max: MAX_FPS },
      },
      // Where the picker offers it; what was picked still sounds here.
      audio: {
        echoCancellation: false,
        noiseSuppression: false,
        autoGainControl: false,
      },
    });
    // A least frame rate may not be said before a person has picked (W3C screen-capture §5.2).
    for (const track of stream.getVideoTracks()) await limitTrack(track, { width, height });
    return stream;
  } catch (error) {
    throw captureError(error);
  }
}
