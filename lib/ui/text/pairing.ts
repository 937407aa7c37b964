import type { PairingFailure } from '../../messaging/snapshot.ts';
import type { CodeErrorCode } from '../../session/code.ts';

/** What went wrong in a pairing, and what to do next. */
export interface FailureText {
  readonly what: string;
  readonly next: string;
}

export const pairingFailures: Readonly<Record<PairingFailure, FailureText>> = {
  'wrong-code': {
    what: 'The code does not match.',
    next: 'Compare it with the other screen. That code is used up: show a new one there and enter it here.',
  },
  'bad-code': {
    what: 'This does not look like a code.',
    next: 'A code is a number and three words, or a number and 8 characters, such as 12345-album-camera-dragon.',
  },
  'code-unknown': {
    what: 'No device is showing this code.',
    next: 'Check the number in front, and that both devices use the same signaling server.',
  },
  'code-expired': {
    what: 'The code has expired.',
    next: 'A code is good for ten minutes. Show a new one.',
  },
  'code-used': {
    what: 'This code has already been used.',
    next: 'Each code pairs once. Show a new one on the other device.',
  },
  'code-taken': {
    what: 'Another device got to this code first.',
    next: 'If that was not yours, do not trust it. Show a new code on the other device.',
  },
  'someone-tried': {
    what: 'Someone tried this code and got it wrong.',
    next: 'It no longer works, to be safe. If that was you, show a new code and enter it with care.',
  },
  'own-code': {
    what: 'This is the code of this very device.',
    next: 'Enter it on your other device, or enter the code which that one shows.',
  },
  'own-key': {
    what: 'The other side has the identity of this device.',
    next: 'A browser profile may have been copied. Remove the copy’s data and pair again.',
  },
  'too-many-tries': {
    what: 'Too many wrong codes from your network.',
    next: 'Wait a few minutes, then try again with a new code.',
  },
  'server-away': {
    what: 'The signaling server cannot be reached.',
    next: 'Check your connection and the server in Settings, then try again.',
  },
  timeout: {
    what: 'The other device did not answer in time.',
    next: 'Keep both devices awake and online. One shows the code, the other enters it.',
  },
  'peer-left': {
    what: 'The other device went away before you were done.',
    next: 'Nothing was saved. Start again with a new code.',
  },
  'no-common-version': {
    what: 'The two versions of Tallow Send do not understand each other.',
    next: 'Update the extension on both devices, then pair again.',
  },
  'bad-peer': {
    what: 'The other side sent something that made no sense.',
    next: 'Nothing was saved. Start again with a new code; if it happens again, do not use this network or server.',
  },
  cancelled: {
    what: 'Pairing was cancelled.',
    next: 'Nothing was saved. Start again whenever you like.',
  },
  internal: {
    what: 'Something went wrong in Tallow Send itself.',
    next: 'Nothing was saved. Try again; if it keeps happening, restart the browser.',
  },
};

/** What is wrong with a code that is being typed; `part` is the piece in question. */
export const codeProblems: Readonly<Record<CodeErrorCode, (part: string) => string>> = {
  empty: () => 'Type the code that your other device shows.',
  'no-nameplate': () => 'The code begins with a number, such as 12345.',
  'bad-nameplate': (part) => `“${part}” is not a whole number of a code: it has at least 5 digits.`,
  incomplete: () => 'Something is missing: after the number come three words, or 8 characters.',
  'unknown-word': (part) => `“${part}” is not among the code words.`,
  'bad-character': (part) => `“${part}” does not occur in codes.`,
};

export const pairing = {
  open: 'Pair a device',
  title: 'Pair a device',
  back: 'Back',
  showCode: 'Show a code',
  showCodeHint: 'This device shows a code; enter it on the other one.',
  gettingCode: 'Getting a code…',
  or: 'or',
  enterLabel: 'Enter a code',
  enterHint: 'The code that your other device shows',
  placeholder: '12345-album-camera-dragon',
  complete: (word: string) => `Complete as ${word}`,
  instead: (word: string) => `Use ${word} instead`,
  connect: 'Connect',
  codeOutput: 'Pairing code',
  qr: 'The code as a QR picture',
  copyCode: 'Copy code',
  copyLink: 'Copy link',
  copied: 'Copied',
  copyFailed: 'Could not copy',
  style: 'Kind of code',
  styleWords: 'Three words',
  styleCharacters: '8 characters',
  goodFor: 'Good for',
  leftSpoken: (minutes: string) => `The code is good for ${minutes}.`,
  waiting: 'Waiting for the other device. You can close this window; the code stays good.',
  joining: 'Looking for the device with this code…',
  handshaking: 'Found it. Agreeing on keys…',
  cancel: 'Cancel',
  checkOutput: 'Check words',
  pairedWith: (name: string) => `Paired with ${name}`,
  compare: 'Both screens must show the same three words.',
  notTheSame: 'Not the same? Remove',
  same: 'They are the same',
  openSettings: 'Open settings',
} as const;
