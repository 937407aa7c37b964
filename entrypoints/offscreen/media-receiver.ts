import { shareCodecs, withSoundSettings } from '../../lib/capture/encoder-settings.ts';
import type { MediaLink } from '../../lib/rtc/media-link.ts';
import { FlowWatch } from '../../lib/share/flow-watch.ts';
import { readReceiving, type StreamReading } from '../../lib/share/stats.ts';
import {
  makeLink,
  MediaError,
  Transforms,
  type MediaDeps,
  type MediaEnd,
  type MediaPlace,
} from './media-end.ts';
import { Pulse } from './pulse.ts';

const SAMPLE_MS = 1_000;
/** A person waits for the first picture, and for one that stopped. */
const IMPATIENT_MS = 200;

/**
 * The viewer's end of one media connection. Nothing of it is shown before it is bound ([SH4]), nor,
 * where frames are protected, before one of them was opened: a browser that passes them by the
 * transform would show what anyone sent who holds the keys of SRTP ([SH3]).
 */
export class MediaReceiver implements MediaEnd {
  readonly place: MediaPlace;
  readonly link: MediaLink;
  readonly #deps: MediaDeps;
  readonly #transforms: Transforms;
  readonly #flow = new FlowWatch();
  readonly #pulse: Pulse;
  #tracks: readonly MediaStreamTrack[] = [];
  #bound = false;
  #opened = false;
  #shown = false;
  #flowing = false;
  #reading: StreamReading | undefined;
  /** The last look whose rates were told: those of a fifth of a second say little. */
  #lineAt = -Infinity;
  #closed = false;

  constructor(place: MediaPlace, deps: MediaDeps) {
    this.place = place;
    this.#deps = deps;
    this.#transforms = new Transforms(place, deps, () => this.#onOpened());
    this.#pulse = new Pulse(() => this.#look());
    this.link = makeLink(place, deps, { onState: () => undefined });
  }

  /** The first offer, or a restart's. */
  offered(sdp: string): void {
    this.link.answer(sdp, {
      prepare: () => this.#transforms.ready(),
      arrange: (connection) => this.#arrange(connection),
      finish: withSoundSettings,
    });
  }

  bound(): void {
    this.#bound = true;
    this.#show();
    this.#pulse.start(IMPATIENT_MS);
  }

  choose(): void {
    // The sharer's affair ([SH11]).
  }

  close(): void {
    this.#closed = true;
    this.#pulse.stop();
    this.#transforms.drop();
    // First: a page draws a track that ends black, and one that was taken away as it was last.
    if (this.#shown) this.#deps.show(this.place.shareId, []);
    this.link.close();
  }

  #onOpened(): void {
    this.#opened = true;
    this.#show();
  }

  #show(): void {
    if (!this.#bound || this.#shown || (this.place.frames && !this.#opened)) return;
    this.#shown = true;
    this.#deps.show(this.place.shareId, this.#tracks);
  }

  #arrange(connection: RTCPeerConnection): void {
    // Transforms that were made now would be of a share that is over.
    if (this.#closed) return;
    const transceivers = connection.getTransceivers();
    for (const transceiver of transceivers) {
      const { receiver } = transceiver;
      const kind = receiver.track.kind === 'audio' ? 'audio' : 'video';
      const codecs = shareCodecs(kind, RTCRtpReceiver.getCapabilities(kind)?.codecs ?? []);
      if (codecs.length === 0) throw new MediaError('no-codec');
      transceiver.setCodecPreferences(codecs);
      if (this.place.frames) receiver.transform = this.#transforms.make(kind, 'open').transform;
    }
    this.#tracks = transceivers.map(({ receiver }) => receiver.track);
  }

  async #look(): Promise<void> {
    const stats = await this.link.stats();
    if (!this.#pulse.running) return;
    const now = performance.now();
    const { line, frames, reading } = readReceiving(stats, this.#reading);
    if (now - this.#lineAt >= SAMPLE_MS * 0.9) {
      this.#lineAt = now;
      this.#reading = reading;
      if (this.#flowing) this.#deps.line(this.place.shareId, line);
    }
    // What nobody is shown is no picture, whatever was decoded.
    const flowing = this.#flow.look(now, frames) && this.#shown;
    if (flowing === this.#flowing) return;
    this.#flowing = flowing;
    const { shareId, pcId } = this.place;
    this.#deps.news({ type: 'media-flow', shareId, pcId, flowing });
    this.#pulse.start(flowing ? SAMPLE_MS : IMPATIENT_MS);
  }
}
