import { isTallowError, TallowError } from '../../lib/errors/index.ts';
import { laneConfiguration } from '../../lib/ice/configuration.ts';
import { MediaLink, type MediaLinkOptions } from '../../lib/rtc/media-link.ts';
import type { LinkReach } from '../../lib/rtc/peer-link.ts';
import type { MediaNews } from '../../lib/share/ports.ts';
import type { QualitySettings } from '../../lib/share/quality.ts';
import type { StreamLine } from '../../lib/share/stats.ts';
import type { EngineClient } from './engine-client.ts';
import type { FrameTransform, FramesClient } from './frames-client.ts';

/** Why a media connection of this end cannot be. */
export class MediaError extends TallowError<
  /** Neither VP9 nor VP8, or no Opus. */
  | 'no-codec'
  /** [SF3] No kid for its transform: the share is over, or the session has had too many. */
  | 'no-key'
> {}

/** What both ends of a media connection need of the document. */
export interface MediaDeps {
  readonly reach: LinkReach;
  readonly engine: Pick<EngineClient, 'post' | 'takeBind'>;
  readonly frames: Pick<FramesClient, 'make' | 'ready'>;
  readonly news: (news: MediaNews) => void;
  readonly line: (shareId: string, line: StreamLine) => void;
  /** What was captured; undefined where it is gone. */
  readonly source: (sourceId: string) => MediaStream | undefined;
  readonly settings: () => QualitySettings;
  /** Viewer: these tracks are what the share shows from now on; none: what it showed last. */
  readonly show: (shareId: string, tracks: readonly MediaStreamTrack[]) => void;
  readonly log: (message: string, detail: string) => void;
}

/** Which connection of which share. */
export interface MediaPlace {
  readonly sessionId: string;
  readonly shareId: string;
  readonly pcId: string;
  readonly audio: boolean;
  /** [SH3] */
  readonly frames: boolean;
}

/** One end of a share's media connection, whichever it is. */
export interface MediaEnd {
  readonly place: MediaPlace;
  readonly link: MediaLink;
  /** [SH4] Both proofs were right. */
  bound(): void;
  /** Another choice of a person's. */
  choose(settings: QualitySettings): void;
  close(): void;
}

/** The connection itself, telling control what it does. */
export function makeLink(
  place: MediaPlace,
  { reach, engine, news, log }: MediaDeps,
  own: Pick<MediaLinkOptions, 'onState'>,
): MediaLink {
  const { sessionId, shareId, pcId, audio } = place;
  const of = { shareId, pcId };
  return new MediaLink({
    audio,
    // Every way there is: the session's own may be gone when the media's is looked for ([SH6]).
    configuration: () => laneConfiguration(reach.configuration('all')),
    privacy: () => reach.privacy,
    takeChannel: (channel) => engine.takeBind(sessionId, pcId, channel),
    onDescription: (type, sdp) => news({ type, ...of, sdp }),
    onCandidate: (candidate) =>
      news(
        candidate === null
          ? { type: 'media-candidates-end', ...of }
          : { type: 'media-candidate', ...of, ...candidate },
      ),
    onState: (state) => {
      own.onState(state);
      news({ type: 'media-state', ...of, state });
    },
    onSecured: (transport) => engine.post({ type: 'media-secure', sessionId, pcId, ...transport }),
    onFailed: (cause) => {
      log('Media connection failed', nameOf(cause));
      news({ type: 'media-failed', ...of });
    },
  });
}

/** For the debug log: an error's code or name, never its text, which may quote a description. */
function nameOf(cause: unknown): string {
  if (isTallowError(cause)) return cause.code;
  return cause instanceof Error || cause instanceof DOMException ? cause.name : 'unknown';
}

/** [SH3] The transforms of a connection's tracks: it is protected while all of them run. */
export class Transforms {
  readonly #place: MediaPlace;
  readonly #deps: Pick<MediaDeps, 'frames' | 'news'>;
  readonly #onRunning: () => void;
  readonly #running = new Map<FrameTransform, boolean>();
  #told = false;

  /** @param onRunning all of them run, for the first time or again */
  constructor(
    place: MediaPlace,
    deps: Pick<MediaDeps, 'frames' | 'news'>,
    onRunning: () => void = () => undefined,
  ) {
    this.#place = place;
    this.#deps = deps;
    this.#onRunning = onRunning;
  }

  /** Before the first is made. Nothing where frames go in clear. */
  async ready(): Promise<void> {
    const { sessionId, shareId, frames } = this.#place;
    if (frames) await this.#deps.frames.ready(sessionId, shareId);
  }

  make(track: 'video' | 'audio', way: 'seal' | 'open'): FrameTransform {
    const { sessionId, shareId } = this.#place;
    const made = this.#deps.frames.make({ sessionId, shareId, track, way }, (running) => {
      this.#running.set(made, running);
      this.#tell();
    });
    this.#running.set(made, false);
    return made;
  }

  drop(): void {
    const all = [...this.#running.keys()];
    this.#running.clear();
    for (const each of all) each.drop();
  }

  #tell(): void {
    const states = [...this.#running.values()];
    const running = states.length > 0 && states.every(Boolean);
    if (running === this.#told) return;
    this.#told = running;
    const { shareId, pcId } = this.#place;
    this.#deps.news({ type: 'media-protecting', shareId, pcId, running });
    if (running) this.#onRunning();
  }
}
