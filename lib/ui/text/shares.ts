/** Sentences about shares of a tab or screen, as the popup and the page that shares one show them. */
import type { ShareSource } from '../../protocol/kinds.ts';
import type { Content, Quality } from '../../share/quality.ts';
import type { Missing, ShareEndReason, SharingState, WatchingState } from '../../share/states.ts';

export const shares = {
  title: 'Sharing',
  /** Of a share without a title. */
  untitled: { tab: 'a tab', screen: 'a screen' } satisfies Record<ShareSource, string>,
  sharing: (what: string, name: string) => `Sharing ${what} with ${name}`,
  offering: (what: string, name: string) => `Asking ${name} to watch ${what}`,
  shared: (what: string, name: string) => `Shared ${what} with ${name}`,
  notShared: (what: string, name: string) => `Not shared with ${name}: ${what}`,
  stopSharing: 'Stop sharing',
  goOn: 'Share anyway',
  pointer: (name: string) => `Show where ${name} points`,
  watching: (what: string, name: string) => `Watching ${what} from ${name}`,
  watched: (what: string, name: string) => `Watched ${what} from ${name}`,
  ask: {
    tab: (name: string) => `${name} wants to show you a tab`,
    screen: (name: string) => `${name} wants to show you its screen`,
  } satisfies Record<ShareSource, (name: string) => string>,
  withSound: 'With sound',
  withoutSound: 'Without sound',
  accept: 'Accept',
  decline: 'Decline',
  show: 'Show',
  stopWatching: 'Stop watching',
  dismiss: 'Dismiss',
  deviceGone: 'a removed device',
  protected: 'Protected: ML-KEM-768 + X25519',
  notProtected: {
    here: 'Not protected by ML-KEM-768: this browser lacks frame encryption',
    there: 'Not protected by ML-KEM-768: the other browser lacks frame encryption',
    both: 'Not protected by ML-KEM-768: both browsers lack frame encryption',
  },
  quality: 'Quality',
  content: 'Best for',
  qualityHint:
    'Of the picture that goes to your other devices. Auto is 720p or 1080p, as what is shared and the connection allow.',
} as const;

export const shareQualities: Readonly<Record<Quality, string>> = {
  auto: 'Auto',
  '720p': '720p',
  '1080p': '1080p',
  '4k': '4K',
};

const ONLY_WEBRTC = 'Without it, only the encryption of WebRTC itself is on.';

export const shareContents: Readonly<Record<Content, string>> = {
  text: 'Sharp text',
  motion: 'Smooth motion',
};

/** Below the line that names it. */
export const sharingStates: Readonly<
  Record<Exclude<SharingState['type'], 'unprotected' | 'ended'>, (name: string) => string>
> = {
  offering: (name) => `Waiting for an answer at ${name}`,
  connecting: () => 'Connecting…',
  live: () => 'The picture is live',
  interrupted: (name) => `Interrupted: waiting for ${name}`,
};

/** [SH3] What the person is asked about: which browser lacks it. */
export const shareUnprotected: Readonly<Record<Missing, (name: string) => string>> = {
  here: () => `This browser cannot protect the picture by ML-KEM-768. ${ONLY_WEBRTC}`,
  there: (name) => `The browser of ${name} cannot decrypt what ML-KEM-768 protects. ${ONLY_WEBRTC}`,
  both: (name) =>
    `Neither this browser nor that of ${name} can protect the picture by ML-KEM-768. ${ONLY_WEBRTC}`,
};

export const sharingPaused = 'It gives no picture at the moment';

export const watchedStates: Readonly<
  Record<Exclude<WatchingState['type'], 'asked' | 'ended'>, string>
> = {
  connecting: 'Connecting…',
  watching: 'The picture is live',
  stalled: 'No picture is coming: it goes on by itself',
};

type EndWords = (name: string) => string;

/** Why a share is over, where that was not this person's own doing. */
export const sharesOver: Readonly<Record<ShareEndReason, EndWords>> = {
  declined: (name) => `${name} declined to watch.`,
  busy: (name) => `${name} watches as many as it can already.`,
  'no-answer': (name) => `Nobody answered at ${name}.`,
  stopped: (name) => `${name} stopped it.`,
  closed: (name) => `It was closed on ${name}.`,
  unsupported: (name) => `The browser of ${name} cannot show or protect it. Update both browsers.`,
  failed: (name) => `The picture could not be brought to ${name} or from there.`,
  'no-path': (name) => `No way leads to ${name}. A TURN server in Settings helps.`,
  'device-gone': (name) => `${name} went away and did not come back in time.`,
  'device-removed': (name) => `${name} is no longer paired.`,
};

export const shareScreen = {
  title: (name: string) => `Share with ${name}`,
  body: {
    any: 'Choose a window, a tab or the whole screen in the browser’s own dialog. It is shared for as long as this page is open.',
    tab: 'The browser heeds its own question only in tabs that are opened after it: choose this one yourself, in its dialog, or open the page in a new tab and share it there. What you choose here is shared for as long as this page is open.',
  },
  choose: 'Choose what to share',
  surfaces: { monitor: 'the whole screen', window: 'a window', browser: 'a tab' },
  notPaired: 'This device is not paired any more.',
} as const;
