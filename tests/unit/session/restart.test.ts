import { describe, expect, it } from 'vitest';
import { DISCONNECTED_PATIENCE_MS } from '../../../lib/session/constants.ts';
import { RETRY_MS } from '../../../lib/session/pursuit.ts';
import type { FakeLink } from './fake-links.ts';
import { Network, type Device, type Relay } from './virtual-network.ts';

/** Two devices with a connected session between them. */
async function connected(): Promise<{
  net: Network;
  a: Device;
  b: Device;
  links: readonly [FakeLink, FakeLink];
}> {
  const net = new Network();
  const [a, b] = await net.paired();
  a.core.sessions.connect(b.deviceId).catch(() => undefined);
  await net.settle();
  expect(states(a, b)).toEqual(['connected', 'connected']);
  return { net, a, b, links: [a.links.last, b.links.last] };
}

function states(a: Device, b: Device): string[] {
  return [a.core.sessions.stateOf(b.deviceId).type, b.core.sessions.stateOf(a.deviceId).type];
}

function sessionIds(...devices: Device[]): string[] {
  return devices.flatMap((device) =>
    device.core.sessions.sessions().map(({ sessionId }) => sessionId),
  );
}

function loseBoth(links: readonly FakeLink[], state: 'disconnected' | 'failed'): void {
  for (const link of links) link.lose(state);
}

