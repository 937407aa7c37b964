import { describe, expect, it } from 'vitest';
import * as settingsText from '../../../lib/ui/settings/text.ts';
import * as viewerText from '../../../lib/ui/viewer/text.ts';

const text = { ...settingsText, ...viewerText };

/** Every string and every function's answer in a module of sentences. */
function sentencesIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'function')
    return sentencesIn((value as (...args: unknown[]) => unknown)(2, 3, 4));
  if (Array.isArray(value)) return value.flatMap(sentencesIn);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(sentencesIn);
  return [];
}

describe('sentences', () => {
  it('are never empty and never hold a hole', () => {
    for (const sentence of sentencesIn({ ...text })) {
      expect(sentence.trim()).not.toBe('');
      expect(sentence).not.toMatch(/undefined|null|NaN|\[object/);
    }
  });

  it('give every pairing failure its own words and a next step', () => {
    const failures = Object.values(text.pairingFailures);
    expect(new Set(failures.map(({ what }) => what)).size).toBe(failures.length);
    for (const { what, next } of failures) {
      expect(what).toMatch(/\.$/);
      expect(next).toMatch(/\.$/);
    }
  });

  it('tell states of one side apart', () => {
    for (const states of [text.sendStates, text.receiveStates]) {
      const words = Object.values(states);
      expect(new Set(words).size).toBe(words.length);
    }
  });

  it('say "Delivered" for one state only', () => {
    const delivered = Object.entries(text.sendStates).filter(([, words]) => /deliver/i.test(words));
    expect(delivered.map(([state]) => state)).toEqual(['delivered']);
  });
});

describe('reasonText', () => {
  it('has a sentence for a known code', () => {
    expect(text.reasonText('no-space')).toBe('There is not enough room on the receiving device.');
  });

  it.each(['brand-new', 'toString', '__proto__', 'constructor'])(
    'names an unknown code: %s',
    (code) => expect(text.reasonText(code)).toBe(`It did not work (${code}).`),
  );
});

describe('noteText', () => {
  it('says that a link went instead of the bytes', () => {
    expect(text.noteText('link-instead')).toMatch(/link/);
    expect(text.noteText('metadata-removed')).toBe('Photo metadata removed.');
  });

  it.each(['brand-new', 'constructor'])('says nothing for %s', (code) =>
    expect(text.noteText(code)).toBeUndefined(),
  );
});

describe('names that tests and screen readers find', () => {
  it.each([
    [text.devices.title, 'Devices'],
    [text.presence.online, 'Online'],
    [text.presence.offline, 'Offline'],
    [text.pairing.open, 'Pair a device'],
    [text.devices.sendFilesTo('Desktop'), 'Send files to Desktop'],
    [text.pairing.showCode, 'Show a code'],
    [text.pairing.codeOutput, 'Pairing code'],
    [text.pairing.enterLabel, 'Enter a code'],
    [text.pairing.connect, 'Connect'],
    [text.pairing.checkOutput, 'Check words'],
    [text.pairing.notTheSame, 'Not the same? Remove'],
    [text.send.send, 'Send'],
    [text.settings.deviceName, 'Device name'],
    [text.settings.server, 'Signaling server'],
    [text.reach.privacyMode, 'Privacy mode'],
    [text.reach.turnServers, 'TURN servers'],
    [text.reach.stunServers, 'STUN servers'],
    [text.check.run, 'Check connection'],
    [text.check.list, 'Connection check'],
    [text.debugLog.switch, 'Debug log'],
    [text.debugLog.export, 'Export debug log'],
    [text.transfers.title, 'Transfers'],
    [text.transfers.accept, 'Accept'],
    [text.transfers.decline, 'Decline'],
    [text.shares.accept, 'Accept'],
    [text.shares.decline, 'Decline'],
    [text.viewer.stop, 'Stop'],
    [text.viewer.fullScreen, 'Full screen'],
    [text.viewer.pictureInPicture, 'Picture in picture'],
    [text.viewer.volume, 'Volume'],
    [text.viewer.details, 'Stream details'],
  ])('%s', (words, name) => expect(words).toBe(name));
});
