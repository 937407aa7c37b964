import { beforeEach, describe, expect, it } from 'vitest';
import { CaptureError } from '../../../lib/capture/errors.ts';
import { CaptureSources } from '../../../entrypoints/offscreen/sources.ts';
import { ShownStreams } from '../../../entrypoints/offscreen/shown-streams.ts';
import { DEFAULT_QUALITY, type QualitySettings } from '../../../lib/share/quality.ts';
import { FakeStream, FakeTrack } from './fake-media.ts';

describe('what is captured', () => {
  let said: string[];
  let opened: string[];
  let streams: FakeStream[];
  let sources: CaptureSources;
  let settings: QualitySettings;
  /** What else happens before the browser's stream is there. */
  let meanwhile: (stream: FakeStream) => void;
  let sound: () => void;

  beforeEach(() => {
    meanwhile = sound = () => undefined;
    said = [];
    opened = [];
    streams = [];
    settings = DEFAULT_QUALITY;
    sources = new CaptureSources(
      {
        ended: (sourceId) => said.push(`ended ${sourceId}`),
        paused: (sourceId, paused) => said.push(`${paused ? 'paused' : 'goes on'} ${sourceId}`),
        settings: () => settings,
      },
      {
        async openTab(streamId, { height }) {
          opened.push(`${streamId} ${height}`);
          if (streamId === 'old') throw new CaptureError('capture-gone');
          const stream = FakeStream.of('video', 'audio');
          streams.push(stream);
          await Promise.resolve();
          meanwhile(stream);
          return stream.real;
        },
        sound: () => {
          sound();
          return { close: () => said.push('silent') };
        },
      },
    );
  });

  function only(): FakeStream {
    const [stream] = streams;
    if (stream === undefined) throw new Error('nothing was captured');
    return stream;
  }

  it('a tab is captured once, however many devices it is shared with', async () => {
    const [one, two] = await Promise.all([sources.open('tab:1', 'a'), sources.open('tab:1', 'b')]);
    expect(one).toBe(two);
    expect(await sources.open('tab:1', 'c')).toBe(one);
    expect(await sources.open('tab:1', null)).toBe(one);
    expect(opened).toEqual(['a 1080']);
    expect(only().tracks.map(({ contentHint }) => contentHint)).toEqual(['text', 'music']);
  });

  it('[SH7] let go, its tracks end and its sound is not played on; nobody is told', async () => {
    await sources.open('tab:1', 'a');
    expect(sources.busy).toBe(true);
    sources.release('tab:1');
    sources.release('tab:1');
    expect(only().tracks.every(({ readyState }) => readyState === 'ended')).toBe(true);
    expect(said).toEqual(['silent']);
    expect(sources.busy).toBe(false);
    expect(sources.get('tab:1')).toBeUndefined();
  });

  it('its end is told, and ends all of it', async () => {
    await sources.open('tab:1', 'a');
    const [video, audio] = only().tracks;
    video?.end();
    expect(said).toEqual(['silent', 'ended tab:1']);
    expect(audio?.readyState).toBe('ended');
  });

  it('another choice: hints at once, and another limit only where it is another one', async () => {
    await sources.open('tab:1', 'a');
    const page = FakeStream.of('video');
    sources.give('screen:1', page.real);
    settings = { quality: '720p', content: 'motion' };
    sources.chosen();
    const [video] = only().tracks;
    expect([video?.contentHint, page.tracks[0]?.contentHint]).toEqual(['motion', 'motion']);
    expect(video?.limits).toEqual([]);
    settings = { quality: '4k', content: 'motion' };
    sources.chosen();
    sources.chosen();
    expect(video?.limits).toMatchObject([{ width: { max: 3840 } }]);
    // The page that captured it decides.
    expect(page.tracks[0]?.limits).toEqual([]);
  });

  it('so is a pause', async () => {
    await sources.open('tab:1', 'a');
    const [video] = only().tracks;
    video?.onmute?.();
    video?.onunmute?.();
    expect(said).toEqual(['paused tab:1', 'goes on tab:1']);
  });

  it('a page’s capture is taken as it is: its own sound goes on anyway', async () => {
    const stream = FakeStream.of('video');
    sources.give('screen:1', stream.real);
    expect(await sources.open('screen:1', null)).toBe(stream.real);
    stream.tracks[0]?.end();
    expect(said).toEqual(['ended screen:1']);
  });

  it('[SH7] let go while the browser makes it, it is not captured; the next one is', async () => {
    meanwhile = () => sources.release('tab:1');
    const first = sources.open('tab:1', 'a');
    await expect(first).rejects.toMatchObject({ code: 'unknown-source' });
    expect(only().tracks.every(({ readyState }) => readyState === 'ended')).toBe(true);
    expect(sources.busy).toBe(false);
    meanwhile = () => undefined;
    const second = await sources.open('tab:1', 'b');
    expect(sources.get('tab:1')).toBe(second);
    expect(second).toBe(streams[1]);
  });

  it('what is asked for anew while one that was let go is still on its way is another one', async () => {
    const first = sources.open('tab:1', 'a');
    sources.release('tab:1');
    const second = sources.open('tab:1', 'b');
    await expect(first).rejects.toMatchObject({ code: 'unknown-source' });
    expect(await second).toBe(streams[1]);
    expect(streams.map(({ tracks }) => tracks[0]?.readyState)).toEqual(['ended', 'live']);
    expect(sources.get('tab:1')).toBe(streams[1]);
  });

  it('one that has ended before anyone could listen is none: its end would never be told', async () => {
    meanwhile = ({ tracks }) => tracks[0]?.end();
    await expect(sources.open('tab:1', 'a')).rejects.toMatchObject({ code: 'capture-gone' });
    expect(only().tracks.every(({ readyState }) => readyState === 'ended')).toBe(true);
    const page = FakeStream.of('video', 'audio');
    page.tracks[0]?.end();
    sources.give('screen:1', page.real);
    expect(page.tracks[1]?.readyState).toBe('ended');
    await expect(sources.open('screen:1', null)).rejects.toMatchObject({ code: 'unknown-source' });
    expect(sources.busy).toBe(false);
  });

  it('nothing stays captured where its sound cannot be played on', async () => {
    sound = () => {
      throw new DOMException('no more of them', 'NotSupportedError');
    };
    await expect(sources.open('tab:1', 'a')).rejects.toMatchObject({ code: 'capture-unsupported' });
    expect(only().tracks.every(({ readyState }) => readyState === 'ended')).toBe(true);
    expect(sources.busy).toBe(false);
  });

  it('what is not captured is unknown, and a refusal leaves nothing behind', async () => {
    await expect(sources.open('screen:2', null)).rejects.toMatchObject({ code: 'unknown-source' });
    await expect(sources.open('tab:2', 'old')).rejects.toMatchObject({ code: 'capture-gone' });
    expect(sources.busy).toBe(false);
    await sources.open('tab:2', 'new');
    expect(opened).toEqual(['old 1080', 'new 1080']);
  });
});

describe('what is watched', () => {
  it('is one stream for the life of a share; a new connection’s tracks take the old ones’ place', () => {
    const shown = new ShownStreams(() => new FakeStream([]).real);
    expect(shown.stream('a')).toBeNull();
    const [old, fresh] = [new FakeTrack('video'), new FakeTrack('video')];
    shown.show('a', [old.real]);
    const stream = shown.stream('a');
    expect(stream?.getTracks()).toEqual([old]);
    shown.show('a', [fresh.real]);
    expect(shown.stream('a')).toBe(stream);
    expect(stream?.getTracks()).toEqual([fresh]);
    shown.drop('a');
    shown.drop('a');
    expect(shown.stream('a')).toBeNull();
    expect(fresh.readyState).toBe('ended');
  });
});
