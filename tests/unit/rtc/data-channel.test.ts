import { describe, expect, it, vi } from 'vitest';
import { DataChannelBytes } from '../../../lib/rtc/data-channel.ts';
import { FakeChannel } from './fake-channel.ts';

function pair() {
  const channel = new FakeChannel();
  const bytes = new DataChannelBytes(channel as unknown as RTCDataChannel);
  return { channel, bytes };
}

describe('a data channel as a ByteChannel', () => {
  it('keeps what is sent before it opens, as it was then', () => {
    const { channel, bytes } = pair();
    const frame = Uint8Array.of(1, 2);
    bytes.send(frame);
    frame.fill(9);
    expect(channel.sent).toEqual([]);
    channel.open();
    expect(channel.sent).toEqual([[1, 2]]);
  });

  it('[BD4] keeps messages that arrive before anybody listens, in order', () => {
    const { channel, bytes } = pair();
    channel.arrive(1);
    channel.arrive(2);
    const seen: number[][] = [];
    bytes.onMessage = (frame) => seen.push([...frame]);
    channel.arrive(3);
    expect(seen).toEqual([[1], [2], [3]]);
  });

  it('a listener that stops listening while it is fed gets no more', () => {
    const { channel, bytes } = pair();
    channel.arrive(1);
    channel.arrive(2);
    const seen: number[][] = [];
    bytes.onMessage = (frame) => {
      seen.push([...frame]);
      bytes.onMessage = null;
    };
    expect(seen).toEqual([[1]]);
    bytes.onMessage = (frame) => seen.push([...frame]);
    expect(seen).toEqual([[1], [2]]);
  });

  it('[BD4] closes when a peer sends megabytes before its proof was looked at', async () => {
    const { channel, bytes } = pair();
    const closed = vi.fn();
    bytes.onClose = closed;
    for (let i = 0; i < 9; i += 1) channel.onmessage?.({ data: new ArrayBuffer(1024 * 1024) });
    expect(channel.readyState).toBe('closed');
    await Promise.resolve();
    expect(closed).toHaveBeenCalledOnce();
  });

  it('[BP1] hands a text message on as an empty frame', () => {
    const { channel, bytes } = pair();
    const seen: Uint8Array[] = [];
    bytes.onMessage = (frame) => seen.push(frame);
    channel.onmessage?.({ data: 'hello' });
    expect(seen).toEqual([new Uint8Array()]);
  });

  it('refuses a frame longer than the peer takes', () => {
    const { channel, bytes } = pair();
    channel.open();
    bytes.maxMessageSize = 4;
    bytes.send(new Uint8Array(4));
    expect(() => bytes.send(new Uint8Array(5))).toThrow('maxMessageSize');
  });

  it('tells a close once, and not its own', async () => {
    const lost = pair();
    const onClose = vi.fn();
    lost.bytes.onClose = onClose;
    lost.channel.onerror?.();
    lost.channel.onclose?.();
    expect(onClose.mock.calls).toEqual([['error']]);

    const own = pair();
    const never = vi.fn();
    own.bytes.onClose = never;
    own.bytes.close();
    own.bytes.send(Uint8Array.of(1));
    await Promise.resolve();
    expect(never).not.toHaveBeenCalled();
    expect(own.channel.sent).toEqual([]);
  });
});
