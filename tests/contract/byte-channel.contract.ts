import { describe, expect, it } from 'vitest';
import type { ByteChannel } from '../../lib/protocol/byte-channel.ts';

export interface ByteChannelHarness {
  /** A fresh, open pair. */
  pair(): Promise<[ByteChannel, ByteChannel]>;
  /** Lets things happen until the condition holds; throws when it never does. */
  until(condition: () => boolean): Promise<void>;
}

/** What every transport owes the core: docs of `ByteChannel`. */
export function byteChannelContract(name: string, harness: ByteChannelHarness): void {
  describe(`ByteChannel: ${name}`, () => {
    it('delivers frames whole and in order, both ways', async () => {
      const [a, b] = await harness.pair();
      const got: { a: string[]; b: string[] } = { a: [], b: [] };
      a.onMessage = (frame) => got.a.push(text(frame));
      b.onMessage = (frame) => got.b.push(text(frame));
      for (let i = 0; i < 50; i++) {
        a.send(bytes(`to b ${i}`));
        b.send(bytes(`to a ${i}`));
      }
      await harness.until(() => got.a.length === 50 && got.b.length === 50);
      expect(got.b).toEqual(Array.from({ length: 50 }, (_, i) => `to b ${i}`));
      expect(got.a).toEqual(Array.from({ length: 50 }, (_, i) => `to a ${i}`));
    });

    it('takes the bytes at once: the buffer may be reused', async () => {
      const [a, b] = await harness.pair();
      const got: string[] = [];
      b.onMessage = (frame) => got.push(text(frame));
      const buffer = bytes('first');
      a.send(buffer);
      buffer.set(bytes('other'));
      a.send(buffer.subarray(0, 3));
      await harness.until(() => got.length === 2);
      expect(got).toEqual(['first', 'oth']);
    });

    it('keeps what arrives before anyone listens', async () => {
      const [a, b] = await harness.pair();
      const seen: string[] = [];
      const probe: string[] = [];
      a.onMessage = (frame) => probe.push(text(frame));
      for (let i = 0; i < 5; i++) a.send(bytes(`${i}`));
      // Something the other way shows that time has passed without a sleep.
      b.send(bytes('probe'));
      await harness.until(() => probe.length === 1);
      b.onMessage = (frame) => seen.push(text(frame));
      await harness.until(() => seen.length === 5);
      expect(seen).toEqual(['0', '1', '2', '3', '4']);
    });

    it('carries a frame of the longest size', async () => {
      const [a, b] = await harness.pair();
      let length = 0;
      b.onMessage = (frame) => {
        length = frame.length;
      };
      a.send(new Uint8Array(a.maxMessageSize));
      await harness.until(() => length > 0);
      expect(length).toBe(a.maxMessageSize);
    });

    it('counts what has not left, and says when it is low', async () => {
      const [a, b] = await harness.pair();
      b.onMessage = () => undefined;
      let low = 0;
      a.lowThreshold = 1000;
      a.onLow = () => low++;
      for (let i = 0; i < 20; i++) a.send(new Uint8Array(60_000));
      expect(a.bufferedAmount).toBeGreaterThan(1000);
      await harness.until(() => low > 0);
      expect(a.bufferedAmount).toBeLessThanOrEqual(1000);
    });

    it('tells the other side of a close, once, after what was sent before it', async () => {
      const [a, b] = await harness.pair();
      const told: string[] = [];
      b.onMessage = (frame) => told.push(text(frame));
      b.onClose = () => told.push('closed');
      a.onClose = () => told.push('own close');
      a.send(bytes('last words'));
      a.close();
      a.close();
      await harness.until(() => told.includes('closed'));
      expect(told).toEqual(['last words', 'closed']);
    });

    it('sending after a close does nothing', async () => {
      const [a, b] = await harness.pair();
      let closed = 0;
      let got = 0;
      b.onClose = () => closed++;
      b.onMessage = () => got++;
      a.close();
      await harness.until(() => closed > 0);
      a.send(bytes('x'));
      b.send(bytes('x'));
      expect(got).toBe(0);
      expect(closed).toBe(1);
    });
  });
}

function bytes(value: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(value);
}

function text(frame: Uint8Array): string {
  return new TextDecoder().decode(frame);
}
