import type { EncoderParameters } from '../share/quality-controller.ts';
import { hintsOf, type Content } from '../share/quality.ts';

/** How what is captured is encoded: codecs, hints and parameters of senders. */

/**
 * Bits a second that are asked for before the line was looked at: enough for a first picture that
 * can be read, and a fifth of what a slow line carries.
 */
export const FIRST_VIDEO_BITRATE = 1_500_000;
export const FIRST_AUDIO_BITRATE = 96_000;

/** Retransmission is no codec of its own: without it every lost packet costs a key frame. */
const RETRANSMISSION = 'video/rtx';

/**
 * The codecs of a share's section, best first: VP9 (profile 0), then VP8; Opus. Only these survive
 * frame encryption as measured ([SF6]), and no redundancy format may wrap them: its blocks are no
 * frames of the codec.
 *
 * @param known of `RTCRtpReceiver.getCapabilities` or the sender's
 * @returns empty where the browser has none of them
 */
export function shareCodecs<C extends RTCRtpCodec>(
  kind: 'video' | 'audio',
  known: readonly C[],
): C[] {
  const of = (mimeType: string) =>
    known.filter((codec) => codec.mimeType.toLowerCase() === mimeType);
  if (kind === 'audio') return of('audio/opus');
  const vp9 = of('video/vp9').filter(({ sdpFmtpLine = '' }) => profileOf(sdpFmtpLine) === '0');
  const codecs = [...vp9, ...of('video/vp8')];
  return codecs.length === 0 ? [] : [...codecs, ...of(RETRANSMISSION)];
}

/** draft-ietf-payload-vp9: absent is 0. */
function profileOf(sdpFmtpLine: string): string {
  return /(?:^|;)\s*profile-id=(\d+)/.exec(sdpFmtpLine)?.[1] ?? '0';
}

/** `contentHint` of a captured track: "Sharp text" or "Smooth motion". Sound is music to an encoder. */
export function hintTrack(track: MediaStreamTrack, content: Content): void {
  track.contentHint = track.kind === 'video' ? hintsOf(content).contentHint : 'music';
}

/** What a sender is to be set to; video and audio have their own. */
export interface SenderSettings {
  readonly maxBitrate: number;
  readonly maxFramerate?: number;
  readonly scaleResolutionDownBy?: number;
  readonly degradationPreference?: RTCDegradationPreference;
}

export function videoSettings(
  { maxBitrate, maxFramerate, scaleResolutionDownBy }: EncoderParameters,
  content: Content,
): SenderSettings {
  const { degradationPreference } = hintsOf(content);
  return { maxBitrate, maxFramerate, scaleResolutionDownBy, degradationPreference };
}

export function audioSettings({ audioBitrate }: EncoderParameters): SenderSettings {
  return { maxBitrate: audioBitrate };
}

/**
 * Sets one sender, one call at a time (W3C webrtc: `setParameters` takes only what the last
 * `getParameters` gave); of several that wait only the last is carried out.
 */
export class SenderTuner {
  readonly #sender: Pick<RTCRtpSender, 'getParameters' | 'setParameters'>;
  #wanted: SenderSettings | null = null;
  #running = false;

  constructor(sender: Pick<RTCRtpSender, 'getParameters' | 'setParameters'>) {
    this.#sender = sender;
  }

  set(settings: SenderSettings): void {
    this.#wanted = settings;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let next = this.#wanted; next !== null; next = this.#wanted) {
      this.#wanted = null;
      // Closed meanwhile, or not negotiated yet: the next second brings other settings.
      await this.#apply(next).catch(() => undefined);
    }
    this.#running = false;
  }

  async #apply(settings: SenderSettings): Promise<void> {
    const { degradationPreference, ...encoding } = settings;
    const parameters = this.#sender.getParameters();
    for (const each of parameters.encodings) Object.assign(each, encoding);
    if (degradationPreference !== undefined) {
      parameters.degradationPreference = degradationPreference;
    }
    await this.#sender.setParameters(parameters);
  }
}

/**
 * RFC 7587 §7: without `stereo` a sender makes one channel of a tab's two, and without `usedtx` it
 * sends fifty packets a second of silence, which on a slow line is more than the picture has. Said in
 * the viewer's own answer, which its decoder goes by as well.
 */
const SOUND = ['stereo=1', 'sprop-stereo=1', 'usedtx=1'] as const;

export function withSoundSettings(sdp: string): string {
  const [, payload] = /^a=rtpmap:(\d+) opus\/48000\/2\r?$/im.exec(sdp) ?? [];
  if (payload === undefined) return sdp;
  const line = new RegExp(`^(a=fmtp:${payload} )([^\\r\\n]*)`, 'm');
  if (!line.test(sdp)) {
    return sdp.replace(
      new RegExp(`^a=rtpmap:${payload} [^\\r\\n]*`, 'm'),
      (rtpmap) => `${rtpmap}\r\na=fmtp:${payload} ${SOUND.join(';')}`,
    );
  }
  return sdp.replace(line, (_, start: string, parameters: string) => {
    const named = new Set(parameters.split(';').map((each) => each.split('=')[0]));
    const missing = SOUND.filter((each) => !named.has(each.split('=')[0]));
    return start + [parameters, ...missing].join(';');
  });
}
