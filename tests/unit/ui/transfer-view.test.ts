import { describe, expect, it } from 'vitest';
import type {
  DeviceView,
  ReceiveState,
  SendState,
  TransferKind,
  TransferView,
} from '../../../lib/messaging/snapshot.ts';
import { receiveStates, sendStates } from '../../../lib/ui/text.ts';
import { openActionOf, pauseActionOf } from '../../../lib/ui/transfer-actions.ts';
import {
  amountText,
  hasEnded,
  inOrder,
  pathText,
  phaseOf,
  progressOf,
  remarkText,
  stateText,
  timeLeftOf,
  titleText,
} from '../../../lib/ui/transfer-view.ts';

const MIB = 1024 * 1024;
const base = {
  transferId: '0'.repeat(32),
  deviceId: 'a'.repeat(64),
  deviceName: 'Desktop',
  kind: 'files' as TransferKind,
  title: 'photo.png',
  count: 1,
  totalBytes: 32 * MIB,
  doneBytes: 8 * MIB,
  createdAt: 1000,
};
type More = Partial<Omit<TransferView, 'direction' | 'state'>>;
const sent = (state: SendState, more: More = {}): TransferView => ({
  ...base,
  ...more,
  direction: 'out',
  state,
});
const received = (state: ReceiveState, more: More = {}): TransferView => ({
  ...base,
  ...more,
  direction: 'in',
  state,
});
const all = [
  ...(Object.keys(sendStates) as SendState[]).map((state) => sent(state)),
  ...(Object.keys(receiveStates) as ReceiveState[]).map((state) => received(state)),
];

describe('what a transfer looks like', () => {
  it('calls exactly these ended', () => {
    expect(all.filter(hasEnded).map(({ direction, state }) => `${direction} ${state}`)).toEqual([
      'out delivered',
      'out declined',
      'out failed',
      'out cancelled',
      'in saved',
      'in declined',
      'in expired',
      'in failed',
      'in cancelled',
    ]);
  });

  it('asks only for an offer', () => {
    const asking = all.filter((one) => phaseOf(one) === 'ask');
    expect(asking.map(({ state }) => state)).toEqual(['offered']);
  });

  it.each(['text', 'link', 'page'] as const)('a stored %s has arrived, a file has not', (kind) => {
    expect(phaseOf(received('stored', { kind }))).toBe('good');
    expect(phaseOf(received('stored'))).toBe('active');
  });

  it('has progress between 0 and 1 and words in every state', () => {
    for (const one of all) {
      expect(progressOf(one)).toBeGreaterThanOrEqual(0);
      expect(progressOf(one)).toBeLessThanOrEqual(1);
      expect(stateText(one)).not.toBe('');
    }
  });

  it('counts a file of no bytes as done only when it is', () => {
    const empty = { totalBytes: 0, doneBytes: 0 };
    expect(progressOf(sent('transferring', empty))).toBe(0);
    expect(progressOf(sent('delivered', empty))).toBe(1);
  });

  it('never shows more than the whole', () => {
    expect(progressOf(sent('transferring', { doneBytes: 40 * MIB }))).toBe(1);
  });

  it('names the first and counts the others', () => {
    expect(titleText(sent('delivered'))).toBe('photo.png');
    expect(titleText(sent('delivered', { count: 2 }))).toBe('photo.png and 1 more');
    expect(titleText(sent('delivered', { count: 12 }))).toBe('photo.png and 11 more');
  });
});

describe('remarks', () => {
  it('say why something failed or needs a person', () => {
    expect(remarkText(sent('failed', { reason: 'source-changed' }))).toMatch(/changed/);
    expect(remarkText(received('needs-you', { reason: 'save-failed' }))).toMatch(/could not save/);
    expect(remarkText(sent('declined', { reason: 'declined' }))).toBe('The other side said no.');
  });

  it('do not tell a person what they did themselves', () => {
    expect(remarkText(received('declined', { reason: 'declined' }))).toBe('');
    expect(remarkText(sent('cancelled', { reason: 'cancelled' }))).toBe('');
  });

  it('tells the sender of a password, and of wrong ones, until it is accepted', () => {
    const lock = (triesLeft: number) => ({ lock: { type: 'locked', triesLeft } as const });
    expect(remarkText(sent('waiting-for-accept', lock(5)))).toMatch(/password.*is asked for/);
    expect(remarkText(sent('waiting-for-accept', lock(3)))).toMatch(/wrong.*3 tries are left/);
    expect(remarkText(sent('waiting-for-accept', lock(1)))).toMatch(/One try is left/);
    expect(remarkText(sent('transferring', { lock: { type: 'unlocked' } }))).toBe('');
    // The receiver has a field for it instead.
    expect(remarkText(received('offered', lock(3)))).toBe('');
    expect(remarkText(sent('failed', { reason: 'locked-out', ...lock(0) }))).toMatch(/five times/);
  });

  it('say how it was sent, whatever became of it', () => {
    const note = 'link-instead';
    expect(remarkText(sent('delivered', { note }))).toMatch(/^Sent as a link/);
    expect(remarkText(sent('failed', { note, reason: 'interrupted' }))).toMatch(/again\. Sent as/);
  });
});

