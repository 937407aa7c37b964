/** Why something failed, was declined, needs a person, or was refused: a sentence for every code. */
import type { DeclineReason } from '../../protocol/kinds.ts';
import type { SessionErrorCode } from '../../session/errors.ts';
import type { SignalingErrorCode } from '../../signaling/errors.ts';
import type { ShareRequestError } from '../../share/errors.ts';
import type { SinkError, SourceError, TransferError } from '../../transfer/errors.ts';
import type { FailureReason, NeedsSender, NeedsYou } from '../../transfer/states.ts';
import { historyProblems, type HistoryProblem } from './history.ts';

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
  | 'outbox-full'
  | 'not-sent'
  | 'migration-failed'
  | 'newer-version'
  | 'storage-unavailable'
  | 'page-not-capturable'
  | 'page-unknown'
  | 'needs-capture'
  | 'tab-refused'
  | 'tab-busy'
  | CaptureCode
  | HistoryProblem;

/** Of the offscreen document's own capture, or of a page's. */
type CaptureCode =
  | 'capture-denied'
  | 'capture-refused'
  | 'capture-gone'
  | 'capture-unsupported'
  | 'capture-failed'
  | 'unknown-source';

type KnownCode =
  | AdapterCode
  | DeclineReason
  | FailureReason
  | NeedsSender
  | NeedsYou
  | 'make-room'
  | SessionErrorCode
  | ShareRequestError['code']
  | SignalingErrorCode
  | SinkError['code']
  | SourceError['code']
  | TransferError['code'];

const LOST = 'The connection was lost.';
const NO_SENSE = 'The other device sent something that made no sense.';
const INTERNAL = 'Something went wrong in Tallow Send itself. Try again.';
const NOT_PAIRED = 'This device is no longer paired. Pair again to send.';
const SERVER_BUSY = 'The signaling server takes no more right now. Wait a moment and try again.';

const STILL_IN_IT =
  'The metadata of a picture could not be removed, so nothing was sent. To send it as it is, switch the removal off for this device.';

const ASK_CAPTURE =
  'The browser asks whether Tallow Send may capture tabs. Without that no tab can be shared.';
const NO_PICTURE = 'The browser gave no picture of this page. Try again.';

/** What happened, and what helps where that is always the same. */
const reasons: Readonly<Record<KnownCode, string>> = {
  // The other side's answer.
  declined: 'The other side said no.',
  expired: 'Nobody answered within ten minutes.',
  gone: 'It is no longer there.',
  'no-space': 'There is not enough room on the receiving device.',
  // The transfer.
  'source-changed': 'The file changed while it was being sent.',
  'source-unreadable': 'The file could not be read.',
  'storage-failed': 'The receiving device could not write the file.',
  'sink-failed': 'The file could not be written on this device.',
  'verify-failed': 'What arrived was not what was sent, so it was thrown away.',
  'bad-content': 'What arrived was not of the kind that was announced, so it was thrown away.',
  interrupted: 'It was interrupted.',
  'connection-lost': LOST,
  'no-relay':
    'Privacy mode is on, and no TURN server is known: nothing can connect. Add one in Settings, or switch privacy mode off.',
  'no-path':
    'No way leads from this network to the other device’s. A TURN server in Settings helps.',
  'device-unreachable': 'The other device could not be reached. Try again when it is online.',
  'device-removed': NOT_PAIRED,
  'protocol-error': NO_SENSE,
  'save-failed':
    'The browser could not save the file. Check your downloads folder, then save again.',
  'make-room':
    'There is not enough room on this device. What has arrived is kept: free some room, and it goes on.',
  'allow-file':
    'The browser asks again before it lets Tallow Send read this file. Allow it to go on.',
  'choose-file': 'This file can no longer be read from here. Choose it again to go on.',
  'needs-permission': 'The browser asks again before it lets Tallow Send read this file.',
  'choose-again': 'This file can no longer be read from here. Choose it again.',
  'choose-place': 'The browser wants to ask you where to save. Save it from here.',
  'unknown-transfer': 'This transfer is over.',
  'duplicate-transfer': INTERNAL,
  'shut-down': INTERNAL,
  'locked-out': 'The password was wrong five times. It was not sent.',
  locked: 'It is sent under a password. Type the password in first.',
  'bad-password': 'This cannot be a password. It must not be empty or longer than a line.',
  busy: 'A password is being tried. Wait a moment.',
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
  'outbox-full':
    'The outbox is full: too much waits to be sent already. Cancel something, or wait until it has arrived.',
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
  // Shares.
  'page-not-capturable':
    'Pages of the browser, of its store and of extensions cannot be shared. Go to another tab, or share a window.',
  'page-unknown':
    'Pages of the browser, of its store and of extensions cannot be shared. On any other page, click the Tallow Send button there first.',
  'needs-capture': ASK_CAPTURE,
  'capture-denied': ASK_CAPTURE,
  'tab-refused':
    'The browser did not let this page be captured. Click the Tallow Send button on the page itself, then share it.',
  'tab-busy': NO_PICTURE,
  'capture-refused': 'The browser or the system did not allow this to be captured.',
  'capture-gone': NO_PICTURE,
  'capture-failed': NO_PICTURE,
  'capture-unsupported': 'This browser cannot capture that.',
  'unknown-source': 'It is not captured any more. Choose it again.',
  'unknown-share': 'This share is over.',
  'duplicate-share': 'This is shared with that device already.',
  'too-many-shares': 'Too much is being shared already. Stop something, or wait a moment.',
  ...historyProblems,
  'storage-unavailable':
    'The browser does not let Tallow Send store anything. Is the disk full? Free some room, then restart the browser.',
};

