import { describe, expect, expectTypeOf, it } from 'vitest';
import { Bitmap } from '../../../lib/transfer/bitmap.ts';
import { chooseChunkSize, chunkLength, layoutOf } from '../../../lib/transfer/chunking.ts';
import { Gate, ReceiveCredit, SendCredit } from '../../../lib/transfer/flow.ts';
import { offerMessages, type Offer } from '../../../lib/transfer/offer.ts';
import { OfferAssembly } from '../../../lib/transfer/offer-assembly.ts';
import { encodeControl } from '../../../lib/protocol/messages.ts';
import type { ReceiveNext, SendNext } from '../../../lib/transfer/states.ts';
import { Throttle } from '../../../lib/transfer/throttle.ts';
import { memoryChannelPair } from './memory-channel.ts';
import { FakeClock } from './memory-stores.ts';

describe('chunk sizes', () => {
  it('[TR2] takes the largest that fits for a large file, the smallest for a small one', () => {
    expect(chooseChunkSize(64 << 20, 262_144)).toBe(245_760);
    expect(chooseChunkSize(64 << 20, 245_760 + 30)).toBe(245_760);
    expect(chooseChunkSize(64 << 20, 245_760 + 29)).toBe(131_072);
    expect(chooseChunkSize(64 << 20, 65_536 + 30)).toBe(65_536);
    expect(chooseChunkSize(64 << 20, 65_536 + 29)).toBeNull();
    expect(chooseChunkSize(1 << 20, 262_144)).toBe(65_536);
  });

  it('[TR2] the last chunk is what is left; an empty file has none', () => {
    const layout = layoutOf(245_760 * 2 + 1, 245_760);
    expect(layout.count).toBe(3);
    expect([0, 1, 2].map((index) => chunkLength(layout, index))).toEqual([245_760, 245_760, 1]);
    expect(layoutOf(0, 65_536).count).toBe(0);
    expect(chunkLength(layoutOf(65_536, 65_536), 0)).toBe(65_536);
  });
});

describe('Bitmap', () => {
  it('has bits MSB first', () => {
    const bitmap = new Bitmap(10);
    bitmap.add(0);
    bitmap.add(9);
    expect([...bitmap.page(0, 10)]).toEqual([0x80, 0x40]);
    expect([...bitmap.page(8, 10)]).toEqual([0x40]);
  });

  it('finds what is missing', () => {
    const bitmap = new Bitmap(20);
    for (let i = 0; i < 20; i++) if (i !== 17) bitmap.add(i);
    expect(bitmap.firstMissing(0)).toBe(17);
    expect(bitmap.firstMissing(3)).toBe(17);
    expect(bitmap.firstMissing(18)).toBeNull();
    bitmap.add(17);
    expect(bitmap.full).toBe(true);
    bitmap.delete(3);
    expect(bitmap.size).toBe(19);
    expect(bitmap.firstMissing(0)).toBe(3);
    expect(new Bitmap(0).full).toBe(true);
  });

  it('[BP1] refuses a page past its end, with spare bits, or not on a byte', () => {
    const bitmap = new Bitmap(10);
    expect(bitmap.addPage(8, new Uint8Array([0xc0]))).toBe(true);
    expect(bitmap.size).toBe(2);
    expect(bitmap.addPage(8, new Uint8Array([0x20]))).toBe(false);
    expect(bitmap.addPage(4, new Uint8Array([0x80]))).toBe(false);
    expect(bitmap.addPage(0, new Uint8Array(3))).toBe(false);
    expect(bitmap.addPage(16, new Uint8Array(1))).toBe(false);
    expect(bitmap.size).toBe(2);
  });
});

describe('flow', () => {
  it('[TR10] shuts at the high mark and opens at the low one', () => {
    const [channel] = memoryChannelPair();
    let opened = 0;
    const gate = new Gate(channel, () => opened++, { high: 300, low: 100 });
    for (let i = 0; i < 3; i++) {
      expect(gate.open).toBe(true);
      channel.send(new Uint8Array(100));
    }
    expect(gate.open).toBe(false);
    channel.deliver();
    expect(gate.open, 'between the marks it stays shut').toBe(false);
    channel.deliver();
    expect(opened).toBe(1);
    expect(gate.open).toBe(true);
  });

  it('[TR10] the sender never has more under way than was granted', () => {
    const credit = new SendCredit();
    expect(credit.reserve(1)).toBe(false);
    expect(credit.grant(100)).toBe(true);
    expect(credit.reserve(60)).toBe(true);
    expect(credit.reserve(60)).toBe(false);
    credit.restore(60);
    expect(credit.reserve(100)).toBe(true);
    expect(credit.grant(99), 'a grant never shrinks').toBe(false);
  });

  it('[TR10] the receiver grants anew as it writes, and not for every chunk', () => {
    const credit = new ReceiveCredit(100, 40);
    expect(credit.granted).toBe(100);
    expect(credit.receive(100)).toBe(true);
    expect(credit.release(30)).toBe(false);
    expect(credit.release(10)).toBe(true);
    expect(credit.granted).toBe(140);
    expect(credit.receive(40)).toBe(true);
    expect(credit.receive(1)).toBe(false);
  });
});

describe('offers', () => {
  it('[CT3] are cut in pages that fit a frame, and put together again', () => {
    const items = Array.from({ length: 3000 }, (_, fileId) => ({
      fileId,
      path: `${'\u0001'.repeat(100)}/${fileId}.txt`,
      size: fileId,
      mime: 'text/plain',
      modified: 0,
    }));
    const totalBytes = items.reduce((sum, each) => sum + each.size, 0);
    const offer: Offer = {
      transferId: '0'.repeat(32),
      kind: 'files',
      totalBytes,
      note: null,
      lock: null,
      items,
    };
    const messages = [...offerMessages(offer)];
    expect(messages.length).toBeGreaterThan(20);
    for (const message of messages)
      expect(encodeControl(message).length).toBeLessThanOrEqual(65_536);
    const [begin] = messages;
    if (begin?.type !== 'offer-begin') throw new Error('no begin');
    const assembly = new OfferAssembly(begin);
    for (const message of messages) if (message.type === 'offer-items') assembly.add(message.items);
    expect(assembly.end()).toEqual(offer);
  });
});

describe('Throttle', () => {
  it('lets four a second through, and the last one always', () => {
    const clock = new FakeClock();
    let runs = 0;
    const throttle = new Throttle(clock, () => runs++);
    for (let i = 0; i < 95; i++) {
      throttle.soon();
      clock.advance(10);
    }
    expect(runs).toBe(4);
    clock.advance(250);
    expect(runs).toBe(5);
    throttle.now();
    expect(runs).toBe(6);
    clock.advance(10_000);
    expect(runs).toBe(6);
    expect(clock.pending).toBe(0);
  });
});

describe('states', () => {
  it('moves that are not in the table do not compile', () => {
    expectTypeOf<SendNext<'delivered'>>().toEqualTypeOf<never>();
    expectTypeOf<SendNext<'waiting-for-accept'>['type']>().toEqualTypeOf<
      'transferring' | 'connecting' | 'declined' | 'failed' | 'cancelled'
    >();
    // From either of two states only what both allow.
    expectTypeOf<SendNext<'transferring' | 'waiting-for-device'>['type']>().toEqualTypeOf<
      'connecting' | 'needs-you' | 'failed' | 'cancelled'
    >();
    expectTypeOf<ReceiveNext<'stored'>['type']>().toEqualTypeOf<'saving' | 'saved' | 'needs-you'>();
    expectTypeOf<ReceiveNext<'offered' | 'stored'>>().toEqualTypeOf<never>();
  });
});