describe('a path that is lost', () => {
  it('[IC8] has two seconds to come back by itself', async () => {
    const { net, a, b, links } = await connected();
    loseBoth(links, 'disconnected');
    await net.advance(DISCONNECTED_PATIENCE_MS - 1);
    expect(states(a, b)).toEqual(['connected', 'connected']);
    expect(a.of('doubt')).toEqual([{ type: 'doubt', deviceId: b.deviceId }]);
    for (const link of links) link.recover();
    await net.advance(60_000);
    expect(links.flatMap(({ restarts }) => restarts)).toEqual([]);
    expect(states(a, b)).toEqual(['connected', 'connected']);
  });

  it('[IC8] is looked for again after that: the session and its keys stay', async () => {
    const { net, a, b, links } = await connected();
    const before = sessionIds(a, b);
    loseBoth(links, 'disconnected');
    await net.advance(DISCONNECTED_PATIENCE_MS);
    expect(states(a, b)).toEqual(['connected', 'connected']);
    expect(links.flatMap(({ restarts }) => restarts).length).toBeGreaterThan(0);
    expect(sessionIds(a, b)).toEqual(before);
    expect([...a.of('session-down'), ...b.of('session-down')]).toEqual([]);
    expect([a.links.created.length, b.links.created.length]).toEqual([1, 1]);
  });

  it('[IC8] one side notices: its restart is enough', async () => {
    const { net, a, b, links } = await connected();
    links[0].lose('failed');
    await net.settle();
    expect(links[0].restarts).toEqual(['all']);
    expect(links[1].restarts).toEqual([]);
    expect(states(a, b)).toEqual(['connected', 'connected']);
  });

  it('[IC7] glare: both restart at the same moment, and end with one connection', async () => {
    for (let delay = 0; delay < 8; delay++) {
      const { net, a, b, links } = await connected();
      const before = sessionIds(a, b);
      links[0].lose('failed');
      for (let i = 0; i < delay; i++) {
        net.server.queue.shift()?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
      links[1].lose('failed');
      await net.settle();
      expect(states(a, b)).toEqual(['connected', 'connected']);
      expect(sessionIds(a, b)).toEqual(before);
    }
  });

  it('[IC4] no way at all: the rungs one after the other, then the session ends', async () => {
    const { net, a, b, links } = await connected();
    net.medium.profile = { ...net.medium.profile, relays: true };
    net.medium.reachable = false;
    loseBoth(links, 'failed');
    await net.settle();
    expect(states(a, b)).toEqual(['restarting', 'restarting']);
    await net.advance(20_000);
    expect(links[0].restarts).toEqual(['all', 'relay']);
    expect(a.of('session-down')).toMatchObject([{ reason: 'link-failed' }]);
    expect(states(a, b)).toEqual(['closed', 'closed']);
  });

  it('[IC4] relays that are dead cost no session: the direct way is back on the second rung', async () => {
    const { net, a, b, links } = await connected();
    net.medium.profile = { ...net.medium.profile, relays: true };
    const before = sessionIds(a, b);
    net.medium.reachable = false;
    loseBoth(links, 'disconnected');
    await net.advance(DISCONNECTED_PATIENCE_MS + 3_000);
    net.medium.reachable = true;
    await net.advance(8_000);
    expect(states(a, b)).toEqual(['connected', 'connected']);
    expect(sessionIds(a, b)).toEqual(before);
  });

  it('[RC9] the server is away too: a new handshake as soon as both are back', async () => {
    const { net, a, b, links } = await connected();
    const before = sessionIds(a, b);
    net.medium.reachable = false;
    for (const device of [a, b]) device.reconnect();
    loseBoth(links, 'disconnected');
    await net.advance(DISCONNECTED_PATIENCE_MS + 500);
    expect(states(a, b)).toEqual(['restarting', 'restarting']);
    net.medium.reachable = true;
    for (const device of [a, b]) device.enterRooms();
    await net.settle();
    expect(states(a, b)).toEqual(['connected', 'connected']);
    const [mine, theirs] = sessionIds(a, b);
    expect(mine).toBe(theirs);
    expect(before).not.toContain(mine);
    expect(a.of('session-down')).toMatchObject([{ reason: 'replaced' }]);
  });

  it('[RC9] a lost server alone leaves the session alone', async () => {
    const { net, a, b, links } = await connected();
    for (const device of [a, b]) device.reconnect();
    await net.advance(120_000);
    expect(states(a, b)).toEqual(['connected', 'connected']);
    expect(links.flatMap(({ restarts }) => restarts)).toEqual([]);
  });

  it('[IC6] a restart that is another connection ends the session', async () => {
    const { net, a, b, links } = await connected();
    const stranger = a.links.create({
      pcId: new Uint8Array(16),
      sessionId: '',
      offerer: true,
      onCandidate: () => undefined,
      onState: () => undefined,
    });
    links[0].restart = () => stranger.offer();
    links[0].lose('failed');
    await net.settle();
    expect(b.of('session-down')).toMatchObject([{ reason: 'bad-peer' }]);
    expect(b.core.sessions.stateOf(a.deviceId)).toMatchObject({ type: 'closed' });
  });
});

describe('ending what is in doubt', () => {
  /** Both look for a path, and nothing waits for the connection. */
  async function inDoubt() {
    const made = await connected();
    for (const device of [made.a, made.b]) device.wanted.clear();
    made.net.medium.reachable = false;
    loseBoth(made.links, 'failed');
    await made.net.settle();
    expect(states(made.a, made.b)).toEqual(['restarting', 'restarting']);
    return made;
  }

  it('closed for being idle, it stays closed on both sides', async () => {
    const { net, a, b } = await inDoubt();
    a.core.sessions.closeDevice(b.deviceId, 'idle');
    net.medium.reachable = true;
    await net.advance(60_000);
    expect(states(a, b)).toEqual(['closed', 'closed']);
    expect([a.links.created.length, b.links.created.length]).toEqual([1, 1]);
  });

  it('[RM1] a device removed meanwhile is not greeted again', async () => {
    const { net, a, b } = await inDoubt();
    const before = net.server.seen.length;
    await a.core.sessions.remove(b.deviceId);
    net.medium.reachable = true;
    await net.advance(60_000);
    const texts = net.server.seen.slice(before).filter(({ data }) => typeof data === 'string');
    expect(texts).toEqual([]);
    expect(b.pairs.size).toBe(0);
  });

  it('[RC7] a peer that begins anew meanwhile gets one new connection, not two', async () => {
    const { net, a, b } = await inDoubt();
    const again = net.restarted(b);
    net.medium.reachable = true;
    again.core.sessions.connect(a.deviceId).catch(() => undefined);
    await net.advance(60_000);
    expect(states(a, again)).toEqual(['connected', 'connected']);
    expect([a.links.created.length, again.links.created.length]).toEqual([2, 1]);
    expect(a.of('session-down')).toMatchObject([{ reason: 'replaced' }]);
  });
});

describe('[IC5] privacy mode that is switched', () => {
  it('closes every connection, and makes anew what something waits for', async () => {
    const { net, a, b } = await connected();
    const before = sessionIds(a, b);
    a.core.remake();
    await net.settle();
    expect(states(a, b)).toEqual(['closed', 'closed']);
    a.core.sessions.pursue(b.deviceId);
    await net.settle();
    expect(states(a, b)).toEqual(['connected', 'connected']);
    expect(before).not.toContain(sessionIds(a)[0]);
  });

  it('while connecting: what waits is tried again', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    net.medium.reachable = false;
    a.core.sessions.pursue(b.deviceId);
    await net.settle();
    expect(states(a, b)).toEqual(['connecting', 'connecting']);
    net.medium.reachable = true;
    a.core.remake();
    await net.advance(RETRY_MS);
    expect(states(a, b)).toEqual(['connected', 'connected']);
    expect(a.links.created[0]?.state).toBe('closed');
  });

  it.each(['creator', 'joiner'] as const)(
    'a pairing’s own connection ends with it: the %s’s switch',
    async (who) => {
      for (const held of ['pqc-ciphertext', 'ice-candidate'] as const) {
        const net = new Network();
        const [a, b] = [net.device('Laptop'), net.device('Desktop')];
        // n2 and n3, or what follows them, are under way.
        const late: Relay[] = [];
        net.server.onRelay = (relay) => {
          if (relay.event !== held) return [relay];
          late.push(relay);
          return [];
        };
        await net.pair(a, b);
        const device = who === 'creator' ? a : b;
        device.core.remake();
        const sent = net.server.seen.filter(({ from }) => from === device.socketId).length;
        net.server.onRelay = (relay) => [relay];
        for (const relay of late) net.server.deliver(relay);
        await net.advance(60_000);
        for (const link of device.links.created) expect(link.state).toBe('closed');
        const after = net.server.seen.filter(({ from }) => from === device.socketId).slice(sent);
        expect(after.filter(({ event }) => event === 'pqc-ciphertext')).toEqual([]);
      }
    },
  );

  it('without a relay nothing is begun; what waits is told after the second try', async () => {
    const net = new Network();
    net.medium.profile = { ...net.medium.profile, privacy: true };
    const [a, b] = await net.paired();
    a.core.sessions.pursue(b.deviceId);
    await net.advance(RETRY_MS);
    expect(a.events).toContainEqual({ type: 'reach', deviceId: b.deviceId, how: 'no-relay' });
    expect(net.server.seen).toEqual([]);
    expect(a.core.sessions.stateOf(b.deviceId)).toEqual({ type: 'waiting', for: 'retry' });
    // Nothing waits any more: that is no state of the connection.
    a.wanted.clear();
    expect(a.core.sessions.stateOf(b.deviceId).type).toBe('idle');
  });

  it('a one-time session, which no store knows, ends too', async () => {
    const net = new Network();
    const [a, b] = [net.device('Laptop'), net.device('Desktop')];
    await net.pair(a, b, false);
    expect(a.core.sessions.sessions()).toHaveLength(1);
    a.core.remake();
    await net.settle();
    expect([...a.core.sessions.sessions(), ...b.core.sessions.sessions()]).toEqual([]);
  });
});

