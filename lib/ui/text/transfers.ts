import type {
  FileState,
  PausedBy,
  ReceiveState,
  SendState,
  TransferKind,
  TransferView,
} from '../../messaging/snapshot.ts';
import { LANGUAGE } from './language.ts';

/** `1,950` */
const formatCount = (count: number): string => count.toLocaleString(LANGUAGE);

export const sendStates: Readonly<Record<SendState, string>> = {
  preparing: 'Preparing',
  'waiting-for-device': 'Waiting for device',
  connecting: 'Connecting',
  'waiting-for-accept': 'Waiting for accept',
  transferring: 'Transferring',
  paused: 'Paused',
  'needs-you': 'Needs you',
  verifying: 'Verifying',
  delivered: 'Delivered',
  declined: 'Declined',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export const receiveStates: Readonly<Record<ReceiveState, string>> = {
  offered: 'Waiting for your answer',
  transferring: 'Transferring',
  paused: 'Paused',
  verifying: 'Verifying',
  stored: 'Stored',
  saving: 'Saving',
  saved: 'Saved',
  'needs-you': 'Needs you',
  declined: 'Declined',
  expired: 'Offer expired',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

/** Of one file, whichever side it is on. */
export const fileStates: Readonly<Record<FileState, string>> = {
  waiting: 'Waiting',
  transferring: 'Transferring',
  paused: 'Paused',
  verifying: 'Verifying',
  delivered: 'Delivered',
  stored: 'Stored',
  saving: 'Saving',
  saved: 'Saved',
  'needs-you': 'Needs you',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

/** Of a file that was delivered before: no byte of it goes. */
export const fileThere = 'Already there';

/** A pause, by whose it is. */
export function paused(by: PausedBy, name: string): string {
  switch (by) {
    case 'me':
      return 'Paused';
    case 'peer':
      return `Paused by ${name}`;
    case 'both':
      return 'Paused on both devices';
    case 'connection':
      return 'Paused until the connection is back';
  }
}

/** Ended by the other device's person. */
export const cancelledBy = (name: string): string => `Cancelled by ${name}`;

/** The other device has no room left: its pause, and nobody's wish. */
export const pausedForRoom = (name: string): string => `Paused: no room on ${name}`;
export const pausedForRoomHint = 'It goes on by itself as soon as there is room.';

/** What was there already, of something sent and of something received. */
export const alreadyThere = {
  out: (there: number, count: number) =>
    there >= count
      ? 'Already there, nothing sent.'
      : `${formatCount(there)} of ${formatCount(count)} files were already there and not sent.`,
  in: (there: number, count: number) =>
    there >= count
      ? 'Already here, nothing was sent.'
      : `${formatCount(there)} of ${formatCount(count)} files were already here and not sent.`,
} satisfies Record<TransferView['direction'], (there: number, count: number) => string>;

/** What a thing is called when `count` of it are sent. */
export const kinds: Readonly<Record<TransferKind, (count: number) => string>> = {
  files: (count) => (count === 1 ? 'a file' : `${formatCount(count)} files`),
  image: (count) => (count === 1 ? 'an image' : `${count} images`),
  video: (count) => (count === 1 ? 'a video' : `${count} videos`),
  audio: (count) => (count === 1 ? 'a sound' : `${count} sounds`),
  link: () => 'a link',
  text: () => 'a text',
  page: () => 'a page',
};

/** Texts and links are not saved anywhere: for them the end is that they are here. */
export const receivedWords = 'Received';

export const transfers = {
  title: 'Transfers',
  to: (name: string) => `To ${name}`,
  from: (name: string) => `From ${name}`,
  offer: (name: string, what: string) => `${name} wants to send you ${what}`,
  accept: 'Accept',
  decline: 'Decline',
  cancel: 'Cancel',
  dismiss: 'Dismiss',
  pause: 'Pause',
  resume: 'Resume',
  retry: 'Retry',
  sendAnyway: 'Send anyway',
  allow: 'Allow',
  chooseAgain: 'Choose file again',
  checkRoom: 'Check for room',
  /** One file's button, beside the others' in the same list. */
  ofFile: (action: string, path: string) => `${action} ${path}`,
  files: 'Files',
  filesOf: (title: string) => `Files of ${title}`,
  filesDone: (done: number, count: number) => `${formatCount(done)} of ${formatCount(count)} files`,
  clearEnded: 'Clear finished',
  copy: 'Copy',
  openLink: 'Open',
  show: 'Show in folder',
  save: 'Save',
  copied: 'Copied',
  more: (count: number) => `and ${formatCount(count)} more`,
  progress: (title: string) => `Progress of ${title}`,
  of: (done: string, total: string) => `${done} of ${total}`,
  perSecond: (amount: string) => `${amount}/s`,
  left: (time: string) => `${time} left`,
  showAll: (count: number) => `Show ${formatCount(count)} more`,
} as const;

export const send = {
  title: (name: string) => `Send to ${name}`,
  chooseFiles: (name: string) => `Choose files for ${name}`,
  chooseFolder: 'Choose a folder',
  drop: 'Drop files or folders here',
  dropNow: 'Let go to add them',
  paste: 'or paste them',
  list: 'Chosen files',
  total: (count: number, size: string) => `${count === 1 ? '1 file' : `${count} files`}, ${size}`,
  ready: (count: number) => (count === 1 ? '1 file ready' : `${count} files ready`),
  clear: 'Remove all',
  removeFile: (path: string) => `Remove ${path}`,
  send: 'Send',
  nothing: 'Choose at least one file first.',
  reading: 'Reading the folder…',
  handingOver: 'Handing the files over…',
  keepOpen: 'Keep this page open for a moment.',
  closeNow: 'You can close this page now.',
  closeHint: 'Sending goes on in the background.',
  gone: 'This device is not paired',
  goneHint: 'It may have been removed. Open Tallow Send from the toolbar to see your devices.',
  offlineHint: (name: string) =>
    `${name} is offline. The files wait here and go as soon as it is back.`,
  tooMany: (limit: number) =>
    `These are too many files for one send (at most ${limit.toLocaleString(LANGUAGE)}). Send them in parts.`,
  unreadable: (count: number) =>
    count === 1
      ? '1 file could not be read and was left out.'
      : `${count} files could not be read and were left out.`,
} as const;
