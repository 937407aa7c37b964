/** Sentences about files that wait to be sent, and about those that have to be found again. */
import { LANGUAGE } from './language.ts';

const many = (count: number) => count.toLocaleString(LANGUAGE);

export const outbox = {
  section: 'Outbox',
  hint: 'Files up to 64 MiB are copied until they have arrived, so that they still go after this browser was closed. Larger ones have to be allowed or chosen again then. Nothing that waits is ever removed to make room.',
  usage: 'Used by what waits to be sent',
  used: (used: string, quota: string) => `${used} of ${quota}`,
  nearlyFull: (used: string, quota: string) => `The outbox holds ${used} of ${quota}`,
  nearlyFullHint:
    'Once it is full, more files can be sent, but only as long as this browser is not closed.',
  tooLarge: (count: number, limit: string) =>
    count === 1
      ? `1 file is larger than ${limit}. If this browser is closed before it has arrived, you will be asked to choose it again.`
      : `${many(count)} files are larger than ${limit}. If this browser is closed before they have arrived, you will be asked to choose them again.`,
} as const;

export const sources = {
  title: 'Find the files again',
  lead: (device: string) =>
    `The browser was closed before everything had arrived at ${device}. What arrived stays there; the rest goes on from here.`,
  leadAgain: 'To send this once more, the files have to be read again.',
  chooseAgain: 'Not all of the files can be found. Choose them on the page of the device.',
  allowSection: 'Allow reading',
  allowHint: 'The browser asks whether Tallow Send may read it. Nothing else is read.',
  allow: 'Allow',
  denied: 'Reading was not allowed. Press “Allow” to be asked again, or choose the files below.',
  files: (count: number) => (count === 1 ? '1 file' : `${many(count)} files`),
  chooseSection: 'Choose again',
  chooseHint: 'The browser cannot find these by itself.',
  choose: 'Choose files',
  list: 'Files to choose again',
  more: (count: number) => `and ${many(count)} more`,
  drop: 'Files can also be dropped anywhere on this page.',
  strangers: (count: number) =>
    count === 1
      ? '1 file was left out: none of those above has its name.'
      : `${many(count)} files were left out: none of those above has their name.`,
  otherName: (chosen: string, needed: string) => `“${chosen}” has another name than “${needed}”.`,
  otherNameHint: 'If it is the same file, or should go in its place, use it.',
  use: 'Use it',
  changed: (count: number) =>
    count === 1
      ? '1 file has changed since; it is sent from the beginning.'
      : `${many(count)} files have changed since; they are sent from the beginning.`,
  working: 'One moment. Keep this page open.',
  done: 'It goes on.',
  doneHint: 'You can close this page now.',
  nothing: 'Nothing has to be found again.',
  nothingHint: 'You can close this page.',
} as const;