describe('a network that changes', () => {
  it('[IC9] restarts at once, without waiting for ICE to notice', async () => {
    const { net, a, b, links } = await connected();
    const before = sessionIds(a, b);
    a.core.sessions.shake();
    await net.settle();
    expect(links[0].restarts).toEqual(['all']);
    expect(states(a, b)).toEqual(['connected', 'connected']);
    expect(sessionIds(a, b)).toEqual(before);
  });

  it('[IC9] both at once, and again before the first restart was answered', async () => {
    const { net, a, b } = await connected();
    for (const device of [a, b, a, b]) device.core.sessions.shake();
    await net.settle();
    for (const device of [a, b]) device.core.sessions.shake();
    await net.settle();
    expect(states(a, b)).toEqual(['connected', 'connected']);
    expect([...a.of('session-down'), ...b.of('session-down')]).toEqual([]);
  });

  it('[IC9] [RC9] with the server away a path that works is kept, however long that lasts', async () => {
    const { net, a, b } = await connected();
    const before = sessionIds(a, b);
    for (const device of [a, b]) device.reconnect();
    a.core.sessions.shake();
    await net.settle();
    expect(states(a, b)).toEqual(['restarting', 'connected']);
    await net.advance(600_000);
    expect(states(a, b)).toEqual(['connected', 'connected']);
    expect(sessionIds(a, b)).toEqual(before);
  });

  it('[IC9] ends the wait for a retry', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    net.server.onRelay = () => [];
    a.core.sessions.pursue(b.deviceId);
    await net.advance(15_000);
    expect(a.core.sessions.stateOf(b.deviceId)).toEqual({ type: 'waiting', for: 'retry' });
    net.server.onRelay = (relay) => [relay];
    a.core.sessions.shake();
    await net.settle();
    expect(states(a, b)).toEqual(['connected', 'connected']);
  });
});

