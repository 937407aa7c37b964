/** Sentences of the page that shows a share. */
import type { ShareSource } from '../../protocol/kinds.ts';
import { shares } from './shares.ts';
import type { Party, Protection, ShareEndReason, WatchingState } from '../../share/states.ts';

export const viewer = {
  /** Of a share without a title. */
  untitled: { tab: 'A tab', screen: 'A screen' } satisfies Record<ShareSource, string>,
  from: (name: string) => `From ${name}`,
  windowTitle: (title: string, name: string) => `${title} – ${name}`,
  deviceGone: 'Removed device',
  emptyTitle: 'Nothing is shared with this device',
  emptyBody:
    'On another device, open Tallow Send and press “Share this tab”. It appears here once you accept it.',
  switcher: 'Shares',
  asking: 'asks',
  over: 'over',

  answerWithin: (time: string) => `Answer within ${time}`,

  video: (title: string) => `Live picture of ${title}`,
  picture: 'Picture',
  controls: 'Controls',
  stop: 'Stop',
  fullScreen: 'Full screen',
  pictureInPicture: 'Picture in picture',
  realPixels: 'Real pixels',
  pointer: 'Show my pointer',
  soundOn: 'Turn sound on',
  soundOff: 'Turn sound off',
  volume: 'Volume',
  volumeNow: (percent: number) => `${percent} %`,
  volumeMuted: (percent: number) => `${percent} %, sound is off`,
  noSound: 'Shared without sound',
  soundHeld: 'The browser holds the sound back until you turn it on.',
  soundElsewhere: 'The sound plays in another window.',
  notSupported: 'The browser did not do that.',
  close: 'Close this window',

  details: 'Stream details',
  size: (width: string, height: string) => `${width} × ${height}`,
  fps: (rate: string) => `${rate} fps`,
  megabits: (rate: string) => `${rate} Mbit/s`,
  kilobits: (rate: string) => `${rate} kbit/s`,
  delay: (ms: string) => `${ms} ms delay`,
  measuring: 'Measuring…',
  noPicture: 'No picture at the moment',
} as const;

/** What a state means, where it has words of its own. */
export const watchingStates: Readonly<
  Record<Exclude<WatchingState['type'], 'asked' | 'stalled' | 'ended'>, string>
> = {
  connecting: 'Connecting…',
  watching: 'The picture is live',
};

interface Sentence {
  readonly what: string;
  /** What helps, or what happens next. */
  readonly next?: string;
}

/** It comes back by itself: a person has to do nothing. */
export const stalls: Readonly<
  Record<Extract<WatchingState, { type: 'stalled' }>['cause'], (name: string) => Sentence>
> = {
  path: (name) => ({
    what: `The connection to ${name} is interrupted`,
    next: 'The picture comes back by itself once there is a way again.',
  }),
  session: (name) => ({
    what: `${name} cannot be reached`,
    next: 'The picture comes back by itself if the device is there again within a minute.',
  }),
  frames: (name) => ({
    what: 'No picture is coming',
    next: `The line is slow, or ${name} gets no picture of what it shares. It goes on by itself.`,
  }),
};

/** [SH3] Said only while both transforms run; else what is missing. */
export function protectionText(protection: Protection): string {
  switch (protection.type) {
    case 'protected':
      return shares.protected;
    case 'pending':
      return 'Not protected yet: frame encryption has not started';
    case 'unprotected':
      return shares.notProtected[protection.missing];
  }
}

export const protectionHint =
  'Only the encryption of WebRTC itself is on then, which a quantum computer may break one day.';

type EndWords = (name: string) => Sentence;

const NEVER_MIND: EndWords = () => ({ what: 'The share is over' });
const BROKEN: EndWords = (name) => ({
  what: 'The picture could not be brought here',
  next: `Ask for it to be shared again. If it fails again, “Check connection” in Settings says why, here and on ${name}.`,
});

/** Why it is over, by whose doing: of this person, of the other side, of nobody. */
export const shareEnds: Readonly<
  Record<ShareEndReason, Readonly<Record<Party | 'nobody', EndWords>>>
> = {
  stopped: {
    me: () => ({ what: 'You stopped watching' }),
    peer: (name) => ({ what: `${name} stopped sharing` }),
    nobody: NEVER_MIND,
  },
  closed: {
    me: () => ({ what: 'The window it was shown in was closed' }),
    peer: (name) => ({ what: `${name} closed what was shared` }),
    nobody: NEVER_MIND,
  },
  failed: { me: BROKEN, peer: BROKEN, nobody: BROKEN },
  unsupported: {
    me: () => ({
      what: 'It was not shown',
      next: 'It can no longer be shown as you accepted it. Ask for it to be shared again.',
    }),
    peer: (name) => ({
      what: `${name} did not share it`,
      next: 'The two browsers cannot protect it, or have no way in common to show it. Update both.',
    }),
    nobody: NEVER_MIND,
  },
  declined: {
    me: () => ({ what: 'You declined' }),
    peer: NEVER_MIND,
    nobody: NEVER_MIND,
  },
  busy: {
    me: () => ({ what: 'It was declined', next: 'This device watches as many as it can already.' }),
    peer: NEVER_MIND,
    nobody: NEVER_MIND,
  },
  'no-answer': {
    me: () => ({ what: 'Nobody answered in time', next: 'Ask for it to be shared again.' }),
    peer: () => ({ what: 'Nobody answered in time', next: 'Ask for it to be shared again.' }),
    nobody: () => ({ what: 'Nobody answered in time', next: 'Ask for it to be shared again.' }),
  },
  'device-gone': {
    me: NEVER_MIND,
    peer: (name) => ({ what: `${name} went away`, next: 'It did not come back in time.' }),
    nobody: (name) => ({ what: `${name} went away`, next: 'It did not come back in time.' }),
  },
  'no-path': { me: BROKEN, peer: BROKEN, nobody: BROKEN },
  'device-removed': {
    me: NEVER_MIND,
    peer: NEVER_MIND,
    nobody: () => ({ what: 'The devices are no longer paired' }),
  },
};
