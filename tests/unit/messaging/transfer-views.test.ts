import { describe, expect, it } from 'vitest';
import { VIEW_FILES, type TransferView } from '../../../lib/messaging/snapshot.ts';
import { TransferBoard } from '../../../lib/messaging/transfer-board.ts';
import type { FileSnapshot, TransferSnapshot } from '../../../lib/transfer/records.ts';
import type { ReceiveState, SendState } from '../../../lib/transfer/states.ts';

/** Every state of the engine, as views get to see it. */

const ID = 'a'.repeat(32);

const base = {
  transferId: ID,
  deviceId: 'd'.repeat(64),
  kind: 'files' as TransferSnapshot['kind'],
  count: 2,
  totalBytes: 20,
  note: null,
  createdAt: 5,
  startedAt: null,
  firstByteAt: null,
  storedAt: null,
  endedAt: null as number | null,
  doneBytes: 4,
  doneFiles: 0,
  wireBytes: 4,
  pausedByMe: false,
  files: [] as readonly FileSnapshot[],
};
const sent = (state: SendState, more: Partial<typeof base> = {}): TransferSnapshot => ({
  ...base,
  ...more,
  direction: 'send',
  state,
});
const received = (state: ReceiveState, more: Partial<typeof base> = {}): TransferSnapshot => ({
  ...base,
  ...more,
  direction: 'receive',
  state,
});
const file = (fileId: number, more: Partial<FileSnapshot> = {}): FileSnapshot => ({
  fileId,
  path: `trip/${fileId}.jpeg`,
  size: 10,
  doneBytes: 0,
  state: 'waiting',
  ...more,
});

function viewOf(...snapshots: TransferSnapshot[]) {
  const board = new TransferBoard(() => {});
  for (const snapshot of snapshots) board.update(snapshot);
  const [view] = board.views();
  if (!view) throw new Error('nothing is shown');
  return view;
}

type Seen = Partial<
  Pick<TransferView, 'state' | 'reason' | 'pausedBy' | 'cancelledBy' | 'retryable'>
>;

const SENT: readonly (readonly [SendState, Seen])[] = [
  [{ type: 'waiting-for-device' }, {}],
  [{ type: 'connecting' }, {}],
  [{ type: 'waiting-for-accept' }, {}],
  [{ type: 'transferring' }, {}],
  [{ type: 'paused', by: 'me' }, { pausedBy: 'me' }],
  [
    { type: 'paused', by: 'peer', reason: 'no-space' },
    { pausedBy: 'peer', reason: 'no-space' },
  ],
  [{ type: 'needs-you', what: 'allow-file' }, { reason: 'allow-file' }],
  [{ type: 'needs-you', what: 'choose-file' }, { reason: 'choose-file' }],
  [{ type: 'verifying' }, {}],
  [{ type: 'delivered' }, {}],
  [
    { type: 'declined', reason: 'no-space' },
    { reason: 'no-space', retryable: true },
  ],
  [
    { type: 'failed', reason: 'interrupted', nextStep: 'send-again' },
    { reason: 'interrupted', retryable: true },
  ],
  [
    { type: 'failed', reason: 'device-removed', nextStep: 'pair-again' },
    { reason: 'device-removed' },
  ],
  [{ type: 'cancelled', by: 'peer' }, { cancelledBy: 'peer' }],
];

const RECEIVED: readonly (readonly [ReceiveState, Seen])[] = [
  [{ type: 'offered', expiresAt: 9 }, {}],
  [{ type: 'transferring' }, {}],
  [{ type: 'paused', by: 'both' }, { pausedBy: 'both' }],
  [{ type: 'paused', by: 'connection' }, { pausedBy: 'connection' }],
  [{ type: 'needs-room' }, { state: 'needs-you', reason: 'make-room' }],
  [{ type: 'verifying' }, {}],
  [{ type: 'stored' }, {}],
  [{ type: 'saving' }, {}],
  [{ type: 'saved' }, {}],
  [{ type: 'needs-you', what: 'choose-place' }, { reason: 'choose-place' }],
  [
    { type: 'failed', reason: 'no-space', nextStep: 'free-space-here' },
    { reason: 'no-space', retryable: true },
  ],
  [{ type: 'cancelled', by: 'me' }, { cancelledBy: 'me' }],
  [{ type: 'expired' }, {}],
  [{ type: 'declined', reason: 'declined' }, { reason: 'declined' }],
];

describe('every state', () => {
  const seen = (view: Seen): Seen => {
    const { state, reason, pausedBy, cancelledBy, retryable } = view;
    return {
      ...(state && { state }),
      ...(reason !== undefined && { reason }),
      ...(pausedBy && { pausedBy }),
      ...(cancelledBy && { cancelledBy }),
      ...(retryable && { retryable }),
    };
  };

  it.each(SENT)('of a sender: %o', (state, expected) => {
    expect(seen(viewOf(sent(state)))).toEqual({ state: state.type, ...expected });
  });

  it.each(RECEIVED)('of a receiver: %o', (state, expected) => {
    expect(seen(viewOf(received(state)))).toEqual({ state: state.type, ...expected });
  });
});

