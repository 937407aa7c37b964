import { describe, expect, it } from 'vitest';
import type {
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
type More = Partial<typeof base> &
  Pick<TransferView, 'firstByteAt' | 'reason' | 'note' | 'pausedBy' | 'bytesPerSecond'>;
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
