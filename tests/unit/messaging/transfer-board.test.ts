import { describe, expect, it, vi } from 'vitest';
import { TransferBoard } from '../../../lib/messaging/transfer-board.ts';
import type { TransferSnapshot } from '../../../lib/transfer/records.ts';

const ID = 'a'.repeat(32);
const DEVICE = 'd'.repeat(64);

function snapshot(change: Partial<TransferSnapshot> = {}): TransferSnapshot {
  return {
    transferId: ID,
    deviceId: DEVICE,
    kind: 'image',
    count: 1,
    totalBytes: 10,
    note: null,
    createdAt: 5,
    startedAt: null,
    firstByteAt: null,
    storedAt: null,
    endedAt: null,
    doneBytes: 4,
    doneFiles: 0,
    files: [{ fileId: 0, path: 'cat.png', size: 10, doneBytes: 4, state: 'transferring' }],
    direction: 'send',
    state: { type: 'transferring' },
    ...change,
  } as TransferSnapshot;
}

const draft = {
  transferId: ID,
  deviceId: DEVICE,
  kind: 'image',
  title: 'cat',
  createdAt: 1,
} as const;

describe('speed', () => {
  function moving() {
    let now = 1_000;
    const board = new TransferBoard(
      () => {},
      () => now,
    );
    return {
      rate: () => board.views()[0]?.bytesPerSecond,
      wait: (ms: number) => void (now += ms),
      tell: (change: Partial<TransferSnapshot>) => board.update(snapshot(change)),
    };
  }

  it('is that of the last five seconds, once half a second is seen', () => {
    const { rate, wait, tell } = moving();
    tell({ doneBytes: 0 });
    wait(400);
    tell({ doneBytes: 400 });
    expect(rate()).toBeUndefined();
    for (let second = 1; second <= 10; second++) {
      wait(1_000);
      tell({ doneBytes: 400 + second * 1_000 });
    }
    expect(rate()).toBe(1_000);
    // Ten times as fast: after five more seconds nothing of before counts.
    for (let second = 1; second <= 5; second++) {
      wait(1_000);
      tell({ doneBytes: 10_400 + second * 10_000 });
    }
    expect(rate()).toBe(10_000);
  });

  it('falls while nothing comes', () => {
    const { rate, wait, tell } = moving();
    tell({ doneBytes: 0 });
    wait(1_000);
    tell({ doneBytes: 1_000 });
    expect(rate()).toBe(1_000);
    wait(3_000);
    expect(rate()).toBe(250);
  });

  it('begins anew after a pause, and when a file does', () => {
    const { rate, wait, tell } = moving();
    tell({ doneBytes: 0 });
    wait(1_000);
    tell({ doneBytes: 1_000 });
    tell({ doneBytes: 1_000, state: { type: 'paused', by: 'me' } } as Partial<TransferSnapshot>);
    expect(rate()).toBeUndefined();
    wait(60_000);
    tell({ doneBytes: 1_000 });
    expect(rate()).toBeUndefined();
    wait(1_000);
    tell({ doneBytes: 500 });
    expect(rate()).toBeUndefined();
  });
});

describe('transfers as views see them', () => {
  it('says whose pause it is', () => {
    const board = new TransferBoard(() => {});
    board.update(snapshot({ state: { type: 'paused', by: 'peer' } } as Partial<TransferSnapshot>));
    expect(board.views()).toMatchObject([{ state: 'paused', pausedBy: 'peer' }]);
  });

  it('shows what is being prepared, then what the engine says, from the click on', () => {
    const changed = vi.fn();
    const board = new TransferBoard(changed);
    board.draft(draft);
    expect(board.views()).toMatchObject([{ state: 'preparing', title: 'cat', createdAt: 1 }]);
    board.update(snapshot());
    expect(board.views()).toMatchObject([{ state: 'transferring', doneBytes: 4, createdAt: 1 }]);
    expect(changed).toHaveBeenCalledTimes(2);
  });

  it('is busy while something is under way, a send that waits included', () => {
    const board = new TransferBoard(() => {});
    expect(board.busy()).toBe(false);
    board.draft(draft);
    expect(board.busy()).toBe(true);
    board.update(snapshot({ direction: 'send', state: { type: 'waiting-for-device' } }));
    expect(board.busy()).toBe(true);
    expect(board.waitsFor(DEVICE)).toBe(true);
    board.update(snapshot({ direction: 'send', state: { type: 'delivered' } }));
    expect(board.busy()).toBe(false);
    expect(board.waitsFor(DEVICE)).toBe(false);
  });

  it('says when something ended as its record does, not when this document heard of it', () => {
    const board = new TransferBoard(() => {});
    board.update(snapshot());
    expect(board.views()[0]).not.toHaveProperty('endedAt');
    board.update(snapshot({ direction: 'send', state: { type: 'delivered' }, endedAt: 77 }));
    expect(board.views()[0]?.endedAt).toBe(77);
  });

  it('a failure before the engine has its reason and is over', () => {
    const board = new TransferBoard(() => {});
    board.draft(draft);
    board.fail(ID, 'unreadable');
    expect(board.views()).toMatchObject([{ state: 'failed', reason: 'unreadable' }]);
    expect(board.busy()).toBe(false);
  });

  it('says that a link went in place of the bytes', () => {
    const board = new TransferBoard(() => {});
    board.draft(draft);
    board.amend(ID, { kind: 'link', title: 'https://a.example/cat', note: 'link-instead' });
    board.update(snapshot({ kind: 'link' }));
    expect(board.views()).toMatchObject([{ note: 'link-instead', title: 'https://a.example/cat' }]);
  });

  it('carries why something was declined or needs a person', () => {
    const board = new TransferBoard(() => {});
    board.update(snapshot({ direction: 'send', state: { type: 'declined', reason: 'no-space' } }));
    expect(board.views()[0]?.reason).toBe('no-space');
    board.update(
      snapshot({ direction: 'receive', state: { type: 'needs-you', what: 'save-failed' } }),
    );
    expect(board.views()[0]).toMatchObject({ direction: 'in', reason: 'save-failed' });
  });

  it('keeps titles short and lists the newest first', () => {
    const board = new TransferBoard(() => {});
    board.draft({ ...draft, title: 'x'.repeat(500) });
    board.draft({ ...draft, transferId: 'b'.repeat(32), createdAt: 2 });
    expect(board.views().map(({ createdAt }) => createdAt)).toEqual([2, 1]);
    expect(board.views()[1]?.title).toHaveLength(120);
    board.remove(ID);
    expect(board.has(ID)).toBe(false);
  });
});
