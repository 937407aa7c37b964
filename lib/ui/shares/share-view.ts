/** What is shown of a share, in words. */
import type { Snapshot } from '../../messaging/snapshot.ts';
import type { ShareView } from '../../share/views.ts';
import * as text from '../text.ts';

export type SharingView = Extract<ShareView, { role: 'sharer' }>;
export type WatchedView = Extract<ShareView, { role: 'viewer' }>;

/** What waits for a person, what is under way, and last what ended without this person's doing. */
export function sharesToShow(shares: readonly ShareView[]): ShareView[] {
  const shown = shares.filter(isNews);
  const order = (view: ShareView) =>
    waitsForPerson(view) ? 0 : view.state.type === 'ended' ? 2 : 1;
  return shown.toSorted((a, b) => order(a) - order(b));
}

export function waitsForPerson({ state }: ShareView): boolean {
  return state.type === 'asked' || state.type === 'unprotected';
}

function isNews({ state, role, since }: ShareView): boolean {
  if (state.type !== 'ended') return true;
  // Taken back before anyone here had answered.
  return state.by !== 'me' && (role === 'sharer' || since !== null);
}

export function deviceNameOf({ devices }: Pick<Snapshot, 'devices'>, deviceId: string): string {
  return devices.find((device) => device.deviceId === deviceId)?.name ?? text.shares.deviceGone;
}

/** The line that names it. */
export function shareHead(view: ShareView, name: string): string {
  const { source } = view;
  const what = view.title || text.shares.untitled[source];
  if (view.role === 'viewer') {
    if (view.state.type === 'ended') return text.shares.watched(what, name);
    if (view.state.type === 'asked') return text.shares.ask[source](name);
    return text.shares.watching(what, name);
  }
  if (view.state.type === 'ended') {
    return view.since === null ? text.shares.notShared(what, name) : text.shares.shared(what, name);
  }
  // Nothing of it leaves before an answer.
  if (view.state.type === 'offering' || view.state.type === 'unprotected') {
    return text.shares.offering(what, name);
  }
  return text.shares.sharing(what, name);
}

/** What is to be said about it beside that. */
export function shareRemarks(view: ShareView, name: string): string[] {
  const { state } = view;
  if (state.type === 'ended') return [text.sharesOver[state.reason](name)];
  const remarks = view.role === 'sharer' ? [sharingWords(view, name)] : watchedWords(view);
  return [...remarks, ...protectionWords(view)];
}

function sharingWords({ state, paused }: SharingView, name: string): string {
  if (state.type === 'ended') return '';
  if (state.type === 'unprotected') return text.shareUnprotected[state.missing](name);
  if (state.type === 'live' && paused) return text.sharingPaused;
  return text.sharingStates[state.type](name);
}

function watchedWords({ state, title, audio }: WatchedView): string[] {
  if (state.type === 'ended') return [];
  if (state.type !== 'asked') return [text.watchedStates[state.type]];
  const sound = audio ? text.shares.withSound : text.shares.withoutSound;
  return title === '' ? [sound] : [title, sound];
}

/** [SH3] Said only while the transform runs on both ends; else what is missing. */
function protectionWords({ state, protection }: ShareView): string[] {
  // Its own remark says it.
  if (state.type === 'unprotected') return [];
  switch (protection.type) {
    case 'protected':
      return [text.shares.protected];
    case 'unprotected':
      return [text.shares.notProtected[protection.missing]];
    case 'pending':
      return [];
  }
}
