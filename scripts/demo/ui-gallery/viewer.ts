/**
 * Made-up shares and a picture drawn here: `?page=viewer&scene=viewer-live`. What the page says is
 * kept in `window.viewer`, which lets a test push the next snapshot, too.
 */
import type { IntentAnswer } from '../../../lib/messaging/intents.ts';
import type { WatchingState } from '../../../lib/share/states.ts';
import type { StreamLine } from '../../../lib/share/stats.ts';
import type {
  PointerPlace,
  SoundElsewhere,
  ViewerIntent,
  ViewerPort,
  ViewerSnapshot,
  ViewerSource,
  WatchedShare,
} from '../../../lib/ui/viewer/port.ts';
import { createViewerSource } from '../../../lib/ui/viewer/viewer-source.ts';

const DESKTOP = '1'.repeat(64);
const LONG = '4'.repeat(64);
const devices = [
  { deviceId: DESKTOP, name: 'Desktop' },
  { deviceId: LONG, name: 'Anna’s very long named workstation in the attic, second from the left' },
];

const LINE: StreamLine = {
  size: { width: 1920, height: 1080 },
  fps: 29.8,
  bitrate: 2_860_000,
  delayMs: 41.7,
  path: { kind: 'direct', sameNetwork: true, transport: 'udp' },
  codec: 'video/VP9',
};
const WATCHING: WatchingState = { type: 'watching' };

let last = 0;

function share(state: WatchingState, more: Partial<WatchedShare> = {}): WatchedShare {
  last += 1;
  return {
    role: 'viewer',
    shareId: last.toString(16).padStart(32, '0'),
    deviceId: DESKTOP,
    source: 'tab',
    title: 'Candles: how tallow became light',
    audio: true,
    since: null,
    protection: { type: 'protected' },
    pointer: false,
    line: state.type === 'watching' ? LINE : null,
    state,
    ...more,
  };
}

export interface ViewerScene {
  readonly snapshot: ViewerSnapshot;
  /** Whether a picture comes. */
  readonly picture: boolean;
  readonly elsewhere?: SoundElsewhere;
  readonly answer?: IntentAnswer;
}

const of = (shares: readonly WatchedShare[], more: Partial<ViewerScene> = {}): ViewerScene => ({
  snapshot: { devices, shares },
  picture: true,
  ...more,
});
const ended = (reason: 'stopped' | 'failed' | 'device-gone', by: 'peer' | null = null) =>
  share({ type: 'ended', reason, by });
const stalled = (cause: 'path' | 'session' | 'frames') =>
  share({ type: 'stalled', cause, since: Date.now() - 4_000 }, { protection: { type: 'pending' } });
const asked = (more: Partial<WatchedShare> = {}) =>
  share(
    { type: 'asked', expiresAt: Date.now() + 47_000 },
    { protection: { type: 'pending' }, ...more },
  );
const LONG_TITLE =
  'A rather long title of a page that goes on and on, with a-word-that-has-no-place-to-break-in-it-at-all';

export const viewerScenes: Readonly<Record<string, ViewerScene>> = {
  'viewer-empty': of([]),
  'viewer-asked': of([asked()]),
  'viewer-asked-screen': of([
    asked({
      source: 'screen',
      title: '',
      audio: false,
      deviceId: LONG,
      protection: { type: 'unprotected', missing: 'there' },
    }),
  ]),
  'viewer-refused': of([asked()], { answer: { ok: false, code: 'no-answer' } }),
  'viewer-connecting': of([share({ type: 'connecting' }, { protection: { type: 'pending' } })], {
    picture: false,
  }),
  'viewer-live': of([share(WATCHING)]),
  'viewer-unprotected': of([
    share(WATCHING, {
      protection: { type: 'unprotected', missing: 'here' },
      line: {
        ...LINE,
        fps: 4.6,
        bitrate: 148_000,
        path: { kind: 'relay', sameNetwork: false, transport: 'tcp' },
      },
    }),
  ]),
  'viewer-silent': of([share(WATCHING, { audio: false })]),
  'viewer-pointer': of([share(WATCHING, { pointer: true })]),
  'viewer-elsewhere': of([share(WATCHING)], { elsewhere: 'plays' }),
  'viewer-stalled': of([stalled('frames')]),
  'viewer-stalled-path': of([stalled('path')]),
  'viewer-away': of([stalled('session')]),
  'viewer-several': of([
    share(WATCHING, { title: 'Weather' }),
    share(WATCHING, { deviceId: LONG, title: LONG_TITLE }),
    asked({ source: 'screen', title: '' }),
  ]),
  'viewer-long': of([share(WATCHING, { deviceId: LONG, title: LONG_TITLE, pointer: true })]),
  'viewer-ended': of([ended('stopped', 'peer')]),
  'viewer-failed': of([ended('failed')]),
  'viewer-gone': of([ended('device-gone')]),
};