it.each(['text', 'link', 'page'] as const)('a %s is received, not saved', (kind) => {
  expect(stateText(received('saved', { kind }))).toBe('Received');
  expect(stateText(received('saved'))).toBe('Saved');
});

describe('speed and time left', () => {
  const moving = (bytesPerSecond: number) => sent('transferring', { bytesPerSecond });

  it('are told beside how much is done', () => {
    expect(amountText(moving(4 * MIB))).toBe('8 MiB of 32 MiB · 4 MiB/s · 6 s left');
    expect(timeLeftOf(moving(4 * MIB))).toBe(6_000);
    expect(amountText(moving(24 * 1024))).toMatch(/ · 24 KiB\/s · 17 min left$/);
    expect(amountText(moving(1024 * MIB))).toMatch(/ · 1 s left$/);
  });

  it('are not told before they are known, nor for what does not move', () => {
    expect(amountText(sent('transferring'))).toBe('8 MiB of 32 MiB');
    expect(amountText(moving(0))).toBe('8 MiB of 32 MiB · 0 B/s');
    expect(amountText(sent('paused', { bytesPerSecond: 5 }))).toBe('8 MiB of 32 MiB');
    expect(amountText(sent('delivered'))).toBe('32 MiB');
  });
});

it('cancelled by the other device is told to be, by its name', () => {
  for (const one of [
    sent('cancelled', { cancelledBy: 'peer' }),
    received('cancelled', { cancelledBy: 'peer' }),
  ])
    expect(stateText({ ...one, deviceName: 'Desktop' })).toBe('Cancelled by Desktop');
  expect(stateText(sent('cancelled', { cancelledBy: 'me' }))).toBe('Cancelled');
});

describe('a pause', () => {
  it.each([
    ['me', 'Paused', 'resume'],
    ['peer', 'Paused by Desktop', null],
    ['both', 'Paused on both devices', 'resume'],
    ['connection', 'Paused until the connection is back', null],
  ] as const)('by %s: “%s”', (pausedBy, words, action) => {
    for (const one of [sent('paused', { pausedBy }), received('paused', { pausedBy })]) {
      expect(stateText({ ...one, deviceName: 'Desktop' })).toBe(words);
      expect(pauseActionOf(one)).toBe(action);
    }
  });

  it('is offered for what moves, and for nothing else', () => {
    expect(pauseActionOf(sent('transferring'))).toBe('pause');
    expect(pauseActionOf(received('transferring'))).toBe('pause');
    for (const state of ['connecting', 'waiting-for-accept', 'verifying', 'delivered'] as const)
      expect(pauseActionOf(sent(state))).toBeNull();
  });
});

describe('what can be opened', () => {
  it.each([
    [received('saved'), 'show'],
    [received('saved', { kind: 'image' }), 'show'],
    [received('needs-you'), 'save'],
    [received('stored'), null],
    [received('stored', { kind: 'text' }), 'copy'],
    [received('saved', { kind: 'text' }), 'copy'],
    [received('stored', { kind: 'link' }), 'open'],
    [received('stored', { kind: 'page' }), 'open'],
    [received('offered', { kind: 'link' }), null],
    [received('transferring', { kind: 'text' }), null],
    [received('failed'), null],
    [sent('delivered', { kind: 'text' }), null],
  ])('%#', (transfer, action) => expect(openActionOf(transfer)).toBe(action));
});

it('puts what asks first, then what needs someone, what moves, what is over; newest first', () => {
  const named = (title: string, createdAt: number) => ({ title, createdAt });
  const order = inOrder([
    sent('delivered', named('old', 1)),
    sent('failed', named('new', 9)),
    sent('transferring', named('moving', 2)),
    received('offered', named('asking', 3)),
    received('needs-you', named('needy', 1)),
    received('offered', named('asking later', 4)),
  ]);
  expect(order.map(({ title }) => title)).toEqual([
    'asking later',
    'asking',
    'needy',
    'moving',
    'new',
    'old',
  ]);
});

