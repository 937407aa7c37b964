import {
  audioSettings,
  FIRST_AUDIO_BITRATE,
  FIRST_VIDEO_BITRATE,
  SenderTuner,
  shareCodecs,
  videoSettings,
} from '../../lib/capture/encoder-settings.ts';
import type { MediaLink } from '../../lib/rtc/media-link.ts';
import {
  QualityController,
  type EncoderParameters,
  type QualitySample,
} from '../../lib/share/quality-controller.ts';
import { MAX_FPS, type QualitySettings } from '../../lib/share/quality.ts';
import { readSending, type StreamReading } from '../../lib/share/stats.ts';
import type { FrameTransform } from './frames-client.ts';
import {
  makeLink,
  MediaError,
  Transforms,
  type MediaDeps,
  type MediaEnd,
  type MediaPlace,
} from './media-end.ts';
import { Pulse } from './pulse.ts';

/** How often the line and the encoder are looked at ([SH11]). */
const SAMPLE_MS = 1_000;

interface Sending {
  readonly sender: RTCRtpSender;
  readonly tuner: SenderTuner;
  readonly seal: FrameTransform | null;
}

/** The sharer's end of one media connection. Nothing is attached to it before it is bound ([SH4]). */
export class MediaSender implements MediaEnd {
  readonly place: MediaPlace;
  readonly link: MediaLink;
  readonly #deps: MediaDeps;
  readonly #stream: MediaStream;
  readonly #transforms: Transforms;
  readonly #controller: QualityController;
  readonly #sending = new Map<'video' | 'audio', Sending>();
  readonly #pulse: Pulse;
  #settings: QualitySettings;
  #parameters: EncoderParameters | null = null;
  #reading: StreamReading | undefined;
  #closed = false;

  constructor(place: MediaPlace, stream: MediaStream, deps: MediaDeps) {
    this.place = place;
    this.#stream = stream;
    this.#deps = deps;
    this.#settings = deps.settings();
    this.#controller = new QualityController(this.#settings);
    this.#transforms = new Transforms(place, deps);
    this.#pulse = new Pulse(() => this.#look());
    this.link = makeLink(place, deps, {
      onState: (state) => {
        // Found again, perhaps elsewhere: what was known of the line is not of this one.
        if (state === 'connected') this.#controller.pathChanged();
      },
    });
    this.link.offer((connection) => this.#arrange(connection));
  }

  bound(): void {
    for (const [kind, { sender, seal }] of this.#sending) {
      seal?.codecs(sender.getParameters().codecs);
      const track = this.#track(kind);
      // Refused once the connection is closed.
      if (track !== undefined) void sender.replaceTrack(track).catch(() => undefined);
    }
    this.#apply(this.#controller.tick(this.#firstSample()));
    this.#pulse.start(SAMPLE_MS);
  }

  choose(settings: QualitySettings): void {
    this.#settings = settings;
    this.#controller.choose(settings);
    this.#parameters = null;
  }

  close(): void {
    this.#closed = true;
    this.#pulse.stop();
    this.#transforms.drop();
    this.link.close();
  }

  async #arrange(connection: RTCPeerConnection): Promise<void> {
    await this.#transforms.ready();
    if (this.#closed) return;
    const announced = [this.#add(connection, 'video')];
    if (this.place.audio) announced.push(this.#add(connection, 'audio'));
    // [SF3] The viewer knows the kids before it knows the description.
    if (!(await Promise.all(announced)).every(Boolean)) throw new MediaError('no-key');
  }

  #add(connection: RTCPeerConnection, kind: 'video' | 'audio'): Promise<boolean> {
    const transceiver = connection.addTransceiver(kind, {
      direction: 'sendonly',
      streams: [this.#stream],
      sendEncodings: [
        kind === 'video'
          ? { maxBitrate: FIRST_VIDEO_BITRATE, maxFramerate: MAX_FPS }
          : { maxBitrate: FIRST_AUDIO_BITRATE },
      ],
    });
    const codecs = shareCodecs(kind, RTCRtpReceiver.getCapabilities(kind)?.codecs ?? []);
    if (codecs.length === 0) throw new MediaError('no-codec');
    transceiver.setCodecPreferences(codecs);
    const { sender } = transceiver;
    const seal = this.place.frames ? this.#transforms.make(kind, 'seal') : null;
    if (seal !== null) sender.transform = seal.transform;
    this.#sending.set(kind, { sender, tuner: new SenderTuner(sender), seal });
    return seal?.announced ?? Promise.resolve(true);
  }

  #track(kind: 'video' | 'audio'): MediaStreamTrack | undefined {
    const tracks = kind === 'video' ? this.#stream.getVideoTracks() : this.#stream.getAudioTracks();
    return tracks[0];
  }

  async #look(): Promise<void> {
    const { sample, line, reading } = readSending(await this.link.stats(), this.#reading);
    this.#reading = reading;
    if (!this.#pulse.running) return;
    this.#deps.line(this.place.shareId, line);
    if (sample !== null) this.#apply(this.#controller.tick(sample));
  }

  #apply(parameters: EncoderParameters): void {
    if (parameters === this.#parameters) return;
    this.#parameters = parameters;
    this.#sending.get('video')?.tuner.set(videoSettings(parameters, this.#settings.content));
    if (parameters.audioBitrate > 0) {
      this.#sending.get('audio')?.tuner.set(audioSettings(parameters));
    }
  }

  /** Before there are statistics: what is captured alone. */
  #firstSample(): QualitySample {
    const { width = 0, height = 0 } = this.#track('video')?.getSettings() ?? {};
    return {
      at: performance.timeOrigin + performance.now(),
      source: width > 0 && height > 0 ? { width, height } : null,
      audio: this.place.audio,
      ...{ loss: null, rttMs: null, available: null, sound: null },
      ...{ encodeMs: null, fps: null, strain: null },
    };
  }
}
