import { randomBytes } from '../../lib/crypto/bytes.ts';
import type { EngineReport } from '../../lib/messaging/engine.ts';
import type { PointerPlace, ShareStreams } from '../../lib/messaging/share-streams.ts';
import { Watchers, type WatchingPage } from '../../lib/messaging/watchers.ts';
import type { Log } from '../../lib/log/entry.ts';
import type { ShareSource } from '../../lib/protocol/kinds.ts';
import type { LinkReach } from '../../lib/rtc/peer-link.ts';
import type { SessionEvent } from '../../lib/session/events.ts';
import { ShareError, ShareRequestError } from '../../lib/share/errors.ts';
import { DEFAULT_QUALITY, type QualitySettings } from '../../lib/share/quality.ts';
import { ShareBook, type ShareEvent } from '../../lib/share/share-book.ts';
import type { ShareView } from '../../lib/share/views.ts';
import type { EngineEvent } from '../../lib/transfer/events.ts';
import type { EngineClient } from './engine-client.ts';
import { FramesClient, framesSupported, type FramesPorts } from './frames-client.ts';
import type { Pointed } from './laser-feed.ts';
import { DocumentMedia } from './media.ts';
import { CaptureSources, SourceError } from './sources.ts';
import { ShownStreams } from './shown-streams.ts';

/** From a page's capture to its share: what nobody shares by then is captured for nobody. */
const UNSHARED_MS = 30_000;

interface DocumentSharesDeps {
  readonly engine: Pick<EngineClient, 'post' | 'takeBind'>;
  readonly reach: LinkReach;
  readonly log: Log;
  /** Bring up a session with this device. */
  readonly pursue: (deviceId: string) => void;
  /** `at-once`: a person waits for it, or is asked. */
  readonly changed: (how: 'at-once' | 'soon') => void;
  /** [SH10] A viewer points at something that is shared from here. */
  readonly pointed: (pointed: Pointed) => void;
}

/** What of the browser it needs; tests give their own. */
interface SharesPorts {
  readonly frames?: FramesPorts;
  readonly sources?: ConstructorParameters<typeof CaptureSources>[1];
  readonly shown?: ShownStreams;
  /** [SH3] */
  readonly protects?: () => boolean;
}

export interface ShareStart {
  readonly deviceId: string;
  readonly source: ShareSource;
  readonly sourceId: string;
  readonly streamId: string | null;
  readonly title: string;
  readonly settings: QualitySettings;
}

type ShareReport = Extract<EngineReport, { type: 'media-bound' | 'media-unbound' }>;

/**
 * The shares of this device, both ways: the book, which decides, and all that it needs of this
 * document. The book is here and not in the engine's worker since captures, connections, streams and
 * what a person wants are; keys are there, and pass this document only on their way in ([KS2]).
 */
export class DocumentShares implements ShareStreams {
  readonly #deps: DocumentSharesDeps;
  readonly #protects: () => boolean;
  readonly #book: ShareBook;
  readonly #frames: FramesClient;
  readonly #media: DocumentMedia;
  readonly #sources: CaptureSources;
  readonly #shown: ShownStreams;
  /** The last page that shows one ends it. */
  readonly #watchers = new Watchers((shareId) => this.stop(shareId, 'closed'));
  readonly #pointers = new Map<string, PointerPlace>();
  /** As last told; of shares that are not over. */
  readonly #states = new Map<string, ShareView['state']['type']>();
  /** How often each device was removed: one that is while a capture for it begins gets no offer. */
  readonly #removals = new Map<string, number>();
  /** Devices whose session is between two paths. */
  readonly #restarting = new Set<string>();
  #settings: QualitySettings = DEFAULT_QUALITY;

