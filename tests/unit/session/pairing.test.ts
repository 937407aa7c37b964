import { describe, expect, it } from 'vitest';
import { Network } from './virtual-network.ts';

describe('pairing by a code', () => {
  it('[PR12] ends with both sides paired, the same words, the same session', async () => {
    const net = new Network();
    const [laptop, desktop] = [net.device('Laptop'), net.device('Desktop')];
    await net.pair(laptop, desktop);

    expect(laptop.pairing.map(({ type }) => type)).toEqual([
      'creating',
      'showing',
      'handshaking',
      'confirm-words',
      'paired',
    ]);
    expect(desktop.pairing.map(({ type }) => type)).toEqual([
      'joining',
      'handshaking',
      'confirm-words',
      'paired',
    ]);
    const [a, b] = [laptop.state, desktop.state];
    if (a.type !== 'paired' || b.type !== 'paired') throw new Error('not paired');
    expect(a.words).toEqual(b.words);
    expect(a.words).toHaveLength(3);
    expect([a.name, b.name]).toEqual(['Desktop', 'Laptop']);
    expect([a.deviceId, b.deviceId]).toEqual([desktop.deviceId, laptop.deviceId]);
    expect(laptop.core.sessions.sessions()).toHaveLength(1);
    expect(laptop.core.sessions.sessions()[0]?.sessionId).toBe(
      desktop.core.sessions.sessions()[0]?.sessionId,
    );
    const [mine, theirs] = [laptop.links.last.secured, desktop.links.last.secured];
    expect(mine?.keys).toEqual(theirs?.keys);
    expect([mine?.role, theirs?.role]).toEqual(['r2i', 'i2r']);
    expect(laptop.pairs.paired.get(desktop.deviceId)?.pskRoot).toEqual(
      desktop.pairs.paired.get(laptop.deviceId)?.pskRoot,
    );
    expect(laptop.pairs.pending.size + desktop.pairs.pending.size).toBe(0);
  });
});
