/**
 * Every sentence that a person reads, in one place, so that a second language is a second module.
 *
 * States and codes of closed unions are `Record`s: a new member does not compile without its words.
 * Codes that come over a port as plain strings fall back to a sentence that names the code.
 */
import type { DeviceView } from '../messaging/snapshot.ts';

export * from './text/history.ts';
export * from './text/language.ts';
export * from './text/lock.ts';
export * from './text/outbox.ts';
export * from './text/pairing.ts';
export * from './text/reach.ts';
export * from './text/reasons.ts';
export * from './text/shares.ts';
export * from './text/transfers.ts';

export const APP_NAME = 'Tallow Send';

export const presence: Readonly<Record<DeviceView['presence'], string>> = {
  online: 'Online',
  offline: 'Offline',
};

const notes: Readonly<Record<string, string>> = {
  'link-instead': 'Sent as a link, because access to the site it lies on was not allowed.',
  'metadata-removed': 'Photo metadata removed.',
  'not-kept':
    'If this browser is closed before everything has arrived, files of it have to be chosen again.',
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
  shareTab: 'Share this tab',
  shareTabWith: (name: string) => `Share this tab with ${name}`,
  shareScreenShort: 'Window or screen',
  shareScreen: (name: string) => `Share a window or the whole screen with ${name}`,
  sent: 'On its way',
  more: (name: string) => `More about ${name}`,
  rule: 'Always accept from this device',
  ruleHint: 'What it sends is saved without asking.',
  shareRule: 'Always show what this device shares',
  shareRuleHint: 'Its tabs and screens open here without asking, if they are protected.',
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
