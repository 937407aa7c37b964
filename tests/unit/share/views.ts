/** Shares as views see them, for tests of what is made of them. */
import type { ShareView } from '../../../lib/share/views.ts';

export const SHARE = 'b2'.repeat(16);

type Sharer = Extract<ShareView, { role: 'sharer' }>;
type Viewer = Extract<ShareView, { role: 'viewer' }>;

const ANY_SHARE = {
  shareId: SHARE,
  deviceId: 'd'.repeat(64),
  source: 'tab',
  title: 'News',
  audio: true,
  since: Date.UTC(2026, 10, 21, 12),
  protection: { type: 'protected' },
  pointer: false,
  line: null,
} as const;

/** A tab of this device, shared with the desk. */
export function sharing(over: Partial<Sharer> = {}): ShareView {
  const own = {
    role: 'sharer',
    sourceId: 'tab:7',
    state: { type: 'live' },
    paused: false,
  } as const;
  return { ...ANY_SHARE, ...own, ...over };
}

/** A tab of the desk, offered to this device. */
export function asked(over: Partial<Viewer> = {}): ShareView {
  const state = { type: 'asked', expiresAt: ANY_SHARE.since + 60_000 } as const;
  const pending = { type: 'pending' } as const;
  return { ...ANY_SHARE, role: 'viewer', state, since: null, protection: pending, ...over };
}