describe('files of a transfer', () => {
  it('are listed with their place, size, progress, state and reason', () => {
    const files = [
      file(0, { state: 'transferring', doneBytes: 4 }),
      file(1, { state: 'paused', pausedBy: 'peer' }),
      file(2, { state: 'failed', reason: 'source-unreadable' }),
      file(3, { state: 'needs-you', needs: 'allow-file' }),
    ];
    const view = viewOf(sent({ type: 'transferring' }, { count: 4, doneFiles: 1, files }));
    const { needs, ...held } = files[3] ?? file(3);
    expect(view).toMatchObject({ doneFiles: 1, files: [...files.slice(0, 3), held] });
    expect(view.files?.[3]?.reason).toBe(needs);
  });

  it('are at most so many', () => {
    const files = Array.from({ length: VIEW_FILES + 20 }, (_, index) => file(index));
    const view = viewOf(sent({ type: 'transferring' }, { count: 2_000, files }));
    expect(view.files).toHaveLength(VIEW_FILES);
    expect(view.files?.at(-1)?.fileId).toBe(VIEW_FILES - 1);
  });

  it('are those that are not done before those that are, all in the order of the offer', () => {
    const files = Array.from({ length: 100 }, (_, index) =>
      file(index, { state: index < 90 ? 'delivered' : 'waiting' }),
    );
    const view = viewOf(sent({ type: 'transferring' }, { count: 2_000, files }));
    const ids = view.files?.map(({ fileId }) => fileId) ?? [];
    expect(ids.slice(-10)).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
    expect(ids.slice(0, 40)).toEqual(Array.from({ length: 40 }, (_, index) => index));
  });

  it('[TR19] are listed once, though a version of one was replaced', () => {
    const files = [file(0, { state: 'replaced' }), file(2), file(1)];
    const view = viewOf(sent({ type: 'transferring' }, { files }));
    expect(view.files?.map(({ fileId }) => fileId)).toEqual([1, 2]);
  });

  it('that came through are no news once all is over; the others are', () => {
    const files = [
      file(0, { state: 'saved' }),
      file(1, { state: 'cancelled' }),
      file(2, { state: 'failed', reason: 'verify-failed' }),
    ];
    expect(viewOf(received({ type: 'saved' }, { count: 3, files })).files).toMatchObject([
      { fileId: 1 },
      { fileId: 2 },
    ]);
    expect(viewOf(received({ type: 'saved' }, { files: files.slice(0, 1) }))).not.toHaveProperty(
      'files',
    );
  });

  it.each([
    ['a single file', { count: 1 }],
    ['a text', { kind: 'text' as const }],
  ])('of %s are not listed: the transfer says it all', (_, more) => {
    const view = viewOf(sent({ type: 'transferring' }, { files: [file(0)], ...more }));
    expect(view).not.toHaveProperty('files');
    expect(view).not.toHaveProperty('doneFiles');
  });
});

it('[TR18] tells how many files were there already, and nothing where none was', () => {
  const there = { ...sent({ type: 'delivered' }, { count: 300 }), alreadyThere: 12 };
  expect(viewOf(there).alreadyThere).toBe(12);
  expect(viewOf(sent({ type: 'delivered' }))).not.toHaveProperty('alreadyThere');
});

describe('the title', () => {
  it('stays the first file’s, though the list of files moves on', () => {
    const moving = { type: 'transferring' } as const;
    const first = sent(moving, { files: [file(0), file(1)] });
    const later = sent(moving, { files: [file(1)], doneFiles: 1 });
    expect(viewOf(first, later).title).toBe('trip/0.jpeg');
  });

  it('is the engine’s own where it tells one, also after a restart', () => {
    const later = { ...sent({ type: 'transferring' }, { files: [file(7)] }), title: 'trip/0.jpeg' };
    expect(viewOf(later).title).toBe('trip/0.jpeg');
  });
});

it('tells the bytes that went, so that what is sent twice can be counted', () => {
  expect(viewOf(sent({ type: 'delivered' }, { wireBytes: 123 })).wireBytes).toBe(123);
});

describe('what was cancelled or failed in part', () => {
  const over = [
    { type: 'cancelled', by: 'peer' },
    { type: 'failed', reason: 'connection-lost', nextStep: 'ask-to-send-again' },
  ] as const;

  for (const state of over) {
    it(`is not over while a file of it waits to be saved (${state.type})`, () => {
      const board = new TransferBoard(() => {});
      const show = (held: FileSnapshot['state']) => {
        board.update(
          received(state, { files: [file(0, { state: held }), file(1, { state: 'failed' })] }),
        );
        return [board.views()[0]?.state, board.views()[0]?.reason, board.busy()];
      };
      const [saving, , busy] = show('stored');
      expect([saving, busy]).toEqual(['saving', true]);
      expect(show('needs-you')).toEqual(['needs-you', 'save-failed', true]);
      expect(show('saved')[0]).toBe(state.type);
      expect(board.busy()).toBe(false);
    });
  }
});
