import type { PausedBy, ReceiveState, SendState, TransferKind } from '../../messaging/snapshot.ts';
import { LANGUAGE } from './language.ts';

export const sendStates: Readonly<Record<SendState, string>> = {
  preparing: 'Preparing',
  'waiting-for-device': 'Waiting for the device to come online',
  connecting: 'Connecting',
  'waiting-for-accept': 'Waiting for an answer',
  transferring: 'Sending',
  paused: 'Paused',
  'needs-you': 'Needs you',
  verifying: 'Being checked by the other device',
  delivered: 'Delivered',
  declined: 'Declined',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export const receiveStates: Readonly<Record<ReceiveState, string>> = {
  offered: 'Waiting for your answer',
  transferring: 'Receiving',
  paused: 'Paused',
  verifying: 'Checking',
  stored: 'Received',
  saving: 'Saving',
  saved: 'Saved',
  'needs-you': 'Needs you',
  declined: 'Declined',
  expired: 'Offer expired',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

/** A pause, by whose it is. */
export function paused(by: PausedBy, name: string): string {
  switch (by) {
    case 'me':
      return 'Paused';
    case 'peer':
      return `Paused by ${name}`;
    case 'both':
      return `Paused here and by ${name}`;
    case 'connection':
      return 'Waiting for the connection';
  }
}

/** What a thing is called when `count` of it are sent. */
export const kinds: Readonly<Record<TransferKind, (count: number) => string>> = {
  files: (count) => (count === 1 ? 'a file' : `${count} files`),
  image: (count) => (count === 1 ? 'an image' : `${count} images`),
  video: (count) => (count === 1 ? 'a video' : `${count} videos`),
  audio: (count) => (count === 1 ? 'a sound' : `${count} sounds`),
  link: () => 'a link',
  text: () => 'a text',
  page: () => 'a page',
};

/** Texts and links are not saved anywhere: for them the end is that they are here. */
export const receivedWords = receiveStates.stored;

export const transfers = {
  title: 'Transfers',
  to: (name: string) => `To ${name}`,
  from: (name: string) => `From ${name}`,
  offer: (name: string, what: string) => `${name} wants to send you ${what}`,
  accept: 'Accept',
  decline: 'Decline',
  cancel: 'Cancel',
  dismiss: 'Dismiss',
  dismissName: (title: string) => `Dismiss ${title}`,
  cancelName: (title: string) => `Cancel ${title}`,
  pause: 'Pause',
  pauseName: (title: string) => `Pause ${title}`,
  resume: 'Resume',
  resumeName: (title: string) => `Resume ${title}`,
  copy: 'Copy',
  openLink: 'Open',
  show: 'Show in folder',
  save: 'Save',
  copied: 'Copied',
  more: (count: number) => (count === 1 ? 'and 1 more' : `and ${count} more`),
  progress: (title: string) => `Progress of ${title}`,
  of: (done: string, total: string) => `${done} of ${total}`,
  perSecond: (amount: string) => `${amount}/s`,
  left: (time: string) => `${time} left`,
  showAll: (count: number) => `Show ${count} more`,
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
    `${name} is offline. The files go as soon as it is back, while this browser is running.`,
  tooMany: (limit: number) =>
    `These are too many files for one send (at most ${limit.toLocaleString(LANGUAGE)}). Send them in parts.`,
  unreadable: (count: number) =>
    count === 1
      ? '1 file could not be read and was left out.'
      : `${count} files could not be read and were left out.`,
} as const;
