/**
 * Every sentence that a person reads, in one place, so that a second language is a second module.
 *
 * States and codes of closed unions are `Record`s: a new member does not compile without its words.
 * Codes that come over a port as plain strings fall back to a sentence that names the code.
 */
import type {
  DeviceView,
  PairingFailure,
  ReceiveState,
  SendState,
  TransferKind,
} from '../messaging/snapshot.ts';
import type { DeclineReason } from '../protocol/kinds.ts';
import type { CodeErrorCode } from '../session/code.ts';
import type { SessionErrorCode } from '../session/errors.ts';
import type { SignalingErrorCode } from '../signaling/errors.ts';
import type { SinkError, SourceError, TransferError } from '../transfer/errors.ts';
import type { FailureReason, NeedsYou } from '../transfer/states.ts';

/** Of these sentences; numbers and times within them follow it, not the browser's own. */
export const LANGUAGE = 'en';

export const APP_NAME = 'Tallow Send';

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

export const sendStates: Readonly<Record<SendState, string>> = {
  preparing: 'Preparing',
  'waiting-for-device': 'Waiting for the device to come online',
  connecting: 'Connecting',
  'waiting-for-accept': 'Waiting for an answer',
  transferring: 'Sending',
  paused: 'Paused',
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

export const presence: Readonly<Record<DeviceView['presence'], string>> = {
  online: 'Online',
  offline: 'Offline',
};

/** Codes of adapters, whose types `ui` does not see. */
type AdapterCode =
  | 'no-answer'
  | 'internal'
  | 'bad-message'
  | 'offscreen-failed'
  | 'offscreen-missing'
  | 'device-unknown'
  | 'nothing-to-send'
  | 'nothing-to-open'
  | 'not-a-link'
  | 'no-page'
  | 'too-long'
  | 'bad-url'
  | 'copy-failed'
  | 'download-refused'
  | 'fetch-failed'
  | 'not-that-kind'
  | 'not-found'
  | 'unreadable'
  | 'keys-unreadable'
  | 'keys-set-aside'
  | 'records-set-aside'
  | 'stalled'
  | 'too-large'
  | 'not-sent'
  | 'migration-failed'
  | 'newer-version'
  | 'storage-unavailable';

type KnownCode =
  | AdapterCode
  | DeclineReason
  | FailureReason
  | NeedsYou
  | SessionErrorCode
  | SignalingErrorCode
  | SinkError['code']
  | SourceError['code']
  | TransferError['code'];

const LOST = 'The connection was lost.';
const AGAIN = 'Send it again.';
const NO_SENSE = 'The other device sent something that made no sense.';
const INTERNAL = 'Something went wrong in Tallow Send itself. Try again.';
const NOT_PAIRED = 'This device is no longer paired. Pair again to send.';
const SERVER_BUSY = 'The signaling server takes no more right now. Wait a moment and try again.';

/** Why something failed, was declined, needs a person, or was refused; with a next step. */
const reasons: Readonly<Record<KnownCode, string>> = {
  // The other side's answer.
  declined: 'The other side said no.',
  expired: 'Nobody answered within ten minutes.',
  gone: `It is no longer there. ${AGAIN}`,
  'no-space': 'There is not enough room on the receiving device.',
  // The transfer.
  'source-changed': `The file changed while it was being sent. ${AGAIN}`,
  'source-unreadable': 'The file could not be read. Choose it again.',
  'storage-failed': 'The receiving device could not write the file.',
  'sink-failed': 'The file could not be written on this device.',
  'verify-failed': `What arrived was not what was sent, so it was thrown away. ${AGAIN}`,
  'bad-content': 'What arrived was not of the kind that was announced, so it was thrown away.',
  interrupted: `It was interrupted. ${AGAIN}`,
  'connection-lost': `${LOST} ${AGAIN}`,
  'device-unreachable': 'The other device could not be reached. Try again when it is online.',
  'device-removed': NOT_PAIRED,
  'protocol-error': `${NO_SENSE} ${AGAIN}`,
  'save-failed':
    'The browser could not save the file. Check your downloads folder, then save again.',
  'choose-place': 'The browser wants to ask you where to save. Save it from here.',
  'unknown-transfer': 'This transfer is over.',
  'duplicate-transfer': INTERNAL,
  'shut-down': INTERNAL,
  // The session.
  'peer-offline': 'The other device is offline.',
  'peer-left': 'The other device went away.',
  'server-away': 'There is no connection to the signaling server.',
  'link-failed': 'No direct connection to the other device could be made.',
  'peer-closed': LOST,
  refused: 'The other device refused the connection. If it removed this one, pair again.',
  'bad-peer': NO_SENSE,
  'binding-failed': 'The connection was not safe and was closed: someone may sit in between.',
  'no-common-version': 'Update Tallow Send on both devices.',
  'not-paired': NOT_PAIRED,
  replaced: LOST,
  removed: 'The other device removed this one. Pair again to send.',
  idle: LOST,
  cancelled: 'It was cancelled.',
  // The signaling server.
  'bad-request': INTERNAL,
  'too-large': 'This is too large to go this way. Save it as a file and send that.',
  'rate-limited': SERVER_BUSY,
  'room-full': SERVER_BUSY,
  'too-many-rooms': SERVER_BUSY,
  'not-in-room': SERVER_BUSY,
  'target-offline': 'The other device is not connected right now.',
  'nameplate-unknown': 'No device is showing this code.',
  'nameplate-expired': 'The code has expired.',
  'nameplate-used': 'This code has already been used.',
  'nameplate-taken': 'Another device got to this code first.',
  'too-many-nameplates': SERVER_BUSY,
  'too-many-guesses': 'Too many wrong codes from your network. Wait a few minutes.',
  unavailable: SERVER_BUSY,
  offline: 'There is no connection to the signaling server.',
  timeout: 'There was no answer in time. Try again.',
  'invalid-reply': 'The signaling server answered something that made no sense.',
  // Our own contexts.
  'no-answer': 'Tallow Send did not answer. Try again, or reload the extension.',
  internal: INTERNAL,
  'bad-message': INTERNAL,
  'offscreen-failed': 'The part of Tallow Send that sends did not start. Try again.',
  'offscreen-missing': 'This browser is too old for Tallow Send. Update it.',
  'device-unknown': NOT_PAIRED,
  'nothing-to-send': 'There is nothing here that could be sent.',
  'nothing-to-open': 'There is nothing left to open.',
  'not-a-link': 'Only web addresses (http and https) are opened. Copy it instead.',
  'no-page': 'The page in front has no address that another device could open.',
  'too-long': 'This text is too long to go as text. Save it as a file and send that.',
  'bad-url': 'This is not an address of a signaling server.',
  'copy-failed': 'The browser did not let us copy.',
  'download-refused': 'The browser refused to save the file. Check its download settings.',
  'fetch-failed': 'The page’s site did not give the file.',
  'not-that-kind': 'The page’s site gave something else than a picture, video or sound.',
  'not-found': 'It is no longer on the page.',
  unreadable: 'A file could not be read. Choose it again.',
  'keys-set-aside':
    'The keys of a paired device could not be read. They were kept as they are; pair it again to use it.',
  'records-set-aside':
    'Some stored data could not be read. It was kept as it is; everything else works.',
  stalled: 'The site stopped answering.',
  'not-sent': 'The files could not be handed over. Choose them again.',
  'keys-unreadable': 'The keys of this device cannot be read. Pair your devices again.',
  'migration-failed':
    'Your stored data could not be brought to this version. It is untouched: update or reinstall the earlier version.',
  'newer-version':
    'Your stored data comes from a newer version of Tallow Send. Update the extension.',
  'storage-unavailable':
    'The browser does not let Tallow Send store anything. Is the disk full? Free some room, then restart the browser.',
};

/** A sentence for any code; unknown codes are named, so that a report can quote them. */
export function reasonText(code: string): string {
  return isKnown(code) ? reasons[code] : `It did not work (${code}).`;
}

function isKnown(code: string): code is KnownCode {
  return Object.hasOwn(reasons, code);
}

const notes: Readonly<Record<string, string>> = {
  'link-instead': 'Sent as a link, because access to the site it lies on was not allowed.',
};

/** A remark about how something was sent; codes without words say nothing. */
export function noteText(code: string): string | undefined {
  return Object.hasOwn(notes, code) ? notes[code] : undefined;
}

/** Texts and links are not saved anywhere: for them the end is that they are here. */
export const receivedWords = receiveStates.stored;

export const header = {
  thisDevice: (name: string) => `This device is “${name}”`,
  settings: 'Settings',
  loading: 'Loading…',
} as const;

export const signaling = {
  offline: 'No connection to the signaling server',
  offlineHint: (host: string) =>
    `Devices cannot find each other until ${host} answers. Trying again by itself.`,
  incompatible: 'The signaling server speaks another version',
  incompatibleHint: (host: string) => `Update the extension, or the server at ${host}.`,
  none: 'No signaling server is set',
  noneHint: 'Devices meet there. Enter its address in Settings.',
  connecting: 'Connecting…',
  online: 'Connected',
  notConnected: 'Not connected',
  change: 'Change server',
} as const;

export const devices = {
  title: 'Devices',
  lastSeen: (ago: string) => `last seen ${ago}`,
  neverSeen: 'not seen since pairing',
  connected: 'connected',
  sendFiles: 'Send files',
  sendFilesTo: (name: string) => `Send files to ${name}`,
  sendPage: 'Send this page',
  sendPageTo: (name: string) => `Send this page to ${name}`,
  sendText: 'Text',
  sendTextTo: (name: string) => `Send text or a link to ${name}`,
  textLabel: (name: string) => `Text or link for ${name}`,
  textPlaceholder: 'Type or paste text or a link',
  textSend: 'Send',
  textTooLong: 'This text is too long to go as text. Save it as a file and send that.',
  sent: 'On its way',
  more: (name: string) => `More about ${name}`,
  rule: 'Always accept from this device',
  ruleHint: 'What it sends is saved without asking.',
  checkWords: 'Check words',
  pairedOn: (date: string) => `Paired ${date}`,
  remove: 'Remove',
  removeName: (name: string) => `Remove ${name}`,
  removeQuestion: (name: string) => `Remove ${name}?`,
  removeHint: 'The two devices can no longer send to each other until you pair them again.',
  keep: 'Keep',
  emptyTitle: 'Send to your other devices',
  emptyBody: 'Install Tallow Send on a second device, then pair the two with a code.',
  emptySteps: [
    'Pair this browser with another one.',
    'Right-click any picture, link or text and choose the device.',
    'Or drop files on it from here.',
  ],
} as const;

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
  copy: 'Copy',
  openLink: 'Open',
  show: 'Show in folder',
  save: 'Save',
  copied: 'Copied',
  more: (count: number) => (count === 1 ? 'and 1 more' : `and ${count} more`),
  progress: (title: string) => `Progress of ${title}`,
  of: (done: string, total: string) => `${done} of ${total}`,
  perSecond: (amount: string) => `${amount}/s`,
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

export const settings = {
  title: 'Settings',
  deviceSection: 'This device',
  deviceName: 'Device name',
  deviceNameHint: 'Your other devices see this name.',
  nameEmpty: 'Give the device a name.',
  ownId: 'Device id',
  ownIdHint: 'Derived from this device’s key. Safe to show.',
  noId: 'Made when you first pair.',
  serverSection: 'Server',
  server: 'Signaling server',
  serverHint: 'Where your devices find each other. Run your own with one command: npm run server.',
  serverEmpty: 'Enter the address of a signaling server.',
  serverBad: 'This is not an address. Example: https://signal.example.org',
  serverScheme: 'The address must begin with https://, wss://, http:// or ws://.',
  serverCredentials: 'The address must not hold a user name or password.',
  serverPlain:
    'Without encryption (http, ws) your network can see which rooms this device is in. Fine at home or for a test.',
  codeSection: 'Pairing codes',
  codeStyle: 'Codes that this device shows',
  codeWords: 'A number and three words',
  codeWordsHint: 'Easy to read aloud and to type.',
  codeCharacters: 'A number and 8 characters',
  codeCharactersHint: 'Harder to guess: 40 secret bits instead of 24.',
  save: 'Save',
  saved: 'Saved.',
  devicesSection: 'Paired devices',
  peerName: (name: string) => `Name for ${name}`,
  peerNameHint: 'Only this device shows it under this name.',
  noDevices: 'None yet. Open Tallow Send from the toolbar and choose “Pair a device”.',
  copy: 'Copy',
  copied: 'Copied',
  privacySection: 'What the server can see',
  privacyCan:
    'Your network address, when you are online, which connections meet in a room (rooms have random names that change every day), and the sizes and times of messages. From these it can guess which devices belong together, also from one day to the next.',
  privacyCannot:
    'Names of devices, codes, keys, files, links and texts. These go from device to device, end-to-end encrypted with keys that the server never has.',
  privacyCanTitle: 'It can see',
  privacyCannotTitle: 'It can never see',
  keysSection: 'Keys on this device',
  keys: 'The keys of this device lie in this browser profile. In this version they are not protected by a passphrase: a thief of the disk, or anyone who can use your account on this computer, can read them and act as this device. If that happens, remove this device on your other devices.',
} as const;
