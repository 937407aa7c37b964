import { hintTrack } from '../../lib/capture/encoder-settings.ts';
import { CaptureError, captureError } from '../../lib/capture/errors.ts';
import { LocalSound } from '../../lib/capture/local-sound.ts';
import { captureLimit, limitTrack, openTabStream } from '../../lib/capture/tab-stream.ts';
import { TallowError } from '../../lib/errors/index.ts';
import type { QualitySettings, Size } from '../../lib/share/quality.ts';

/** Nothing is captured under this name. */
export class SourceError extends TallowError<'unknown-source'> {}

interface SourcesDeps {
  /** Its picture has ended: the tab was closed, the page that captured it, or the browser's own "Stop". */
  readonly ended: (sourceId: string) => void;
  /** It gives no picture for a while. */
  readonly paused: (sourceId: string, paused: boolean) => void;
  readonly settings: () => QualitySettings;
}

interface SourcesPorts {
  readonly openTab: (streamId: string, limit: Size) => Promise<MediaStream>;
  readonly sound: (stream: MediaStream) => Pick<LocalSound, 'close'>;
}

const BROWSER_PORTS: SourcesPorts = {
  openTab: openTabStream,
  sound: (stream) => new LocalSound(stream),
};

interface Source {
  readonly stream: MediaStream;
  /** Of a tab: it would be silent here. */
  readonly sound: Pick<LocalSound, 'close'> | null;
  /** What it is captured with at most; of a page's capture the page decides. */
  limit: Size | null;
}

/** What is captured here, each once, however many devices it is shared with. */
export class CaptureSources {
  readonly #deps: SourcesDeps;
  readonly #ports: SourcesPorts;
  readonly #sources = new Map<string, Source>();
  readonly #opening = new Map<string, Promise<MediaStream>>();

  constructor(deps: SourcesDeps, ports: SourcesPorts = BROWSER_PORTS) {
    this.#deps = deps;
    this.#ports = ports;
  }

  get(sourceId: string): MediaStream | undefined {
    return this.#sources.get(sourceId)?.stream;
  }

  /** Something is captured, or about to be. */
  get busy(): boolean {
    return this.#sources.size + this.#opening.size > 0;
  }

  /**
   * A source that is there already is used again: what the browser gave for it is not needed then.
   *
   * @param streamId of `tabCapture`; null where it must be there
   * @throws SourceError, CaptureError
   */
  open(sourceId: string, streamId: string | null): Promise<MediaStream> {
    const stream = this.get(sourceId);
    if (stream !== undefined) return Promise.resolve(stream);
    const opening = this.#opening.get(sourceId);
    if (opening !== undefined) return opening;
    if (streamId === null) return Promise.reject(new SourceError('unknown-source'));
    // Let go meanwhile, and perhaps asked for anew: then it is not this one that is wanted.
    const wanted = () => this.#opening.get(sourceId) === opened;
    const opened = this.#openTab(sourceId, streamId, wanted).finally(() => {
      if (wanted()) this.#opening.delete(sourceId);
    });
    this.#opening.set(sourceId, opened);
    return opened;
  }

  /** A page's own capture: it lives no longer than that page. One that has ended is not taken. */
  give(sourceId: string, stream: MediaStream): void {
    this.release(sourceId);
    if (isOver(stream)) return stopTracks(stream);
    this.#take(sourceId, { stream, sound: null, limit: null });
  }

  /** Ends its capture, also one that is being made. Harmless where it is gone. */
  release(sourceId: string): void {
    this.#opening.delete(sourceId);
    const source = this.#sources.get(sourceId);
    if (source === undefined) return;
    this.#sources.delete(sourceId);
    source.sound?.close();
    stopTracks(source.stream);
  }

  /** A person chose anew. */
  chosen(): void {
    const limit = captureLimit(this.#deps.settings().quality);
    for (const source of this.#sources.values()) {
      this.#hint(source.stream);
      if (source.limit === null || source.limit.width === limit.width) continue;
      source.limit = limit;
      for (const track of source.stream.getVideoTracks()) void limitTrack(track, limit);
    }
  }

  async #openTab(sourceId: string, streamId: string, wanted: () => boolean): Promise<MediaStream> {
    const limit = captureLimit(this.#deps.settings().quality);
    const stream = await this.#ports.openTab(streamId, limit);
    try {
      if (!wanted()) throw new SourceError('unknown-source');
      if (isOver(stream)) throw new CaptureError('capture-gone');
      this.#take(sourceId, { stream, sound: this.#soundOf(stream), limit });
      return stream;
    } catch (error) {
      stopTracks(stream);
      throw error;
    }
  }

  #soundOf(stream: MediaStream): Pick<LocalSound, 'close'> {
    try {
      return this.#ports.sound(stream);
    } catch (error) {
      throw captureError(error);
    }
  }

  #take(sourceId: string, source: Source): void {
    const { stream } = source;
    this.#sources.set(sourceId, source);
    this.#hint(stream);
    const [video] = stream.getVideoTracks();
    if (video === undefined) return;
    // Not told where we end it ourselves.
    video.onended = () => {
      this.release(sourceId);
      this.#deps.ended(sourceId);
    };
    video.onmute = () => this.#deps.paused(sourceId, true);
    video.onunmute = () => this.#deps.paused(sourceId, false);
  }

  #hint(stream: MediaStream): void {
    for (const track of stream.getTracks()) hintTrack(track, this.#deps.settings().content);
  }
}

/** The event of its end has been, and comes to nobody who begins to listen now. */
function isOver(stream: MediaStream): boolean {
  return stream.getVideoTracks().some(({ readyState }) => readyState === 'ended');
}

/** Not told: it is we who end it. */
function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) {
    track.onended = track.onmute = track.onunmute = null;
    track.stop();
  }
}
