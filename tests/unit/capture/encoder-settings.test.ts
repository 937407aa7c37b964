import { describe, expect, it } from 'vitest';
import {
  audioSettings,
  hintTrack,
  SenderTuner,
  shareCodecs,
  videoSettings,
  withSoundSettings,
} from '../../../lib/capture/encoder-settings.ts';

/** As Chromium lists them. */
const VIDEO = [
  { mimeType: 'video/VP8', clockRate: 90_000 },
  { mimeType: 'video/rtx', clockRate: 90_000 },
  { mimeType: 'video/VP9', clockRate: 90_000, sdpFmtpLine: 'profile-id=2' },
  { mimeType: 'video/VP9', clockRate: 90_000, sdpFmtpLine: 'profile-id=0' },
  { mimeType: 'video/H264', clockRate: 90_000, sdpFmtpLine: 'packetization-mode=1' },
  { mimeType: 'video/AV1', clockRate: 90_000 },
  { mimeType: 'video/red', clockRate: 90_000 },
  { mimeType: 'video/ulpfec', clockRate: 90_000 },
];
const AUDIO = [
  { mimeType: 'audio/red', clockRate: 48_000, channels: 2 },
  { mimeType: 'audio/opus', clockRate: 48_000, channels: 2 },
  { mimeType: 'audio/G722', clockRate: 8_000 },
];

describe('[SF6] the codecs of a share', () => {
  it('VP9 of profile 0, then VP8, with retransmission and nothing that wraps frames', () => {
    const told = shareCodecs('video', VIDEO).map(({ mimeType, sdpFmtpLine = '' }) =>
      [mimeType, sdpFmtpLine].join(' ').trim(),
    );
    expect(told).toEqual(['video/VP9 profile-id=0', 'video/VP8', 'video/rtx']);
    expect(shareCodecs('video', [{ mimeType: 'video/vp9', clockRate: 90_000 }])).toHaveLength(1);
  });

  it('Opus alone: redundant blocks are no frames of it', () => {
    expect(shareCodecs('audio', AUDIO)).toEqual([AUDIO[1]]);
  });

  it('none where the browser has none of them', () => {
    expect(
      shareCodecs(
        'video',
        [VIDEO[1], VIDEO[4]].filter((codec) => codec !== undefined),
      ),
    ).toEqual([]);
    expect(shareCodecs('audio', [])).toEqual([]);
  });
});

describe('what a sender is set to', () => {
  const parameters = {
    maxBitrate: 900_000,
    maxFramerate: 15,
    scaleResolutionDownBy: 1.5,
    audioBitrate: 48_000,
  };

  it('[SH11] text keeps its size, motion its frame rate', () => {
    expect(videoSettings(parameters, 'text')).toEqual({
      maxBitrate: 900_000,
      maxFramerate: 15,
      scaleResolutionDownBy: 1.5,
      degradationPreference: 'maintain-resolution',
    });
    expect(videoSettings(parameters, 'motion').degradationPreference).toBe('maintain-framerate');
    expect(audioSettings(parameters)).toEqual({ maxBitrate: 48_000 });
  });

  it('hints: text, motion, music', () => {
    const track = (kind: string) => ({ kind, contentHint: '' }) as MediaStreamTrack;
    const [video, audio] = [track('video'), track('audio')];
    hintTrack(video, 'text');
    hintTrack(audio, 'text');
    expect([video.contentHint, audio.contentHint]).toEqual(['text', 'music']);
    hintTrack(video, 'motion');
    expect(video.contentHint).toBe('motion');
  });

  /** A sender that refuses parameters that are not the last it gave. */
  class FakeSender {
    readonly applied: RTCRtpSendParameters[] = [];
    #transaction = 0;
    finish: () => void = () => undefined;

    getParameters(): RTCRtpSendParameters {
      return {
        ...{ transactionId: String(++this.#transaction), codecs: [], headerExtensions: [] },
        ...{ rtcp: {}, encodings: [{ active: true, maxBitrate: 1 }] },
      };
    }
    async setParameters(given: RTCRtpSendParameters): Promise<void> {
      if (given.transactionId !== String(this.#transaction))
        throw new DOMException('', 'InvalidModificationError');
      await new Promise<void>((resolve) => (this.finish = resolve));
      this.applied.push(given);
    }
  }

  async function settled(): Promise<void> {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  }

  it('one call at a time, and of those that wait the last alone', async () => {
    const sender = new FakeSender();
    const tuner = new SenderTuner(sender);
    for (const maxBitrate of [100, 200, 300]) tuner.set({ maxBitrate });
    await settled();
    sender.finish();
    await settled();
    sender.finish();
    await settled();
    expect(sender.applied.map(({ encodings }) => encodings)).toEqual([
      [{ active: true, maxBitrate: 100 }],
      [{ active: true, maxBitrate: 300 }],
    ]);
  });

  it('a refusal is no end: the next settings are tried', async () => {
    const sender = new FakeSender();
    const tuner = new SenderTuner(sender);
    tuner.set({ maxBitrate: 100 });
    // Somebody else asked in between.
    sender.getParameters();
    sender.finish();
    await settled();
    tuner.set({ maxBitrate: 200, degradationPreference: 'maintain-framerate' });
    await settled();
    sender.finish();
    await settled();
    expect(sender.applied.at(-1)).toMatchObject({
      degradationPreference: 'maintain-framerate',
      encodings: [{ active: true, maxBitrate: 200 }],
    });
  });
});

describe('two channels of sound', () => {
  const SDP = [
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=rtpmap:111 opus/48000/2',
    'a=fmtp:111 minptime=10;useinbandfec=1',
    'a=fmtp:96 profile-id=0',
    '',
  ].join('\r\n');

  it('are asked for in the line of Opus, once', () => {
    const stereo = withSoundSettings(SDP);
    expect(stereo).toContain(
      'a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;usedtx=1\r\n',
    );
    expect(stereo).toContain('a=fmtp:96 profile-id=0\r\n');
    expect(withSoundSettings(stereo)).toBe(stereo);
  });

  it('get a line where there is none, and no change without Opus', () => {
    const bare = SDP.replace('a=fmtp:111 minptime=10;useinbandfec=1\r\n', '');
    expect(withSoundSettings(bare)).toContain(
      'a=rtpmap:111 opus/48000/2\r\na=fmtp:111 stereo=1;sprop-stereo=1;usedtx=1\r\n',
    );
    const video = 'm=video 9 UDP/TLS/RTP/SAVPF 98\r\na=rtpmap:98 VP9/90000\r\n';
    expect(withSoundSettings(video)).toBe(video);
  });
});
