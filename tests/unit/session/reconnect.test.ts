import { describe, expect, it } from 'vitest';
import { concat, fromBase64, randomBytes, toBase64 } from '../../../lib/crypto/bytes.ts';
import { rendezvousId, roomName, rvRoot } from '../../../lib/crypto/rendezvous.ts';
import { SessionError } from '../../../lib/session/errors.ts';
import {
  HANDSHAKE_TIMEOUT_MS,
  HELLO_LIFETIME_MS,
  K1_PER_ATTEMPT,
  QUIET_MS,
} from '../../../lib/session/constants.ts';
import { cascade, pathStrategy } from '../../../lib/ice/strategy.ts';
import { FakeLink } from './fake-links.ts';
import { link, Network, type Device, type Relay } from './virtual-network.ts';

/** Nothing is known about either network: all rungs of the cascade together. */
const LINK_TIMEOUT_MS = cascade(pathStrategy('unknown', 'unknown'), {
  relays: false,
  privacy: false,
}).reduce((sum, { timeoutMs }) => sum + timeoutMs, 0);

const HELLO = 1;
const K1 = 7;
const K2 = 8;
const REFUSED = 9;

function typeOf(relay: Relay): number {
  return typeof relay.data === 'string' ? (fromBase64(relay.data)[0] ?? -1) : -1;
}

function count(net: Network, type: number): number {
  return net.server.seen.filter((relay) => typeOf(relay) === type).length;
}

/** I is the one with the smaller static key ([RC1]). */
function byRole(a: Device, b: Device): { initiator: Device; responder: Device } {
  const [own, peer] = [Buffer.from(a.key.publicKey), Buffer.from(b.key.publicKey)];
  return Buffer.compare(own, peer) < 0
    ? { initiator: a, responder: b }
    : { initiator: b, responder: a };
}

function codeOf(error: unknown): string {
  return error instanceof SessionError ? error.code : `other: ${String(error)}`;
}

/** The outcome of `connect`, without an unhandled rejection in between. */
function connect(from: Device, to: Device): { outcome: string } {
  const result = { outcome: 'waiting' };
  from.core.sessions.connect(to.deviceId).then(
    (info) => (result.outcome = info.sessionId),
    (error: unknown) => (result.outcome = codeOf(error)),
  );
  return result;
}

function expectOneSession(a: Device, b: Device): void {
  const [own, peer] = [a.core.sessions.sessions(), b.core.sessions.sessions()];
  expect(own).toHaveLength(1);
  expect(peer).toHaveLength(1);
  expect(own[0]?.sessionId).toBe(peer[0]?.sessionId);
  const [mine, theirs] = [securedOf(a), securedOf(b)];
  expect(mine.keys).toEqual(theirs.keys);
  expect([mine.role, theirs.role].sort()).toEqual(['i2r', 'r2i']);
}

function securedOf(device: Device) {
  const session = device.core.sessions.sessions()[0]?.sessionId;
  const made = device.links.created.find(({ sessionId }) => sessionId === session);
  if (made?.secured === undefined) throw new Error('not secured');
  return made.secured;
}