  constructor(deps: DocumentSharesDeps, ports: SharesPorts = {}) {
    this.#deps = deps;
    this.#protects = ports.protects ?? framesSupported;
    this.#shown = ports.shown ?? new ShownStreams();
    this.#book = new ShareBook({ clock: CLOCK, random: randomBytes, onEvent: (e) => this.#on(e) });
    this.#sources = new CaptureSources(
      {
        ended: (sourceId) => this.#book.stopSource(sourceId, 'closed'),
        paused: (sourceId, paused) => this.#book.sourceChanged(sourceId, { paused }),
        settings: () => this.#settings,
      },
      ports.sources,
    );
    const { engine, reach } = deps;
    this.#frames = new FramesClient(
      {
        engine,
        announce: (shareId, start) => this.#book.announce(shareId, start),
        badStart: (sessionId) => this.#breach(sessionId, 'out-of-state'),
        lost: (shareIds) => {
          for (const shareId of shareIds) this.#book.stop(shareId, 'failed');
        },
        counts: (_shareId, track, { way, counts }) =>
          deps.log('Screen', 'Frames dropped', { track, way, ...counts }),
      },
      ports.frames,
    );
    this.#media = new DocumentMedia({
      ...{ engine, reach, frames: this.#frames },
      news: (news) => this.#book.onNews(news),
      line: (shareId, line) => this.#book.setLine(shareId, line),
      source: (sourceId) => this.#sources.get(sourceId),
      settings: () => this.#settings,
      show: (shareId, tracks) => this.#shown.show(shareId, tracks),
      log: (message, detail) => deps.log('Screen', message, { detail }),
    });
  }

  // What a person wants.

  /** Answers the share's id. @throws CaptureError, SourceError, ShareRequestError */
  async start(wish: ShareStart): Promise<string> {
    const { deviceId, source, sourceId, streamId, title, settings } = wish;
    this.setQuality(settings);
    const removals = this.#removals.get(deviceId);
    const stream = await this.#sources.open(sourceId, streamId);
    // Whoever waited for the same capture was refused, and let it go.
    if (this.#sources.get(sourceId) !== stream) throw new SourceError('unknown-source');
    try {
      if (this.#removals.get(deviceId) !== removals) throw new ShareRequestError('device-unknown');
      return this.#book.share({
        ...{ deviceId, source, sourceId, title },
        audio: stream.getAudioTracks().length > 0,
        frames: this.#protects(),
      });
    } catch (error) {
      this.#releaseUnshared(sourceId);
      throw error;
    }
  }

  /** @throws ShareRequestError */
  accept(shareId: string): void {
    this.#book.accept(shareId, this.#protects());
  }

  /** @throws ShareRequestError */
  decline(shareId: string): void {
    this.#book.decline(shareId);
  }

  /** @throws ShareRequestError */
  goOnUnprotected(shareId: string): void {
    this.#book.goOnUnprotected(shareId);
  }

  /** @throws ShareRequestError */
  allowPointer(shareId: string, allowed: boolean): void {
    this.#book.allowPointer(shareId, allowed);
  }

  stop(shareId: string, reason: 'stopped' | 'closed' = 'stopped'): void {
    this.#book.stop(shareId, reason);
  }

  /** Its tab, or the page that captured it, is closed: the picture's end may come later, or not at all. */
  sourceGone(sourceId: string): void {
    this.#book.stopSource(sourceId, 'closed');
    this.#sources.release(sourceId);
  }

  /** It is to be watched from now on: a page is on its way, or was closed before it said so. */
  expectPage(shareId: string): void {
    this.#watchers.expect(shareId);
  }

  /** A tab is closed, perhaps one that showed what is watched. */
  pageGone(): void {
    this.#watchers.look();
  }

  renamed(sourceId: string, title: string): void {
    this.#book.sourceChanged(sourceId, { title });
  }

  dismiss(shareId: string): void {
    this.#book.dismiss(shareId);
  }

  /** Of everything that is shared from here. */
  setQuality(settings: QualitySettings): void {
    this.#settings = settings;
    this.#sources.chosen();
    this.#media.choose(settings);
  }

  // For pages of this extension.

  stream(shareId: string): MediaStream | null {
    return this.#shown.stream(shareId);
  }

  watch(shareId: string, page: WatchingPage): () => void {
    return this.#watchers.enter(shareId, page);
  }

  give(sourceId: string, stream: MediaStream): void {
    this.#sources.give(sourceId, stream);
    // The page's own word, or background's, may be lost with a worker that dies: nobody would end it.
    CLOCK.after(UNSHARED_MS, () => this.#releaseUnshared(sourceId));
  }

  point(shareId: string, at: PointerPlace | null): void {
    this.#book.point(shareId, at);
  }

  /** [SH10] Sharer: where the viewer points at. */
  pointerOf(shareId: string): PointerPlace | null {
    return this.#pointers.get(shareId) ?? null;
  }

  // Sessions and devices.

  /** Answers whether it was about shares. */
  onEngine(event: EngineEvent): boolean {
    switch (event.type) {
      case 'session-attached':
        this.#book.attach(event.sessionId, event.deviceId);
        return true;
      case 'session-detached':
        this.#book.detach(event.sessionId);
        this.#frames.dropSession(event.sessionId);
        return true;
      case 'share-message':
        this.#receive(event);
        return true;
      default:
        return false;
    }
  }

  onReport({ type, pcId }: ShareReport): void {
    if (type === 'media-bound') this.#media.bound(pcId);
    else this.#media.unbound(pcId);
  }

  /** [IC9] All paths are in doubt. */
  shaken(): void {
    this.#book.shaken();
  }

  onSession(event: SessionEvent): void {
    switch (event.type) {
      case 'removed-by-peer':
        return this.removeDevice(event.deviceId);
      case 'reach': {
        const { deviceId, how } = event;
        if (how === 'connecting') return;
        return this.#book.unreachable(deviceId, how === 'offline' ? 'device-gone' : 'no-path');
      }
      case 'state': {
        const { deviceId, state } = event;
        if (state.type === 'restarting') this.#restarting.add(deviceId);
        // It had to look for another path: the media may have to as well.
        else if (this.#restarting.delete(deviceId) && state.type === 'connected')
          this.#book.shaken(deviceId);
        return;
      }
      default:
    }
  }

  removeDevice(deviceId: string): void {
    this.#removals.set(deviceId, (this.#removals.get(deviceId) ?? 0) + 1);
    this.#book.removeDevice(deviceId);
  }

  /** Whether a session with this device is needed. */
  waitsFor(deviceId: string): boolean {
    return this.#book.wants(deviceId);
  }

  /** Something is shared, watched or asked about: this document is needed. */
  get busy(): boolean {
    return this.#sources.busy || this.views().some(({ state }) => state.type !== 'ended');
  }

  views(): ShareView[] {
    return this.#book.views();
  }

  #on(event: ShareEvent): void {
    const { engine, pursue, changed } = this.#deps;
    switch (event.type) {
      case 'post': {
        const { sessionId, message } = event;
        return engine.post({ type: 'share-post', sessionId, message });
      }
      case 'media':
        return this.#media.onTask(event.task);
      case 'need-session':
        return pursue(event.deviceId);
      case 'asked':
        return changed('at-once');
      case 'changed':
        return this.#onChanged(event.view);
      case 'removed':
        return changed('at-once');
      case 'release-source':
        return this.#sources.release(event.sourceId);
      case 'pointer':
        if (event.at === null) this.#pointers.delete(event.shareId);
        else this.#pointers.set(event.shareId, event.at);
        return this.#pointed(event.shareId, event.at);
    }
  }

  #onChanged({ shareId, deviceId, role, state }: ShareView): void {
    const before = this.#states.get(shareId);
    if (before === state.type) return this.#deps.changed('soon');
    this.#states.set(shareId, state.type);
    const detail = 'reason' in state ? state.reason : 'cause' in state ? state.cause : '';
    this.#deps.log('Screen', `${role}: ${state.type}`, {
      device: deviceId,
      ...(detail !== '' && { detail }),
    });
    if (state.type === 'ended') this.#onEnded(shareId);
    this.#deps.changed('at-once');
  }

  #pointed(shareId: string, at: PointerPlace | null): void {
    const view = this.views().find((share) => share.shareId === shareId);
    if (view?.role !== 'sharer') return;
    this.#deps.pointed({ shareId, sourceId: view.sourceId, at });
  }

  #onEnded(shareId: string): void {
    this.#states.delete(shareId);
    this.#pointers.delete(shareId);
    this.#shown.drop(shareId);
    this.#frames.dropShare(shareId);
  }

  #receive({ sessionId, message }: Extract<EngineEvent, { type: 'share-message' }>): void {
    try {
      this.#book.onMessage(sessionId, message);
    } catch (error) {
      if (!(error instanceof ShareError)) throw error;
      this.#breach(sessionId, error.code);
    }
  }

  /** [BP1] */
  #breach(sessionId: string, code: ShareError['code']): void {
    this.#deps.engine.post({ type: 'share-breach', sessionId, code });
  }

  #releaseUnshared(sourceId: string): void {
    const shared = this.views().some(
      (view) => view.role === 'sharer' && view.sourceId === sourceId && view.state.type !== 'ended',
    );
    if (!shared) this.#sources.release(sourceId);
  }
}

const CLOCK = {
  now: () => Date.now(),
  after(ms: number, task: () => void) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