/** The colours of `drawn`, from left to right. */
export const BARS = ['#f2f2f2', '#e0c020', '#20c0c0', '#20a040', '#c040a0', '#d02020', '#2040c0'];
const SIZE = { width: 1280, height: 720 } as const;

/** Bars with a number that counts, at ten pictures a second. */
function drawn(): MediaStream {
  const canvas = Object.assign(document.createElement('canvas'), SIZE);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('nothing to draw on');
  let count = 0;
  const draw = () => {
    for (const [index, colour] of BARS.entries()) {
      context.fillStyle = colour;
      const width = SIZE.width / BARS.length;
      context.fillRect(index * width, 0, width + 1, SIZE.height);
    }
    context.fillStyle = '#111';
    context.font = '120px sans-serif';
    context.fillText(String(count++), 60, SIZE.height - 60);
  };
  draw();
  setInterval(draw, 100);
  return canvas.captureStream(10);
}

/** What a test finds in `window.viewer`. */
export interface ViewerWindow {
  readonly snapshot: ViewerSnapshot;
  readonly publish: (snapshot: ViewerSnapshot) => void;
  readonly said: ViewerIntent[];
  readonly points: (PointerPlace | null)[];
  /** Shares that the page shows. */
  readonly watched: Set<string>;
  /** Shares whose sound it plays, or could. */
  readonly heard: Map<string, boolean>;
  /** What another window does with the sound; a test may change it. */
  elsewhere: SoundElsewhere;
}

export function showViewer(name: string): {
  source: ViewerSource;
  port: ViewerPort;
  shareId: string | null;
} {
  const scene = viewerScenes[name] ?? of([]);
  const streams = new Map<string, MediaStream>();
  let publish: (snapshot: ViewerSnapshot) => void = () => {};
  const source = createViewerSource((onSnapshot) => {
    publish = onSnapshot;
    onSnapshot(scene.snapshot);
    return () => {};
  });
  const seen: ViewerWindow = {
    snapshot: scene.snapshot,
    publish: (next) => publish(next),
    said: [],
    points: [],
    watched: new Set(),
    heard: new Map(),
    elsewhere: scene.elsewhere ?? 'none',
  };
  Object.assign(window, { viewer: seen });
  const port: ViewerPort = {
    send: (intent) => {
      seen.said.push(intent);
      console.info(JSON.stringify(intent));
      return Promise.resolve(scene.answer ?? { ok: true });
    },
    stream: (shareId) => {
      if (!scene.picture) return null;
      const stream = streams.get(shareId) ?? drawn();
      streams.set(shareId, stream);
      return stream;
    },
    watch: (shareId) => {
      seen.watched.add(shareId);
      return () => seen.watched.delete(shareId);
    },
    point: (_shareId, at) => seen.points.push(at),
    alone: () => true,
    soundElsewhere: () => seen.elsewhere,
    soundHere: (shareId, plays) => {
      if (plays === null) seen.heard.delete(shareId);
      else seen.heard.set(shareId, plays);
    },
    shows: (shareId) => console.info(`shows ${shareId}`),
    close: () => console.info('close'),
  };
  const [first] = scene.snapshot.shares;
  return { source, port, shareId: first?.shareId ?? null };
}