describe('a session between paired devices', () => {
  it.each(['initiator', 'responder'] as const)('[RC1] opens when the %s wants it', async (who) => {
    const net = new Network();
    const [a, b] = await net.paired();
    const roles = byRole(a, b);
    const from = roles[who];
    const to = from === a ? b : a;
    const { outcome: before } = connect(from, to);
    expect(before).toBe('waiting');
    await net.settle();
    expectOneSession(a, b);
    expect(securedOf(roles.initiator).role).toBe('i2r');
    expect([count(net, HELLO), count(net, K1), count(net, K2)]).toEqual([2, 1, 1]);
    expect(
      from.events.map((event) => (event.type === 'state' ? event.state.type : event.type)),
    ).toEqual(['rendezvous', 'handshaking', 'connecting', 'session-up', 'connected']);
    expect(net.clock.timers).toBe(0);
  });

  it('[RC3] sends no hello only because a peer is present', async () => {
    const net = new Network();
    await net.paired();
    await net.advance(60_000);
    expect(net.server.seen).toEqual([]);
  });

  it('[RC6] glare: both connect at once, one handshake, one session', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    const [one, two] = [connect(a, b), connect(b, a)];
    await net.settle();
    expectOneSession(a, b);
    expect(one.outcome).toBe(two.outcome);
    expect([count(net, HELLO), count(net, K1), count(net, K2)]).toEqual([2, 1, 1]);
  });

  it('[RC6] glare at every interleaving ends in one session', async () => {
    for (let delay = 0; delay < 14; delay++) {
      const net = new Network();
      const [a, b] = await net.paired();
      const first = connect(a, b);
      for (let i = 0; i < delay; i++) {
        net.server.queue.shift()?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
      const second = connect(b, a);
      await net.settle();
      expectOneSession(a, b);
      expect(first.outcome).toBe(second.outcome);
    }
  });

  it('reuses a session, and shares one handshake among callers', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    const [one, two] = [connect(a, b), connect(a, b)];
    await net.settle();
    const three = connect(a, b);
    await net.settle();
    expect(new Set([one.outcome, two.outcome, three.outcome]).size).toBe(1);
    expect(count(net, K1)).toBe(1);
  });

  it('[RC8] R sends nothing but k2 before k3 opens, and candidates arrive sealed', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    const { responder } = byRole(a, b);
    net.server.onRelay = (relay) => (typeof relay.data === 'string' ? [relay] : []);
    connect(a, b);
    await net.settle();
    const said = net.server.seen.filter(({ from }) => from === responder.socketId).map(typeOf);
    expect(said).toEqual([HELLO, K2]);
    expect(JSON.stringify(net.server.seen)).not.toContain('SDP-IN-CLEAR');
  });

  it('[RC7] a new session replaces the old one only when its link is up', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    connect(a, b);
    await net.settle();
    const old = a.core.sessions.sessions()[0]?.sessionId;
    // B's document is restarted: it has forgotten all but the pair.
    const again = net.restarted(b);
    const renewed = connect(again, a);
    await net.settle();
    expectOneSession(a, again);
    expect(renewed.outcome).not.toBe(old);
    expect(a.of('session-down')).toEqual([
      expect.objectContaining({
        session: { sessionId: old, deviceId: b.deviceId },
        reason: 'replaced',
      }),
    ]);
    expect(a.of('session-up')).toHaveLength(2);
  });

  it('[RC2] works in yesterday’s room around midnight and after the day has changed', async () => {
    const net = new Network(Date.UTC(2026, 10, 21, 23, 50));
    const [a, b] = await net.paired();
    connect(a, b);
    await net.settle();
    expectOneSession(a, b);
    await net.advance(20 * 60_000);
    for (const device of [a, b]) device.enterRooms();
    await net.settle();
    a.core.sessions.closeDevice(b.deviceId, 'idle');
    await net.settle();
    connect(b, a);
    await net.settle();
    expectOneSession(a, b);
  });

  it('[RC5] sharing two rooms they meet once; its rv is in the prologue', async () => {
    const net = new Network(Date.UTC(2026, 10, 21, 23, 50));
    const [a, b] = await net.paired();
    expect(net.server.rooms.size).toBe(2);
    connect(a, b);
    connect(b, a);
    await net.settle();
    expectOneSession(a, b);
    expect(count(net, K1)).toBe(1);

    // The server moves k1 to the other room that both are in: the rv differs, nothing opens.
    const other = new Network(Date.UTC(2026, 10, 21, 23, 50));
    const [c, d] = await other.paired();
    const [first, second] = [...other.server.rooms.keys()];
    other.server.onRelay = (relay) =>
      typeOf(relay) === K1
        ? [{ ...relay, roomId: (relay.roomId === first ? second : first) ?? '' }]
        : [relay];
    const moved = connect(c, d);
    await other.settle();
    expect(['refused', 'bad-peer']).toContain(moved.outcome);
    expect(d.core.sessions.sessions()).toEqual([]);
  });

  it('the day changes while a session stands: its signaling moves, candidates still pass', async () => {
    const net = new Network(Date.UTC(2026, 10, 21, 12));
    const [a, b] = await net.paired();
    connect(a, b);
    await net.settle();
    const [old] = [...net.server.rooms.keys()];
    await net.advance(12 * 3_600_000);
    for (const device of [a, b]) device.enterRooms();
    await net.settle();
    for (const device of [a, b]) net.server.leave(device.socketId, old ?? '');
    await net.settle();
    expectOneSession(a, b);
    await a.core.sessions.remove(b.deviceId);
    await net.settle();
    expect(b.of('removed-by-peer')).toHaveLength(1);
    expect(b.pairs.size).toBe(0);
  });

  it('[RC9] a lost socket ends signaling keys, not the session', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    connect(a, b);
    await net.settle();
    a.reconnect();
    await net.settle();
    expectOneSession(a, b);
    const sent = net.server.seen.length;
    a.core.sessions.closeDevice(b.deviceId, 'idle');
    await net.settle();
    // No envelope under the old keys: the link's end is what B sees.
    expect(net.server.seen.length).toBe(sent);
    expect(b.of('session-down')).toMatchObject([{ reason: 'peer-closed' }]);
    a.enterRooms();
    await net.settle();
    connect(b, a);
    await net.settle();
    expectOneSession(a, b);
  });

  it('[RM1] remove tells the peer, closes, and deletes on both sides', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    connect(a, b);
    await net.settle();
    await a.core.sessions.remove(b.deviceId);
    await net.settle();
    expect([a.pairs.size, b.pairs.size]).toEqual([0, 0]);
    expect(b.of('removed-by-peer')).toEqual([{ type: 'removed-by-peer', deviceId: a.deviceId }]);
    expect(connect(b, a)).toBeDefined();
  });

  it('a peer with two sockets, one of them dead, is reached at once', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    const [room] = [...net.server.rooms.keys()];
    a.core.peerJoined({ roomId: room ?? '', socketId: 'socket-dead' });
    const { outcome } = await settled(net, connect(a, b));
    expect(outcome).toBe(a.core.sessions.sessions()[0]?.sessionId);
    expectOneSession(a, b);
  });

  it('[CS4] after a peer’s restart its first hello starts a new handshake at once', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    const { initiator, responder } = byRole(a, b);
    // R loses its document after it has sent k2.
    net.server.onRelay = (relay) => (typeof relay.data === 'string' ? [relay] : []);
    connect(initiator, responder);
    await net.settle();
    net.server.onRelay = (relay) => [relay];
    const again = net.restarted(responder);
    const result = connect(again, initiator);
    await net.settle();
    expectOneSession(initiator, again);
    expect(result.outcome).toBe(again.core.sessions.sessions()[0]?.sessionId);
  });
});

