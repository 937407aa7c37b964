import { describe, expect, it, vi } from 'vitest';
import { RelayedBytes, relayChannel } from '../../../lib/rtc/relayed-channel.ts';
import { fakeChannelPair, type FakeChannel } from './fake-channel.ts';

/** The worker's end over a channel that stays with the document, and that channel. */
function relayed(): { bytes: RelayedBytes; channel: FakeChannel; far: FakeChannel } {
  const [channel, far] = fakeChannelPair();
  const { port1, port2 } = new MessageChannel();
  relayChannel(channel as unknown as RTCDataChannel, port1 as unknown as MessagePort);
  const bytes = new RelayedBytes(port2 as unknown as MessagePort);
  bytes.maxMessageSize = 262_144;
  return { bytes, channel, far };
}

describe('a relayed data channel', () => {
  it('[TR10] counts what is on its way to the document as well as what waits there', async () => {
    const { bytes, channel, far } = relayed();
    far.open();
    for (let i = 0; i < 4; i++) bytes.send(new Uint8Array(1000));
    expect(bytes.bufferedAmount).toBe(4000);
    // Taken by the document, and not sent: the channel is not open yet.
    await vi.waitFor(() => expect(channel.sent).toHaveLength(0));
    channel.open();
    await vi.waitFor(() => expect(bytes.bufferedAmount).toBe(0));
    expect(channel.sent).toHaveLength(4);
  });

  it('[TR10] says low once when all of it fell to the mark', async () => {
    const { bytes, channel, far } = relayed();
    channel.open();
    far.open();
    const lows: number[] = [];
    bytes.lowThreshold = 1500;
    bytes.onLow = () => lows.push(bytes.bufferedAmount);
    for (let i = 0; i < 10; i++) bytes.send(new Uint8Array(1000));
    await vi.waitFor(() => expect(bytes.bufferedAmount).toBe(0));
    expect(lows).toHaveLength(1);
    expect(lows[0]).toBeLessThanOrEqual(1500);
  });

  it('[BD4] what comes before anyone listens waits with the document, bounded', async () => {
    const { bytes, channel, far } = relayed();
    channel.open();
    far.open();
    const closed: string[] = [];
    bytes.onClose = (reason) => closed.push(reason);
    for (let i = 0; i < 9; i++) far.send(new Uint8Array(1024 * 1024));
    await vi.waitFor(() => expect(channel.readyState).toBe('closed'));
    bytes.onMessage = () => undefined;
    await vi.waitFor(() => expect(closed).toEqual(['too-much-before-binding']));
  });

  it('refuses a frame over the limit, and is silent after its close', async () => {
    const { bytes, channel } = relayed();
    channel.open();
    expect(() => bytes.send(new Uint8Array(262_145))).toThrow('maxMessageSize');
    bytes.close();
    bytes.send(new Uint8Array(1));
    await vi.waitFor(() => expect(channel.readyState).toBe('closed'));
    expect(channel.sent).toEqual([]);
  });
});