describe('a device that is pursued', () => {
  const hints = (device: Device) =>
    device.events.flatMap((event) => (event.type === 'reach' ? event.how : []));

  it('[IC10] is waited for, and reached when it appears', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    b.reconnect();
    await net.settle();
    a.core.sessions.pursue(b.deviceId);
    await net.settle();
    expect(a.core.sessions.stateOf(b.deviceId)).toEqual({ type: 'waiting', for: 'device' });
    await net.advance(3_600_000);
    b.enterRooms();
    await net.settle();
    expect(states(a, b)).toEqual(['connected', 'connected']);
    expect(hints(a)).toEqual(['connecting', 'offline', 'connecting']);
  });

  it('[IC10] the server is away: reached when both are back', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    net.server.onRelay = () => [];
    a.core.sessions.pursue(b.deviceId);
    await net.settle();
    a.reconnect();
    await net.settle();
    expect(a.core.sessions.stateOf(b.deviceId)).toEqual({ type: 'waiting', for: 'server' });
    net.server.onRelay = (relay) => [relay];
    a.enterRooms();
    await net.settle();
    expect(states(a, b)).toEqual(['connected', 'connected']);
  });

  it('[IC10] no path: told after the second try, and still tried at a slow pace', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    net.medium.reachable = false;
    a.core.sessions.pursue(b.deviceId);
    await net.advance(2 * 20_000 + RETRY_MS);
    expect(hints(a).at(-1)).toBe('no-path');
    net.medium.reachable = true;
    await net.advance(60_000);
    expect(states(a, b)).toEqual(['connected', 'connected']);
  });

  it('[IC10] nothing waits for it any more: no further try', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    const { wanted } = a;
    net.server.onRelay = () => [];
    a.core.sessions.pursue(b.deviceId);
    await net.advance(15_000);
    wanted.delete(b.deviceId);
    const sent = net.server.seen.length;
    await net.advance(600_000);
    expect(net.server.seen.length).toBe(sent);
    expect(a.core.sessions.stateOf(b.deviceId)).toEqual({ type: 'closed', reason: 'timeout' });
  });

  it('[IC8] a cut of 60 s between the two, servers and all: back by itself', async () => {
    const { net, a, b, links } = await connected();
    net.medium.reachable = false;
    net.server.away = true;
    for (const device of [a, b]) device.reconnect();
    loseBoth(links, 'disconnected');
    await net.advance(15_000);
    loseBoth(links, 'failed');
    await net.advance(45_000);
    for (const device of [a, b])
      device.core.sessions.pursue(device === a ? b.deviceId : a.deviceId);
    net.medium.reachable = true;
    net.server.away = false;
    for (const device of [a, b]) device.enterRooms();
    await net.advance(5_000);
    expect(states(a, b)).toEqual(['connected', 'connected']);
    expect(new Set(sessionIds(a, b)).size).toBe(1);
  });
});

describe('what the two sides are behind', () => {
  it('[IC2] travels sealed with each description', async () => {
    const net = new Network();
    net.medium.profile = {
      nat: { type: 'symmetric', confidence: 0.9 },
      privacy: false,
      relays: true,
    };
    const [a, b] = await net.paired();
    a.core.sessions.connect(b.deviceId).catch(() => undefined);
    await net.settle();
    const answerer = [a.links.last, b.links.last].find(({ remoteNat }) => remoteNat !== undefined);
    expect(answerer?.remoteNat).toEqual({ type: 'symmetric', confidence: 0.9 });
    expect(JSON.stringify(net.server.seen)).not.toContain('symmetric');
  });
});