async function settled<Value>(net: Network, value: Value): Promise<Value> {
  await net.settle();
  return value;
}

describe('a session that does not come up', () => {
  it('peer-offline: at once when nobody is in the room', async () => {
    const net = new Network();
    const [a, b] = [net.device('Laptop'), net.device('Desktop')];
    link(a, b);
    a.enterRooms();
    expect((await settled(net, connect(a, b))).outcome).toBe('peer-offline');
  });

  it('peer-left: the only socket turns out to be gone', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    for (const roomId of net.server.rooms.keys()) net.server.rooms.get(roomId)?.delete(b.socketId);
    expect((await settled(net, connect(a, b))).outcome).toBe('peer-left');
  });

  it.each([HELLO, K1, K2, -1])('timeout: message %i never arrives; 15 s', async (lost) => {
    const net = new Network();
    const [a, b] = await net.paired();
    net.server.onRelay = (relay) => (typeOf(relay) === lost ? [] : [relay]);
    const result = connect(a, b);
    await net.advance(HANDSHAKE_TIMEOUT_MS + LINK_TIMEOUT_MS);
    expect(['timeout', 'link-failed']).toContain(result.outcome);
    expect(a.core.sessions.stateOf(b.deviceId).type).toBe('closed');
    for (const made of [...a.links.created, ...b.links.created]) expect(made.state).toBe('closed');
    net.server.onRelay = (relay) => [relay];
    connect(a, b);
    await net.settle();
    expectOneSession(a, b);
  });

  it('[EN5] not-paired here, refused there: the other side has removed us', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    const { initiator, responder } = byRole(a, b);
    responder.pairs.secrets = async () => undefined;
    const result = connect(initiator, responder);
    await net.advance(HANDSHAKE_TIMEOUT_MS);
    expect(result.outcome).toBe('timeout');
    initiator.pairs.secrets = async () => undefined;
    const second = connect(initiator, responder);
    await net.advance(HANDSHAKE_TIMEOUT_MS);
    expect(second.outcome).toBe('not-paired');
  });

  it('refused: another pskRoot', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    const { initiator, responder } = byRole(a, b);
    const real = responder.pairs.secrets.bind(responder.pairs);
    responder.pairs.secrets = async (id, slot) => {
      const found = await real(id, slot);
      return found && { ...found, pskRoot: new Uint8Array(32).fill(7) };
    };
    expect((await settled(net, connect(initiator, responder))).outcome).toBe('refused');
    expect(responder.links.created).toEqual([]);
  });

  it('[RC4] no-common-version', async () => {
    const net = new Network();
    const a = net.device('Laptop');
    const b = net.device('Later', { offer: { versions: [3], suites: [1] } });
    link(a, b);
    for (const device of [a, b]) device.enterRooms();
    await net.settle();
    const { initiator, responder } = byRole(a, b);
    expect((await settled(net, connect(initiator, responder))).outcome).toBe('no-common-version');
    expect((await settled(net, connect(responder, initiator))).outcome).toBe('refused');
  });

  it('link-failed: no path; the timeout is the link’s own', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    net.medium.reachable = false;
    const result = connect(a, b);
    await net.advance(LINK_TIMEOUT_MS - 1);
    expect(a.core.sessions.stateOf(b.deviceId).type).toBe('connecting');
    await net.advance(1);
    expect(result.outcome).toBe('link-failed');
  });

  it('timeout: a peer connection that never answers does not hold the device', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    const real = FakeLink.prototype.offer;
    FakeLink.prototype.offer = () => new Promise(() => undefined);
    const result = connect(a, b);
    await net.advance(HANDSHAKE_TIMEOUT_MS);
    FakeLink.prototype.offer = real;
    expect(result.outcome).toBe('timeout');
    await net.advance(HANDSHAKE_TIMEOUT_MS);
    connect(a, b);
    await net.settle();
    expectOneSession(a, b);
  });

  it('server-away: the own socket is lost on the way', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    net.server.onRelay = () => [];
    const result = connect(a, b);
    await net.settle();
    a.core.signalingLost();
    await net.settle();
    expect(result.outcome).toBe('server-away');
  });

  it('link-failed and peer-closed: a session whose link ends', async () => {
    for (const [state, reason] of [
      ['failed', 'link-failed'],
      ['closed', 'peer-closed'],
    ] as const) {
      const net = new Network();
      const [a, b] = await net.paired();
      connect(a, b);
      await net.settle();
      net.medium.reachable = false;
      a.links.last.lose(state);
      await net.advance(LINK_TIMEOUT_MS);
      expect(a.of('session-down')).toMatchObject([{ reason }]);
      expect(a.core.sessions.stateOf(b.deviceId)).toEqual({ type: 'closed', reason });
    }
  });

  it('[BD4] closeSession ends the named session and no newer one', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    connect(a, b);
    await net.settle();
    a.core.sessions.closeSession('00'.repeat(16), 'binding-failed');
    expectOneSession(a, b);
    const id = a.core.sessions.sessions()[0]?.sessionId ?? '';
    a.core.sessions.closeSession(id, 'binding-failed');
    await net.settle();
    expect(a.of('session-down')).toMatchObject([{ reason: 'binding-failed' }]);
    expect(b.core.sessions.sessions()).toEqual([]);
  });
});

