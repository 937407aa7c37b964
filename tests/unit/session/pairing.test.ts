import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64 } from '../../../lib/crypto/bytes.ts';
import { parseCode } from '../../../lib/session/code.ts';
import { PAIRING_ROOM_LINGER_MS, PAIRING_TIMEOUT_MS } from '../../../lib/session/constants.ts';
import type { PairingFailure } from '../../../lib/session/errors.ts';
import type { PairingState } from '../../../lib/session/events.ts';
import { FakeLink } from './fake-links.ts';
import { link, Network, type Device, type Relay } from './virtual-network.ts';

const WORDS = { format: 'words', remember: true } as const;
const CHARACTERS = { format: 'characters', remember: true } as const;
const REMEMBER = { remember: true } as const;

function failure(state: PairingState): PairingFailure | undefined {
  return state.type === 'failed' ? state.reason : undefined;
}

/** The same nameplate with another secret. */
function wrongCode(code: string): string {
  const { nameplate, secret, format } = parseCode(code);
  if (format === 'characters') {
    return `${nameplate}-${secret.startsWith('0') ? '1' : '0'}${secret.slice(1)}`;
  }
  const words = secret.split('-');
  return `${nameplate}-${words[0] === 'village' ? 'above' : 'village'}-${words[1]}-${words[2]}`;
}

function typeOf(relay: Relay): number {
  return typeof relay.data === 'string' ? (fromBase64(relay.data)[0] ?? -1) : -1;
}

async function showing(
  options: { format: 'words' | 'characters'; remember: boolean } = WORDS,
): Promise<{ net: Network; laptop: Device; desktop: Device; code: string }> {
  const net = new Network();
  const [laptop, desktop] = [net.device('Laptop'), net.device('Desktop')];
  laptop.core.pairing.create(options);
  await net.settle();
  return { net, laptop, desktop, code: laptop.code };
}

