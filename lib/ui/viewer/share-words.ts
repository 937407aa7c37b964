/** Words about a share that is watched. */
import type { StreamLine } from '../../share/stats.ts';
import { formatMs } from '../format.ts';
import { pathName } from '../path-words.ts';
import * as text from './text.ts';
import type { ViewerSnapshot, WatchedShare } from './port.ts';

export function shareTitle({ title, source }: Pick<WatchedShare, 'title' | 'source'>): string {
  return title === '' ? text.viewer.untitled[source] : title;
}

export function deviceName(snapshot: ViewerSnapshot | null, deviceId: string): string {
  const device = snapshot?.devices.find((one) => one.deviceId === deviceId);
  return device?.name ?? text.viewer.deviceGone;
}

interface Sentence {
  readonly what: string;
  readonly next?: string;
}

/** The states that have more to say than a word: what is, and what helps or comes next. */
export function stateSentence({ state }: WatchedShare, name: string): Sentence | undefined {
  if (state.type === 'stalled') return text.stalls[state.cause](name);
  if (state.type === 'ended') return text.shareEnds[state.reason][state.by ?? 'nobody'](name);
  return undefined;
}

/** What a screen reader hears of a change of state; statistics are not told. */
export function stateWords(share: WatchedShare, name: string): string {
  const { type } = share.state;
  if (type === 'asked') return text.shares.ask[share.source](name);
  if (type === 'connecting' || type === 'watching') return text.watchingStates[type];
  const { what, next = '' } = stateSentence(share, name) ?? { what: '' };
  return `${what}. ${next}`.trim();
}

/** `1280 × 720`, `30 fps`, `2.9 Mbit/s`, `42 ms delay`, `Direct, same network`: what is known. */
export function streamWords(line: StreamLine): readonly string[] {
  const { size, delayMs, path } = line;
  return [
    ...(size === null ? [] : [text.viewer.size(String(size.width), String(size.height))]),
    text.viewer.fps(rounded(line.fps, 0)),
    bitrateWords(line.bitrate),
    ...(delayMs === null ? [] : [text.viewer.delay(formatMs(delayMs))]),
    ...(path === null ? [] : [pathName(path)]),
  ];
}

function bitrateWords(bitrate: number): string {
  // 999.5, not 1000: what would be rounded to "1,000 kbit/s" is already "1 Mbit/s".
  return bitrate < 999_500
    ? text.viewer.kilobits(rounded(bitrate / 1e3, 0))
    : text.viewer.megabits(rounded(bitrate / 1e6, 1));
}

function rounded(value: number, digits: number): string {
  return value.toLocaleString(text.LANGUAGE, { maximumFractionDigits: digits });
}