describe('what happened and what helps', () => {
  const failing = (reason: string, retryable: boolean) => ({ reason, retryable });

  it.each([
    [sent('failed', failing('no-space', true)), 'not enough room on Desktop. Free some room there'],
    [received('failed', failing('no-space', true)), 'room on this device. Free some room, then'],
    [sent('failed', failing('source-changed', true)), 'changed .*Retry sends what is missing'],
    [received('failed', failing('interrupted', true)), 'Retry asks Desktop for what is missing'],
    [received('failed', failing('interrupted', false)), 'Ask for it to be sent again'],
    [sent('failed', failing('interrupted', false)), 'Send it again'],
    [sent('declined', failing('declined', true)), '^The other side said no\\.$'],
    [sent('needs-you', failing('allow-file', false)), 'Allow it to go on'],
    [received('needs-you', failing('make-room', false)), 'free some room, and it goes on'],
  ])('%#', (transfer, words) => expect(remarkText(transfer)).toMatch(new RegExp(words)));

  it('tells what was there already, of a part and of all', () => {
    expect(remarkText(sent('delivered', { alreadyThere: 1 }))).toBe('Already there, nothing sent.');
    const part = { count: 2_000, alreadyThere: 1_200 };
    expect(remarkText(sent('delivered', part))).toMatch(/^1,200 of 2,000 files were already there/);
    expect(remarkText(received('saved', part))).toMatch(/already here/);
    expect(remarkText(sent('transferring', part))).toBe('');
  });

  it('names what holds up one file while the others go on', () => {
    const held = { fileId: 1, path: 'b', size: 1, doneBytes: 0, state: 'needs-you' } as const;
    const files = [{ ...held, reason: 'choose-file' }];
    expect(remarkText(sent('transferring', { files }))).toMatch(/Choose it again to go on/);
    expect(remarkText(sent('cancelled', { files }))).toBe('');
  });

  it('a pause for want of room there goes on by itself', () => {
    const full = sent('paused', { pausedBy: 'peer', reason: 'no-space' });
    expect(stateText(full)).toBe('Paused: no room on Desktop');
    expect(remarkText(full)).toMatch(/by itself/);
  });
});

describe('the way it takes', () => {
  const device = (more: Partial<DeviceView>): DeviceView => ({
    deviceId: base.deviceId,
    shortId: '',
    name: 'Desktop',
    presence: 'online',
    lastSeenAt: null,
    pairedAt: 1,
    connection: 'connected',
    path: {
      kind: 'relay',
      sameNetwork: false,
      transport: 'tcp',
      rttMs: 40,
      sendRate: 0,
      receiveRate: 0,
      loss: 0,
    },
    shareRule: 'ask',
    rule: 'ask',
    stripMetadata: false,
    checkWords: [],
    ...more,
  });

  it('is told while something moves over it', () => {
    expect(pathText(sent('transferring'), [device({})])).toBe('Relay over TCP');
    expect(pathText(received('verifying'), [device({})])).toBe('Relay over TCP');
  });

  it('is not told of what does not move, nor where it is not known', () => {
    expect(pathText(sent('paused'), [device({})])).toBe('');
    expect(pathText(sent('transferring'), [])).toBe('');
    expect(pathText(sent('transferring'), [device({ path: null })])).toBe('');
    expect(pathText(sent('transferring'), [device({ connection: 'restarting' })])).toBe('');
  });
});

it('names a file in folders by its own name, a link by all of it', () => {
  expect(titleText(sent('delivered', { title: 'trip/day 1/a.jpeg', count: 3 }))).toBe(
    'a.jpeg and 2 more',
  );
  const link = 'https://example.org/a/b';
  expect(titleText(sent('delivered', { title: link, kind: 'link' }))).toBe(link);
});

it('cuts a device’s long name within a sentence, not through the middle of a sign', () => {
  const name = `${'n'.repeat(22)}👩‍🚀 in the attic`;
  const words = stateText({ ...sent('paused', { pausedBy: 'peer' }), deviceName: name });
  expect(words.length).toBeLessThan(name.length + 'Paused by '.length);
  expect(words.isWellFormed()).toBe(true);
});
