/** Made-up shares: every state that the popup and `share.html` can show. */
import type { ShareEndReason } from '../../../lib/share/states.ts';
import type { ShareView } from '../../../lib/share/views.ts';

type Sharer = Extract<ShareView, { role: 'sharer' }>;
type Viewer = Extract<ShareView, { role: 'viewer' }>;

const DEVICE = '1'.repeat(64);
let count = 0;

function anyShare() {
  count += 1;
  return {
    shareId: count.toString(16).padStart(32, '0'),
    deviceId: DEVICE,
    source: 'tab',
    title: 'Quarterly figures – Spreadsheet',
    audio: true,
    since: Date.now() - 60_000,
    protection: { type: 'protected' },
    pointer: false,
    line: null,
  } as const;
}

function out(more: Partial<Sharer> = {}): Sharer {
  const share = anyShare();
  return {
    ...share,
    role: 'sharer',
    sourceId: 'tab:7',
    state: { type: 'live' },
    paused: false,
    ...more,
  };
}

function into(more: Partial<Viewer> = {}): Viewer {
  return { ...anyShare(), role: 'viewer', state: { type: 'watching' }, ...more };
}

const LONG =
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft – 会议';

export const sharing: readonly ShareView[] = [
  out({ state: { type: 'unprotected', missing: 'there' } }),
  out({ state: { type: 'offering' }, protection: { type: 'pending' }, since: null }),
  out({ state: { type: 'connecting' }, protection: { type: 'pending' }, since: null }),
  out(),
  out({ title: LONG, paused: true, pointer: true }),
  out({
    source: 'screen',
    title: '',
    sourceId: `screen:${'a'.repeat(32)}`,
    state: { type: 'interrupted', cause: 'path', since: Date.now() },
    protection: { type: 'unprotected', missing: 'there' },
  }),
  out({ state: { type: 'unprotected', missing: 'here' } }),
];

export const watching: readonly ShareView[] = [
  into({
    state: { type: 'asked', expiresAt: Date.now() + 50_000 },
    protection: { type: 'pending' },
    since: null,
  }),
  into({
    state: { type: 'asked', expiresAt: Date.now() + 50_000 },
    source: 'screen',
    title: LONG,
    audio: false,
    protection: { type: 'unprotected', missing: 'there' },
    since: null,
  }),
  into({ state: { type: 'connecting' }, protection: { type: 'pending' }, since: null }),
  into(),
  into({ state: { type: 'stalled', cause: 'frames', since: Date.now() } }),
];

const REASONS: readonly ShareEndReason[] = ['declined', 'no-path', 'unsupported', 'device-gone'];

export const sharesOver: readonly ShareView[] = REASONS.map((reason) =>
  out({
    state: { type: 'ended', reason, by: 'peer' },
    ...(reason === 'device-gone' ? {} : { since: null }),
  }),
);

/** The same tab with three devices, two of which have names of any length. */
export const sharingMany: readonly ShareView[] = ['1', '4', '6'].map((digit, at) =>
  out({ deviceId: digit.repeat(64), pointer: at === 1, ...(at === 2 && { title: LONG }) }),
);
