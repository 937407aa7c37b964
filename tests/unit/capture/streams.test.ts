import { describe, expect, it, vi } from 'vitest';
import { CaptureError } from '../../../lib/capture/errors.ts';
import { LocalSound } from '../../../lib/capture/local-sound.ts';
import { openScreenStream } from '../../../lib/capture/screen-stream.ts';
import { captureLimit, limitTrack, openTabStream } from '../../../lib/capture/tab-stream.ts';

const STREAM = {} as MediaStream;

describe('a tab’s stream', () => {
  it('picture and sound by the id that the browser gave, no larger than can be sent', async () => {
    const getUserMedia = vi.fn(async () => STREAM);
    expect(await openTabStream('an-id', captureLimit('auto'), { getUserMedia })).toBe(STREAM);
    const tab = { chromeMediaSource: 'tab', chromeMediaSourceId: 'an-id' };
    expect(getUserMedia).toHaveBeenCalledWith({
      audio: { mandatory: tab },
      video: {
        mandatory: {
          ...tab,
          ...{ minWidth: 16, minHeight: 16, maxWidth: 1920, maxHeight: 1080 },
          ...{ minFrameRate: 8, maxFrameRate: 30 },
        },
      },
    });
  });

  it('4K is captured where a person chose it; a limit that a browser refuses changes nothing', async () => {
    expect(captureLimit('4k')).toEqual({ width: 3840, height: 2160 });
    expect(captureLimit('720p')).toEqual({ width: 1920, height: 1080 });
    const applyConstraints = vi.fn(() =>
      Promise.reject(new DOMException('', 'OverconstrainedError')),
    );
    await limitTrack({ applyConstraints } as Partial<MediaStreamTrack> as MediaStreamTrack, {
      ...{ width: 3840, height: 2160 },
    });
    expect(applyConstraints).toHaveBeenCalledWith({
      ...{ width: { max: 3840 }, height: { max: 2160 }, frameRate: { min: 8, max: 30 } },
    });
  });

  it.each([
    ['NotAllowedError', 'capture-refused'],
    ['AbortError', 'capture-gone'],
    ['NotFoundError', 'capture-gone'],
    ['NotSupportedError', 'capture-unsupported'],
    ['NotReadableError', 'capture-failed'],
  ])('%s is %s', async (name, code) => {
    const getUserMedia = () => Promise.reject(new DOMException('', name));
    const refused = openTabStream('an-id', captureLimit('auto'), { getUserMedia });
    await expect(refused).rejects.toBeInstanceOf(CaptureError);
    await expect(refused).rejects.toMatchObject({ code });
  });
});

describe('a window or the screen', () => {
  it('is asked for with its sound, as it is', async () => {
    const applyConstraints = vi.fn(async () => undefined);
    const track = { applyConstraints } as Partial<MediaStreamTrack> as MediaStreamTrack;
    const stream = { getVideoTracks: () => [track] } as Partial<MediaStream> as MediaStream;
    const getDisplayMedia = vi.fn(async (_options?: DisplayMediaStreamOptions) => stream);
    expect(await openScreenStream({ getDisplayMedia })).toBe(stream);
    expect(applyConstraints).toHaveBeenCalledWith(
      expect.objectContaining({ frameRate: { min: 8, max: 30 } }),
    );
    expect(getDisplayMedia.mock.calls[0]?.[0]).toMatchObject({
      video: { width: { max: 3840 }, height: { max: 2160 }, frameRate: { max: 30 } },
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
  });

  it('a closed picker is a refusal; a browser without one cannot', async () => {
    const getDisplayMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));
    await expect(openScreenStream({ getDisplayMedia })).rejects.toMatchObject({
      code: 'capture-refused',
    });
    await expect(openScreenStream({} as MediaDevices)).rejects.toMatchObject({
      code: 'capture-unsupported',
    });
  });
});

describe('the sound of a captured tab', () => {
  class FakeContext {
    state: AudioContextState = 'suspended';
    readonly destination = {};
    readonly connected: unknown[] = [];
    createMediaStreamSource(stream: { tracks: unknown[] }) {
      return { connect: (to: unknown) => this.connected.push([stream.tracks, to]) };
    }
    resume = async () => {
      this.state = 'running';
    };
    close = async () => {
      this.state = 'closed';
    };
  }
  class FakeStream {
    readonly tracks: unknown[];
    constructor(tracks: unknown[]) {
      this.tracks = tracks;
    }
    getAudioTracks() {
      return this.tracks;
    }
  }

  it('goes on here, until the capture ends', () => {
    vi.stubGlobal('MediaStream', FakeStream);
    const context = new FakeContext();
    const stream = new FakeStream(['a tone']) as unknown as MediaStream;
    const sound = new LocalSound(stream, () => context as unknown as AudioContext);
    expect(context.connected).toEqual([[['a tone'], context.destination]]);
    expect(sound.state).toBe('running');
    sound.close();
    sound.close();
    expect(sound.state).toBe('closed');
    vi.unstubAllGlobals();
  });

  it('a tab without sound needs no output', () => {
    const make = vi.fn();
    const sound = new LocalSound(new FakeStream([]) as unknown as MediaStream, make);
    sound.close();
    expect(sound.state).toBe('none');
    expect(make).not.toHaveBeenCalled();
  });
});