function expectNothingStored(...devices: Device[]): void {
  for (const device of devices) {
    expect(device.pairs.size).toBe(0);
    expect(device.core.sessions.sessions()).toEqual([]);
    for (const made of device.links.created) expect(made.state).toBe('closed');
  }
}

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

  it('[PR1] works with the 8 characters, typed carelessly', async () => {
    const { net, laptop, desktop, code } = await showing(CHARACTERS);
    desktop.core.pairing.join(` ${code.toLowerCase().replace('-', ' ')} `, REMEMBER);
    await net.settle();
    expect([laptop.state.type, desktop.state.type]).toEqual(['paired', 'paired']);
  });

  it('leaves the nameplate once the connection stands', async () => {
    const { net, laptop, desktop, code } = await showing();
    desktop.core.pairing.join(code, REMEMBER);
    await net.advance(PAIRING_ROOM_LINGER_MS);
    expect(net.server.nameplates.size).toBe(0);
    expect([...(net.server.rooms.get('n12345') ?? [])]).toEqual([]);
    expect(laptop.core.sessions.sessions()).toHaveLength(1);
  });

  it('leaves no timer and no exchange behind', async () => {
    const { net, desktop, code } = await showing();
    desktop.core.pairing.join(code, REMEMBER);
    await net.advance(PAIRING_ROOM_LINGER_MS);
    expect(net.clock.timers).toBe(0);
  });

  it('[PR11] stores nothing, and shows no static key, unless both remember', async () => {
    for (const [creator, joiner] of [
      [true, false],
      [false, true],
      [false, false],
    ] as const) {
      const { net, laptop, desktop, code } = await showing({ format: 'words', remember: creator });
      desktop.core.pairing.join(code, { remember: joiner });
      await net.settle();
      const [a, b] = [laptop.state, desktop.state];
      if (a.type !== 'paired' || b.type !== 'paired') throw new Error('not paired');
      expect([a.remembered, b.remembered]).toEqual([false, false]);
      expect(laptop.pairs.size + desktop.pairs.size).toBe(0);
      expect(laptop.core.sessions.sessions()).toHaveLength(1);
      if (!creator) expect(b.deviceId).not.toBe(laptop.deviceId);
      if (!joiner) expect(a.deviceId).not.toBe(desktop.deviceId);
    }
  });

  it('[PR13] keeps the old pair of a known device until the new one is confirmed', async () => {
    const { net, laptop, desktop, code } = await showing();
    link(laptop, desktop);
    const old = laptop.pairs.paired.get(desktop.deviceId)?.pskRoot;
    // C's own `paired` and J's are the first envelopes; neither arrives.
    net.server.onRelay = (relay) => (typeof relay.data === 'string' ? [relay] : []);
    desktop.core.pairing.join(code, REMEMBER);
    await net.settle();
    expect(laptop.pairs.pending.has(desktop.deviceId)).toBe(true);
    expect(laptop.pairs.paired.get(desktop.deviceId)?.pskRoot).toEqual(old);
  });

  it('[PR13] taking an unconfirmed pairing back leaves the old pair alone, on both sides', async () => {
    const { net, laptop, desktop, code } = await showing();
    link(laptop, desktop);
    const old = laptop.pairs.paired.get(desktop.deviceId)?.pskRoot;
    // Nothing sealed arrives but the word that takes it back.
    let sealed = 0;
    net.server.onRelay = (relay) => {
      if (typeof relay.data === 'string') return [relay];
      sealed++;
      return [];
    };
    desktop.core.pairing.join(code, REMEMBER);
    await net.settle();
    expect(sealed).toBeGreaterThan(0);
    for (const device of [laptop, desktop]) device.core.pairing.cancel();
    await net.settle();
    expect(failure(laptop.state)).toBe('cancelled');
    for (const [own, peer] of [
      [laptop, desktop],
      [desktop, laptop],
    ] as const) {
      expect(own.pairs.pending.size).toBe(0);
      expect(own.pairs.paired.get(peer.deviceId)?.pskRoot).toEqual(old);
    }
  });

  it('[PR12] a pair whose confirmation was lost is confirmed by the next handshake', async () => {
    const { net, laptop, desktop, code } = await showing();
    net.server.onRelay = (relay) => (typeof relay.data === 'string' ? [relay] : []);
    desktop.core.pairing.join(code, REMEMBER);
    await net.advance(PAIRING_TIMEOUT_MS);
    expect([laptop.state.type, desktop.state.type]).toEqual(['failed', 'failed']);
    expect([laptop.pairs.pending.size, desktop.pairs.pending.size]).toEqual([1, 1]);

    net.server.onRelay = (relay) => [relay];
    laptop.enterRooms();
    desktop.enterRooms();
    await net.settle();
    const connected = laptop.core.sessions.connect(desktop.deviceId);
    await net.settle();
    await expect(connected).resolves.toMatchObject({ deviceId: desktop.deviceId });
    expect([laptop.pairs.paired.size, desktop.pairs.paired.size]).toEqual([1, 1]);
    expect(laptop.of('pair-confirmed')).toHaveLength(1);
    expect(desktop.of('pair-confirmed')).toHaveLength(1);
  });

  it.each([0, 60_000])('[RM1] "Not the same? Remove" after %i ms takes it back', async (wait) => {
    const { net, laptop, desktop, code } = await showing();
    desktop.core.pairing.join(code, REMEMBER);
    await net.settle();
    for (const device of [laptop, desktop]) device.enterRooms();
    await net.advance(wait);
    await laptop.core.pairing.reject();
    await net.settle();
    expect(laptop.state.type).toBe('idle');
    expect([laptop.pairs.size, desktop.pairs.size]).toEqual([0, 0]);
    expect(desktop.of('removed-by-peer')).toHaveLength(1);
    expect(desktop.core.sessions.sessions()).toEqual([]);
    expect(failure(desktop.state)).toBe('peer-left');
  });

  it('[BP2] shows a name without control or bidi characters, cut to 64', async () => {
    const net = new Network();
    const evil = net.device(`\u202Egnp.exe\u0007 ${'x'.repeat(100)}`);
    const desktop = net.device('Desktop');
    await net.pair(evil, desktop);
    const { state } = desktop;
    if (state.type !== 'paired') throw new Error(state.type);
    expect(state.name).toMatch(/^gnp\.exe x+$/);
    expect([...state.name].length).toBeLessThanOrEqual(64);
  });
});

