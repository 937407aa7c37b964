import { describe, expect, it } from 'vitest';
import type {
  FileState,
  FileView,
  ReceiveState,
  SendState,
  TransferView,
} from '../../../lib/messaging/snapshot.ts';
import {
  fileAmount,
  fileProgress,
  fileReasonText,
  fileStateText,
  isMoving,
  unlistedFiles,
} from '../../../lib/ui/file-view.ts';
import { fileStates, receiveStates, sendStates } from '../../../lib/ui/text.ts';
import {
  clearable,
  endActionOf,
  fileActionsOf,
  fileIntent,
  helpActionOf,
  helpIntent,
  pauseActionOf,
} from '../../../lib/ui/transfer-actions.ts';

const base = {
  transferId: '0'.repeat(32),
  deviceId: 'a'.repeat(64),
  deviceName: 'Desktop',
  kind: 'files' as const,
  title: 'photo.png',
  count: 3,
  totalBytes: 30,
  doneBytes: 8,
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
const file = (state: FileState, more: Partial<FileView> = {}): FileView => ({
  fileId: 7,
  path: 'trip/7.jpeg',
  size: 10,
  doneBytes: 0,
  state,
  ...more,
});

const everySend = Object.keys(sendStates) as SendState[];
const everyReceive = Object.keys(receiveStates) as ReceiveState[];

describe('the end of a transfer', () => {
  it('is "Cancel" as long as there is something to stop, then "Dismiss"', () => {
    const ends = (all: TransferView[]) =>
      Object.fromEntries(all.map((one) => [one.state, endActionOf(one)]));
    expect(ends(everySend.map((state) => sent(state)))).toEqual({
      preparing: 'cancel',
      'waiting-for-device': 'cancel',
      connecting: 'cancel',
      'waiting-for-accept': 'cancel',
      transferring: 'cancel',
      paused: 'cancel',
      'needs-you': 'cancel',
      verifying: 'cancel',
      delivered: 'dismiss',
      declined: 'dismiss',
      failed: 'dismiss',
      cancelled: 'dismiss',
    });
    expect(ends(everyReceive.map((state) => received(state)))).toEqual({
      offered: null,
      transferring: 'cancel',
      paused: 'cancel',
      verifying: 'cancel',
      // Dismissed now, what is being saved would lose its bytes.
      stored: null,
      saving: null,
      saved: 'dismiss',
      'needs-you': 'dismiss',
      declined: 'dismiss',
      expired: 'dismiss',
      failed: 'dismiss',
      cancelled: 'dismiss',
    });
  });

  it('is "Cancel" while the receiver has no room: not all of it is here', () => {
    expect(endActionOf(received('needs-you', { reason: 'make-room' }))).toBe('cancel');
  });
});

describe('help', () => {
  it.each([
    [sent('needs-you', { reason: 'allow-file' }), 'allow'],
    [sent('needs-you', { reason: 'choose-file' }), 'choose'],
    [received('needs-you', { reason: 'make-room' }), 'check-room'],
    [received('needs-you', { reason: 'save-failed' }), null],
    [
      sent('transferring', {
        files: [file('transferring'), file('needs-you', { reason: 'allow-file' })],
      }),
      'allow',
    ],
    [sent('transferring', { files: [file('needs-you', { reason: 'choose-file' })] }), 'choose'],
    [sent('cancelled', { files: [file('needs-you')] }), null],
    [sent('failed', { retryable: true }), 'retry'],
    [sent('failed'), null],
    [sent('transferring', { retryable: true }), null],
    [received('failed', { retryable: true }), 'retry'],
    [sent('delivered', { alreadyThere: 1 }), 'send-anyway'],
    [sent('transferring', { alreadyThere: 1 }), null],
    [received('saved', { alreadyThere: 1 }), null],
  ])('%#', (transfer, action) => expect(helpActionOf(transfer)).toBe(action));

  it('asks for what it says', () => {
    const { transferId } = base;
    expect(helpIntent('retry', transferId)).toEqual({ type: 'transfer/retry', transferId });
    expect(helpIntent('send-anyway', transferId)).toMatchObject({ force: true });
    expect(helpIntent('allow', transferId)).toEqual({ type: 'open/sources', transferId });
    expect(helpIntent('choose', transferId)).toEqual({ type: 'open/sources', transferId });
    expect(helpIntent('check-room', transferId)).toEqual({ type: 'transfer/resume', transferId });
  });
});

describe('one file', () => {
  it.each<[string, TransferView, FileView, string[]]>([
    ['waits', sent('transferring'), file('waiting'), ['pause', 'cancel']],
    ['moves', received('transferring'), file('transferring'), ['pause', 'cancel']],
    [
      'stands still for me',
      sent('transferring'),
      file('paused', { pausedBy: 'me' }),
      ['resume', 'cancel'],
    ],
    [
      'was the last to stand still for me',
      sent('paused', { pausedBy: 'me' }),
      file('paused', { pausedBy: 'both' }),
      ['resume', 'cancel'],
    ],
    [
      'stands still for the other side',
      sent('transferring'),
      file('paused', { pausedBy: 'peer' }),
      ['cancel'],
    ],
    ['waits in a paused transfer', sent('paused', { pausedBy: 'me' }), file('waiting'), ['cancel']],
    ['waits for the device', sent('waiting-for-device'), file('waiting'), ['cancel']],
    ['is offered', received('offered'), file('waiting'), []],
    ['needs a person', sent('transferring'), file('needs-you'), ['cancel']],
    ['is checked', sent('transferring'), file('verifying'), []],
    ['is through', sent('transferring'), file('delivered'), []],
    ['was given up', sent('transferring'), file('cancelled'), []],
    ['failed, and can go again', sent('failed', { retryable: true }), file('failed'), ['retry']],
    ['failed, and nobody has it', sent('failed'), file('failed'), []],
    ['failed here: all are asked for', received('failed', { retryable: true }), file('failed'), []],
    ['waited when all was cancelled', sent('cancelled'), file('waiting'), []],
  ])('%s', (_, transfer, one, actions) => {
    expect(fileActionsOf(transfer, one)).toEqual(actions);
  });

  it('is named in what is asked for', () => {
    expect(fileIntent('pause', base.transferId, 7)).toEqual({
      type: 'transfer/pause',
      transferId: base.transferId,
      fileId: 7,
    });
  });

  it('has words and progress in every state', () => {
    for (const state of Object.keys(fileStates) as FileState[]) {
      expect(fileStateText(file(state), 'Desktop')).not.toBe('');
      const share = fileProgress(file(state, { doneBytes: 5 }));
      expect(share).toBeGreaterThanOrEqual(0.5);
      expect(share).toBeLessThanOrEqual(1);
    }
    expect(fileProgress(file('saved', { size: 0 }))).toBe(1);
    expect(fileProgress(file('waiting', { size: 0 }))).toBe(0);
  });

  it('says whose pause it is, what was there, how much, and why not', () => {
    expect(fileStateText(file('paused', { pausedBy: 'peer' }), 'Desktop')).toBe(
      'Paused by Desktop',
    );
    expect(fileStateText(file('delivered', { alreadyThere: true }), 'Desktop')).toBe(
      'Already there',
    );
    expect(fileAmount(file('transferring', { doneBytes: 4 }))).toBe('4 B of 10 B');
    expect(fileAmount(file('saved', { doneBytes: 4 }))).toBe('10 B');
    const failed = file('failed', { reason: 'source-unreadable' });
    expect(fileReasonText(failed, sent('failed'))).toMatch(/could not be read/);
    expect(fileReasonText(file('waiting', { reason: 'interrupted' }), sent('failed'))).toBe('');
  });

  it('has a bar while it moves, and while it stands still half-way', () => {
    const moving = (Object.keys(fileStates) as FileState[]).filter((state) =>
      isMoving(file(state, { doneBytes: 1 })),
    );
    expect(moving).toEqual(['transferring', 'paused', 'verifying']);
    expect(isMoving(file('paused'))).toBe(false);
  });
});

it('counts the files that are not listed, whether done ones are listed or not', () => {
  const files = (open: number, done: number) => [
    ...Array.from({ length: open }, () => file('waiting')),
    ...Array.from({ length: done }, () => file('saved')),
  ];
  const of = (count: number, doneFiles: number, listed: FileView[]) =>
    unlistedFiles(received('transferring', { count, doneFiles, files: listed }));
  expect(of(2_000, 0, files(50, 0))).toBe(1_950);
  expect(of(2_000, 1_000, files(50, 0))).toBe(950);
  expect(of(60, 20, files(40, 10))).toBe(0);
  expect(of(6, 2, files(4, 2))).toBe(0);
  // The count of those done may be of a moment later than the list.
  expect(of(6, 1, files(4, 2))).toBe(0);
  expect(unlistedFiles(sent('failed', { count: 40, files: files(1, 0) }))).toBe(0);
});

it('a pause by both is mine to end', () => {
  expect(pauseActionOf(sent('paused', { pausedBy: 'both' }))).toBe('resume');
});

it('"Clear finished" leaves what is under way and what may go once more', () => {
  const left = clearable([
    sent('delivered'),
    sent('failed', { retryable: true }),
    sent('failed'),
    received('offered'),
    received('needs-you', { reason: 'save-failed' }),
    received('expired'),
  ]);
  expect(left.map(({ state }) => state)).toEqual(['delivered', 'failed', 'expired']);
});