const AGAIN = 'Send it again.';

/** What helps where a transfer may have a better way: its button "Retry". */
const STEPS: Readonly<Partial<Record<KnownCode, string>>> = {
  gone: AGAIN,
  'source-changed': AGAIN,
  'source-unreadable': 'Choose it again.',
  'verify-failed': AGAIN,
  interrupted: AGAIN,
  'locked-out': AGAIN,
  'connection-lost': AGAIN,
  'protocol-error': AGAIN,
};

/** What happened and what helps, for any code; unknown ones are named, so that a report can quote them. */
export function reasonText(code: string): string {
  return joined(whatHappened(code), stepAfter(code));
}

function whatHappened(code: string): string {
  return isKnown(code) ? reasons[code] : `It did not work (${code}).`;
}

function stepAfter(code: string): string {
  return (isKnown(code) && STEPS[code]) || '';
}

function joined(...sentences: string[]): string {
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

/** What a sentence about a transfer has to know of it. */
export interface Failed {
  readonly direction: 'in' | 'out';
  readonly deviceName: string;
  readonly retryable?: boolean;
}

/** The same of a transfer, which may have a button "Retry" beside it. */
export function failureText(code: string, transfer: Failed): string {
  return joined(whatFailed(code, transfer), nextStep(code, transfer));
}

function whatFailed(code: string, { direction, deviceName }: Failed): string {
  if (code === 'no-space')
    return `There is not enough room on ${direction === 'in' ? 'this device' : deviceName}.`;
  return whatHappened(code);
}

/** Where these happened, a person there said or did it, and the button alone says the rest. */
const RETRY_SPEAKS: ReadonlySet<string> = new Set<KnownCode>([
  'declined',
  'expired',
  'device-unreachable',
  'no-path',
  'no-relay',
]);

function nextStep(code: string, { direction, deviceName, retryable }: Failed): string {
  if (retryable !== true) {
    const step = stepAfter(code);
    return step === AGAIN && direction === 'in' ? 'Ask for it to be sent again.' : step;
  }
  if (RETRY_SPEAKS.has(code)) return '';
  if (code === 'no-space')
    return direction === 'in' ? 'Free some room, then retry.' : 'Free some room there, then retry.';
  return direction === 'out'
    ? 'Retry sends what is missing.'
    : `Retry asks ${deviceName} for what is missing.`;
}

function isKnown(code: string): code is KnownCode {
  return Object.hasOwn(reasons, code);
}