describe('hellos', () => {
  it('[RC6] an nR dies after 30 s', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    const { initiator, responder } = byRole(a, b);
    const held: Relay[] = [];
    net.server.onRelay = (relay) => {
      if (typeOf(relay) !== K1) return [relay];
      held.push(relay);
      return [];
    };
    connect(initiator, responder);
    await net.advance(HELLO_LIFETIME_MS);
    for (const relay of held) net.server.deliver(relay);
    await net.settle();
    expect(count(net, K2)).toBe(0);
    expect(responder.links.created).toEqual([]);
  });

  it('[RC6] an nR dies with the first k1, opened or not', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    const { initiator, responder } = byRole(a, b);
    net.server.onRelay = (relay) => {
      if (typeOf(relay) !== K1) return [relay];
      const broken = fromBase64(String(relay.data));
      broken[40] = (broken[40] ?? 0) ^ 1;
      return [{ ...relay, data: toBase64(broken) }, relay];
    };
    const result = connect(initiator, responder);
    await net.settle();
    expect(result.outcome).toBe('refused');
    expect([count(net, K2), count(net, REFUSED)]).toEqual([0, 1]);
    expect(responder.core.sessions.sessions()).toEqual([]);
  });

  it('[RC6] a forged flood of hellos makes us compute a bounded number of k1s', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    const { initiator, responder } = byRole(a, b);
    const [roomId] = [...net.server.rooms.keys()];
    for (let i = 0; i < 50; i++) {
      const hello = new Uint8Array(22);
      hello.set([1, i]);
      hello.set([1, 2, 2, 0, 1], 17);
      net.server.deliver({
        from: responder.socketId,
        to: initiator.socketId,
        roomId: roomId ?? '',
        event: 'offer',
        data: toBase64(hello),
      });
      await net.settle();
    }
    expect(count(net, K1)).toBeLessThanOrEqual(K1_PER_ATTEMPT);
    expect(count(net, K1)).toBeGreaterThan(0);
    // Both sides are a nonce apart now; the pause brings them together again.
    await net.advance(4 * QUIET_MS);
    connect(a, b);
    await net.settle();
    expectOneSession(a, b);
  });

  it('[RC6] one attempt sends a bounded number of k1s, however often it is greeted', async () => {
    const net = new Network();
    const [a, b] = await net.paired();
    const { initiator, responder } = byRole(a, b);
    const [roomId] = [...net.server.rooms.keys()];
    net.server.onRelay = () => [];
    for (let i = 0; i < 20; i++) {
      const hello = concat(Uint8Array.of(1), randomBytes(16), Uint8Array.of(1, 2, 2, 0, 1));
      net.server.deliver({
        from: responder.socketId,
        to: initiator.socketId,
        roomId: roomId ?? '',
        event: 'offer',
        data: toBase64(hello),
      });
      await net.settle();
    }
    expect(count(net, K1)).toBe(K1_PER_ATTEMPT);
  });

  it('a room that is nobody’s is ignored', async () => {
    const net = new Network();
    const [a] = await net.paired();
    const roomId = roomName(rendezvousId(rvRoot(new Uint8Array(32)), 1));
    a.core.peerJoined({ roomId, socketId: 's' });
    a.core.signal({ roomId, from: 's', data: 'AQ==' });
    a.core.peerLeft({ roomId, socketId: 's' });
    await net.settle();
    expect(net.server.seen).toEqual([]);
  });
});