describe('pairing that fails', () => {
  it('[PR9] one wrong words code: J wrong-code, C burnt, nothing stored', async () => {
    const { net, laptop, desktop, code } = await showing();
    desktop.core.pairing.join(wrongCode(code), REMEMBER);
    await net.settle();
    expect(failure(desktop.state)).toBe('wrong-code');
    expect(failure(laptop.state)).toBe('someone-tried');
    expect(net.server.nameplates.size).toBe(0);
    expectNothingStored(laptop, desktop);

    desktop.core.pairing.join(code, REMEMBER);
    await net.settle();
    expect(failure(desktop.state)).toBe('code-unknown');
  });

  it('[PR9] 40 bits: the third failing n1 burns, not the second; a right one still pairs', async () => {
    const { net, laptop, desktop, code } = await showing(CHARACTERS);
    for (const expected of ['showing', 'showing', 'failed'] as const) {
      desktop.core.pairing.join(wrongCode(code), REMEMBER);
      await net.settle();
      expect(failure(desktop.state)).toBe('wrong-code');
      expect(laptop.state.type).toBe(expected);
    }
    expect(failure(laptop.state)).toBe('someone-tried');

    const second = await showing(CHARACTERS);
    for (const attempt of [wrongCode(second.code), wrongCode(second.code), second.code]) {
      second.desktop.core.pairing.join(attempt, REMEMBER);
      await second.net.settle();
    }
    expect([second.laptop.state.type, second.desktop.state.type]).toEqual(['paired', 'paired']);
  });

  it('[PR9] an n1 counts even when its sender leaves before it is judged', async () => {
    const { net, laptop, desktop, code } = await showing();
    net.server.onRelay = (relay) => {
      if (typeOf(relay) === 4) {
        net.server.deliver(relay);
        net.server.queue.push(() =>
          laptop.core.peerLeft({ roomId: relay.roomId, socketId: relay.from }),
        );
        return [];
      }
      return [relay];
    };
    desktop.core.pairing.join(wrongCode(code), REMEMBER);
    await net.settle();
    expect(failure(laptop.state)).toBe('someone-tried');
  });

  it('[PR9] an n1 that opened uses the code up even if J then leaves', async () => {
    const { net, laptop, desktop, code } = await showing();
    net.server.onRelay = (relay) => (typeOf(relay) === 5 ? [] : [relay]);
    desktop.core.pairing.join(code, REMEMBER);
    await net.settle();
    expect(laptop.state.type).toBe('handshaking');
    net.server.disconnect(desktop.socketId);
    await net.settle();
    expect(failure(laptop.state)).toBe('peer-left');
    expect(failure(desktop.state)).toBe('server-away');
    expect(net.server.nameplates.size).toBe(0);
    expectNothingStored(laptop, desktop);
  });

  it('[PR8] a pake1 without n1 costs nothing: the code stays and works', async () => {
    const { net, laptop, desktop, code } = await showing();
    net.server.onRelay = (relay) => (typeOf(relay) === 4 ? [] : [relay]);
    desktop.core.pairing.join(code, REMEMBER);
    await net.settle();
    expect(laptop.state.type).toBe('showing');
    await net.advance(PAIRING_TIMEOUT_MS);
    expect(failure(desktop.state)).toBe('timeout');
    expect(laptop.state.type).toBe('showing');
    net.server.onRelay = (relay) => [relay];
    desktop.core.pairing.join(code, REMEMBER);
    await net.settle();
    expect([laptop.state.type, desktop.state.type]).toEqual(['paired', 'paired']);
  });

  it('[PR8] Yb and the commitment are fresh for each pake1', async () => {
    const { net, desktop, code } = await showing();
    net.server.onRelay = (relay) => (typeOf(relay) === 4 ? [] : [relay]);
    for (let i = 0; i < 2; i++) {
      desktop.core.pairing.join(code, REMEMBER);
      await net.settle();
    }
    const answers = net.server.seen.filter((relay) => typeOf(relay) === 3);
    expect(answers).toHaveLength(2);
    const [first, second] = answers.map(({ data }) => fromBase64(String(data)));
    expect(first?.slice(1, 33)).not.toEqual(second?.slice(1, 33));
    expect(first?.slice(-32)).not.toEqual(second?.slice(-32));
  });

  it('[PR10] J never tries again by itself', async () => {
    const { net, desktop, code } = await showing();
    desktop.core.pairing.join(wrongCode(code), REMEMBER);
    await net.advance(10 * PAIRING_TIMEOUT_MS);
    expect(net.server.seen.filter((relay) => typeOf(relay) === 2)).toHaveLength(1);
  });

  it('code-expired: nobody came in ten minutes', async () => {
    const { net, laptop } = await showing();
    await net.advance(600_000);
    expect(failure(laptop.state)).toBe('code-expired');
    expect(net.server.nameplates.size).toBe(0);
  });

  it('code-unknown: no such nameplate, also when both sides only joined', async () => {
    const net = new Network();
    for (const name of ['Laptop', 'Desktop']) {
      const device = net.device(name);
      device.core.pairing.join('54321-village-above-taxi', REMEMBER);
      await net.settle();
      expect(failure(device.state)).toBe('code-unknown');
      expectNothingStored(device);
    }
  });

  it('code-taken: another device has joined', async () => {
    const { net, laptop, desktop, code } = await showing();
    desktop.core.pairing.join(code, REMEMBER);
    const third = net.device('Third');
    third.core.pairing.join(code, REMEMBER);
    await net.settle();
    expect(failure(third.state)).toBe('code-taken');
    expect([laptop.state.type, desktop.state.type]).toEqual(['paired', 'paired']);
  });

  it('code-used: the creator refuses before any secret was tried', async () => {
    const { net, desktop, code } = await showing();
    net.server.onRelay = (relay) =>
      typeOf(relay) === 3 ? [{ ...relay, data: toBase64(new Uint8Array([9])) }] : [relay];
    desktop.core.pairing.join(code, REMEMBER);
    await net.settle();
    expect(failure(desktop.state)).toBe('code-used');
  });

  it('own-code: the code that this device shows', async () => {
    const { laptop, net, code } = await showing();
    laptop.core.pairing.join(code, REMEMBER);
    await net.settle();
    expect(failure(laptop.state)).toBe('own-code');
    expect(net.server.nameplates.size).toBe(0);
  });

  it('[PR14] own-key: the peer presents our own static key', async () => {
    const net = new Network();
    const laptop = net.device('Laptop');
    const clone = net.device('Clone', { key: laptop.key });
    await net.pair(laptop, clone);
    expect(failure(clone.state)).toBe('own-key');
    expect(failure(laptop.state)).toBe('bad-peer');
    expectNothingStored(laptop, clone);
  });

  it('[PR5] no-common-version is refused by C, and J never takes what it did not offer', async () => {
    const net = new Network();
    const laptop = net.device('Laptop');
    const later = net.device('Later', { offer: { versions: [3], suites: [1] } });
    await net.pair(laptop, later);
    expect(failure(later.state)).toBe('code-used');
    expect(laptop.state.type).toBe('showing');

    const { net: other, desktop, code } = await showing();
    other.server.onRelay = (relay) => {
      if (typeOf(relay) !== 3) return [relay];
      const bytes = fromBase64(String(relay.data));
      bytes[1 + 32 + 1] = 1; // the version in ADb
      return [{ ...relay, data: toBase64(bytes) }];
    };
    desktop.core.pairing.join(code, REMEMBER);
    await other.settle();
    expect(failure(desktop.state)).toBe('no-common-version');
  });

  it('server-away: at creating, at joining, and when the socket is lost on the way', async () => {
    const net = new Network();
    net.server.away = true;
    const [laptop, desktop] = [net.device('Laptop'), net.device('Desktop')];
    laptop.core.pairing.create(WORDS);
    desktop.core.pairing.join('12345-village-above-taxi', REMEMBER);
    await net.settle();
    expect([failure(laptop.state), failure(desktop.state)]).toEqual(['server-away', 'server-away']);

    net.server.away = false;
    laptop.core.pairing.create(WORDS);
    await net.settle();
    laptop.core.signalingLost();
    expect(failure(laptop.state)).toBe('server-away');
  });

  it('timeout: the creator never answers; 30 s for all of it', async () => {
    const { net, desktop, code } = await showing();
    net.server.onRelay = () => [];
    desktop.core.pairing.join(code, REMEMBER);
    await net.advance(PAIRING_TIMEOUT_MS - 1);
    expect(desktop.state.type).toBe('handshaking');
    await net.advance(1);
    expect(failure(desktop.state)).toBe('timeout');
    expectNothingStored(desktop);
  });

  it('timeout: a peer connection that never answers does not hold the machine', async () => {
    const { net, laptop, desktop, code } = await showing();
    const real = FakeLink.prototype.answer;
    FakeLink.prototype.answer = () => new Promise(() => undefined);
    try {
      desktop.core.pairing.join(code, REMEMBER);
      await net.advance(PAIRING_TIMEOUT_MS);
    } finally {
      FakeLink.prototype.answer = real;
    }
    // J's time began earlier; its leaving is what C sees.
    expect([failure(laptop.state), failure(desktop.state)]).toEqual(['peer-left', 'timeout']);
    expectNothingStored(laptop, desktop);
  });

  it('peer-left: the creator goes away while J waits', async () => {
    const { net, laptop, desktop, code } = await showing();
    net.server.onRelay = (relay) => (typeOf(relay) === 3 ? [] : [relay]);
    desktop.core.pairing.join(code, REMEMBER);
    await net.settle();
    net.server.disconnect(laptop.socketId);
    await net.settle();
    expect(failure(desktop.state)).toBe('peer-left');
  });

  it('cancelled: on either side, at any moment, and nothing is stored', async () => {
    for (let step = 0; step < 40; step++) {
      const { net, laptop, desktop, code } = await showing();
      desktop.core.pairing.join(code, REMEMBER);
      for (let i = 0; i < step; i++) {
        net.server.queue.shift()?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
      const quitter = step % 2 === 0 ? laptop : desktop;
      const before = quitter.state.type;
      quitter.core.pairing.cancel();
      await net.settle();
      if (before === 'paired') break;
      expect(failure(quitter.state)).toBe('cancelled');
      expect(quitter.pairs.size).toBe(0);
      expect(quitter.core.sessions.sessions()).toEqual([]);
      for (const made of quitter.links.created) expect(made.state).toBe('closed');
      // The other one may at most hold a pending pair, which is never shown ([PR12]).
      const other = quitter === laptop ? desktop : laptop;
      expect(other.pairs.paired.size).toBe(0);
    }
  });

  it('bad-peer: what is no message at all', async () => {
    for (const bad of ['AAAA', '!', 7, null, { encrypted: true }]) {
      const { net, laptop, desktop, code } = await showing();
      net.server.onRelay = (relay) => (typeOf(relay) === 3 ? [{ ...relay, data: bad }] : [relay]);
      desktop.core.pairing.join(code, REMEMBER);
      await net.settle();
      expect(failure(desktop.state)).toBe('bad-peer');
      expect(laptop.state.type).toBe('showing');
    }
  });

  it('internal: a store that fails leaves nothing', async () => {
    const { net, laptop, desktop, code } = await showing();
    const save = desktop.pairs.savePending.bind(desktop.pairs);
    desktop.pairs.savePending = async (pair) => {
      await save(pair);
      throw new Error('disk full');
    };
    desktop.core.pairing.join(code, REMEMBER);
    await net.settle();
    expect(failure(desktop.state)).toBe('internal');
    expect(failure(laptop.state)).toBe('bad-peer');
    expectNothingStored(laptop, desktop);
  });

  it('[CP3] a share that is the identity or no element is refused and is no guess', async () => {
    for (const share of [new Uint8Array(32), new Uint8Array(32).fill(255)]) {
      const { net, laptop, desktop, code } = await showing();
      net.server.onRelay = (relay) => {
        if (typeOf(relay) !== 2) return [relay];
        const bytes = fromBase64(String(relay.data));
        bytes.set(share, 17);
        return [{ ...relay, data: toBase64(bytes) }];
      };
      desktop.core.pairing.join(code, REMEMBER);
      await net.settle();
      expect(laptop.state.type).toBe('showing');
      expect(failure(desktop.state)).toBe('code-used');
    }
  });
});
