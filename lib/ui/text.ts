/**
 * Every sentence that a person reads, in one place, so that a second language is a second module.
 *
 * States and codes of closed unions are `Record`s: a new member does not compile without its words.
 * Codes that come over a port as plain strings fall back to a sentence that names the code.
 */
import type { DeviceView } from '../messaging/snapshot.ts';
import { historyProblems, type HistoryProblem } from './text/history.ts';
import type { DeclineReason } from '../protocol/kinds.ts';
import type { SessionErrorCode } from '../session/errors.ts';
import type { SignalingErrorCode } from '../signaling/errors.ts';
import type { SinkError, SourceError, TransferError } from '../transfer/errors.ts';
import type { FailureReason, NeedsSender, NeedsYou } from '../transfer/states.ts';

export * from './text/history.ts';
export * from './text/language.ts';
export * from './text/pairing.ts';
export * from './text/reach.ts';
export * from './text/settings.ts';
export * from './text/transfers.ts';

export const APP_NAME = 'Tallow Send';

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
  | 'bad-stun-servers'
  | 'bad-turn-servers'
  | 'copy-failed'
  | 'download-refused'
  | 'fetch-failed'
  | 'not-that-kind'
  | 'not-found'
  | 'unreadable'
  | 'keys-unreadable'
  | 'keys-set-aside'
  | 'records-set-aside'
  | 'picture-malformed'
  | 'picture-too-complex'
  | 'picture-unreadable'
  | 'stalled'
  | 'too-large'
  | 'not-sent'
  | 'migration-failed'
  | 'newer-version'
  | 'storage-unavailable'
  | HistoryProblem;

type KnownCode =
  | AdapterCode
  | DeclineReason
  | FailureReason
  | NeedsSender
  | NeedsYou
  | 'make-room'
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

const STILL_IN_IT =
  'The metadata of a picture could not be removed, so nothing was sent. To send it as it is, switch the removal off for this device.';

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
  'no-relay':
    'Privacy mode is on, and no TURN server is known: nothing can connect. Add one in Settings, or switch privacy mode off.',
  'no-path':
    'No way leads from this network to the other device’s. A TURN server in Settings helps.',
  'device-unreachable': 'The other device could not be reached. Try again when it is online.',
  'device-removed': NOT_PAIRED,
  'protocol-error': `${NO_SENSE} ${AGAIN}`,
  'save-failed':
    'The browser could not save the file. Check your downloads folder, then save again.',
  'make-room':
    'There is not enough room on this device. What has arrived is kept: free some room and it goes on.',
  'allow-file':
    'The browser asks again before it lets Tallow Send read this file. Allow it to go on.',
  'choose-file': 'This file can no longer be read from here. Choose it again to go on.',
  'needs-permission': 'The browser asks again before it lets Tallow Send read this file.',
  'choose-again': 'This file can no longer be read from here. Choose it again.',
  'choose-place': 'The browser wants to ask you where to save. Save it from here.',
  'unknown-transfer': 'This transfer is over.',
  'duplicate-transfer': INTERNAL,
  'shut-down': INTERNAL,
  // The session.
  'peer-offline': 'The other device is offline.',
  'peer-left': 'The other device went away.',
  'server-away': 'There is no connection to the signaling server.',
  'link-failed':
    'No connection to the other device could be made. “Check connection” in Settings says why.',
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
  'bad-stun-servers': 'This is not a list of STUN servers.',
  'bad-turn-servers': 'This is not a list of TURN servers.',
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
  'picture-malformed': STILL_IN_IT,
  'picture-too-complex': STILL_IN_IT,
  'picture-unreadable': 'A picture could not be read. Choose it again.',
  stalled: 'The site stopped answering.',
  'not-sent': 'The files could not be handed over. Choose them again.',
  'keys-unreadable': 'The keys of this device cannot be read. Pair your devices again.',
  'migration-failed':
    'Your stored data could not be brought to this version. It is untouched: update or reinstall the earlier version.',
  'newer-version':
    'Your stored data comes from a newer version of Tallow Send. Update the extension.',
  ...historyProblems,
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
  'metadata-removed': 'Photo metadata removed.',
};

/** A remark about how something was sent; codes without words say nothing. */
export function noteText(code: string): string | undefined {
  return Object.hasOwn(notes, code) ? notes[code] : undefined;
}

export const header = {
  thisDevice: (name: string) => `This device is “${name}”`,
  settings: 'Settings',
  loading: 'Loading…',
} as const;

export const signaling = {
  offline: 'No connection to the signaling server',
  offlineHint: (host: string) =>
    `Devices cannot find each other until ${host} answers. Trying again by itself.`,
  offlineAll: 'No connection to a signaling server',
  offlineAllHint: (count: number) =>
    `Devices cannot find each other until one of the ${count} servers answers. Trying again by itself.`,
  incompatible: 'The signaling server speaks another version',
  incompatibleHint: (host: string) => `Update the extension, or the server at ${host}.`,
  none: 'No signaling server is set',
  noneHint: 'Devices meet there. Enter its address in Settings.',
  connecting: 'Connecting…',
  online: 'Connected',
  /** Of several: which one, and where it stands in the list. */
  onlineOf: (host: string, place: string) => `Connected to ${host}, ${place}`,
  placeOf: (place: string, count: number) => `${place} of ${count}`,
  notConnected: 'Not connected',
  noneAnswers: (count: number) => `Not connected: none of the ${count} servers answers`,
  change: 'Change server',
} as const;

export const devices = {
  title: 'Devices',
  lastSeen: (ago: string) => `last seen ${ago}`,
  neverSeen: 'not seen since pairing',
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
  strip: 'Remove photo metadata (place, camera)',
  stripHint: 'From JPEG, PNG and WebP pictures that you send to it. Pixels stay as they are.',
  rates: 'Right now',
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
