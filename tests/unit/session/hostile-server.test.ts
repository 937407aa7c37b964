/**
 * A server that does what it likes. Whatever it tries, no session comes up that is not the two
 * devices' own, it sees no SDP, name or file byte, and a code is burnt as [PR9] says.
 */
import { describe, expect, it } from 'vitest';
import { concat, fromBase64, randomBytes, toBase64, toHex } from '../../../lib/crypto/bytes.ts';
import { sasCommit } from '../../../lib/crypto/check-words.ts';
import { cpaceStart } from '../../../lib/crypto/cpace.ts';
import type { DhKey } from '../../../lib/crypto/keys.ts';
import { nobleMlKem768 } from '../../../lib/crypto/ml-kem.ts';
import { encodeAdA, encodeAdB, OWN_OFFER } from '../../../lib/crypto/negotiation.ts';
import { NoiseHandshake } from '../../../lib/crypto/noise/handshake.ts';
import { XX_HFS_PSK0 } from '../../../lib/crypto/noise/patterns.ts';
import {
  PAIRING_CI,
  pairingPrologue,
  pairingPrs,
  pairingPsk,
  pairingSid,
} from '../../../lib/crypto/pairing-context.ts';
import { CODE_WORDS } from '../../../lib/crypto/wordlists/code-words.ts';
import { nobleDhKey } from '../../../lib/crypto/x25519.ts';
import { errorCode } from '../../../lib/errors/index.ts';
import { BindingError } from '../../../lib/session/bound-channel.ts';
import { parseCode } from '../../../lib/session/code.ts';
import { HANDSHAKE_TIMEOUT_MS, PAIRING_TIMEOUT_MS } from '../../../lib/session/constants.ts';
import { decodeHandshake, encodeHandshake } from '../../../lib/session/messages.ts';
import { decodeN2, encodeSealed } from '../../../lib/session/sealed-messages.ts';
import { RELAY_EVENTS } from '../../../lib/signaling/events.ts';
import { bindLink, FakeChannel } from './fake-links.ts';
import { link, Network, type Device, type Relay } from './virtual-network.ts';

const WORDS = { format: 'words', remember: true } as const;
const NAMES = ['Laptop', 'Desktop'];

function typeOf(relay: Relay): number {
  return typeof relay.data === 'string' ? (fromBase64(relay.data)[0] ?? -1) : -1;
}

function flip(data: unknown, at: number): string {
  const bytes = fromBase64(String(data));
  const index = at < 0 ? bytes.length + at : Math.min(at, bytes.length - 2);
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return toBase64(bytes);
}

/** Every session either device has is one that the two share, with equal keys on both sides. */
function expectNobodyBetween(net: Network, a: Device, b: Device): void {
  for (const [own, peer] of [
    [a, b],
    [b, a],
  ] as const) {
    for (const { sessionId } of own.core.sessions.sessions()) {
      const mine = own.links.created.find((made) => made.sessionId === sessionId)?.secured;
      const theirs = peer.links.created.find((made) => made.sessionId === sessionId)?.secured;
      expect(theirs).toBeDefined();
      expect(mine?.keys).toEqual(theirs?.keys);
      expect(mine?.role).not.toBe(theirs?.role);
    }
    // Nothing else was ever handed keys that its peer connection's other end does not hold.
    for (const made of own.links.created) {
      if (made.secured === undefined) continue;
      expect([a.deviceId, b.deviceId]).toContain(made.secured.deviceId);
    }
  }
  expectNothingInClear(net);
}

/** Neither in what it was given nor in the bytes behind base64. */
function expectNothingInClear(net: Network): void {
  for (const { data } of net.server.seen) {
    const text = JSON.stringify(data);
    const raw = typeof data === 'string' ? fromBase64(data) : ciphertextOf(data);
    const bytes = Buffer.from(raw).toString('latin1');
    for (const secret of ['SDP-IN-CLEAR', 'candidate', 'fingerprint', ...NAMES]) {
      expect(text).not.toContain(secret);
      expect(bytes).not.toContain(secret);
    }
  }
}

function ciphertextOf(data: unknown): Uint8Array {
  const ct = typeof data === 'object' && data !== null && 'ct' in data ? data.ct : '';
  return typeof ct === 'string' ? fromBase64(ct) : new Uint8Array();
}

async function pairUnder(
  onRelay: (net: Network) => Network['server']['onRelay'],
  options: { format: 'words' | 'characters'; remember: boolean } = WORDS,
): Promise<{ net: Network; laptop: Device; desktop: Device }> {
  const net = new Network();
  const [laptop, desktop] = [net.device('Laptop'), net.device('Desktop')];
  laptop.core.pairing.create(options);
  await net.settle();
  net.server.onRelay = onRelay(net);
  desktop.core.pairing.join(laptop.code, { remember: true });
  await net.advance(PAIRING_TIMEOUT_MS);
  return { net, laptop, desktop };
}

async function connectUnder(
  onRelay: (net: Network) => Network['server']['onRelay'],
): Promise<{ net: Network; laptop: Device; desktop: Device; outcomes: string[] }> {
  const net = new Network();
  const [laptop, desktop] = await net.paired();
  net.server.onRelay = onRelay(net);
  const outcomes: string[] = [];
  for (const [own, peer] of [
    [laptop, desktop],
    [desktop, laptop],
  ] as const) {
    own.core.sessions.connect(peer.deviceId).then(
      () => outcomes.push('connected'),
      (error: unknown) => outcomes.push(errorCode(error)),
    );
  }
  await net.advance(3 * HANDSHAKE_TIMEOUT_MS);
  return { net, laptop, desktop, outcomes };
}

function expectNoPair(...devices: Device[]): void {
  for (const device of devices) {
    expect(device.pairing.some(({ type }) => type === 'paired')).toBe(false);
    expect(device.pairs.paired.size).toBe(0);
    expect(device.core.sessions.sessions()).toEqual([]);
  }
}

/** J's part, played by the server with a secret of its choice. */
async function asJoiner(net: Network, laptop: Device, secret: string, s = nobleDhKey() as DhKey) {
  const { nameplate } = parseCode(laptop.code);
  const nonceC = fromBase64(net.server.nameplates.get(nameplate)?.nonceC ?? '');
  const nonceJ = randomBytes(16);
  const sid = pairingSid({ nameplate, nonceC, nonceJ });
  const adA = encodeAdA(OWN_OFFER);
  const cpace = cpaceStart({ prs: pairingPrs(secret), ci: PAIRING_CI, sid, role: 'a' });
  const roomId = `n${nameplate}`;
  const heard: Relay[] = [];
  net.server.rooms.get(roomId)?.add('evil');
  net.server.onRelay = (relay) => {
    if (relay.to !== 'evil') return [relay];
    heard.push(relay);
    return [];
  };
  const say = async (message: Parameters<typeof encodeHandshake>[0]): Promise<void> => {
    const data = encodeHandshake(message);
    net.server.deliver({ from: 'evil', to: laptop.socketId, roomId, event: 'offer', data });
    await net.settle();
  };
  await say({ type: 'pake1', nonceJ, share: cpace.share, adA });
  const pake2 = decodeHandshake(heard.at(-1)?.data);
  if (pake2.type !== 'pake2') throw new Error(`got ${pake2.type}`);
  const isk = cpace.finish({ remoteShare: pake2.share, adA, adB: pake2.adB });
  const noise = new NoiseHandshake({
    pattern: XX_HFS_PSK0,
    role: 'initiator',
    prologue: pairingPrologue({
      sid,
      ya: cpace.share,
      adA,
      yb: pake2.share,
      adB: pake2.adB,
    }),
    psk: pairingPsk(isk, sid),
    s,
    kem: nobleMlKem768(),
  });
  return { heard, say, noise };
}

describe('a hostile server while pairing', () => {
  it('relays honestly: it has seen nothing in clear (or the checks below prove nothing)', async () => {
    const { net, laptop, desktop } = await pairUnder(() => (relay) => [relay]);
    expect([laptop.state.type, desktop.state.type]).toEqual(['paired', 'paired']);
    expect(net.server.seen.length).toBeGreaterThan(8);
    expectNobodyBetween(net, laptop, desktop);
  });

  it('[CP1] swaps Ya or Yb for its own: no pair, the code burnt by what followed', async () => {
    for (const type of [2, 3]) {
      const evil = cpaceStart({
        prs: pairingPrs('above-above-above'),
        ci: PAIRING_CI,
        sid: randomBytes(32),
        role: type === 2 ? 'a' : 'b',
      });
      const { net, laptop, desktop } = await pairUnder(() => (relay) => {
        if (typeOf(relay) !== type) return [relay];
        const bytes = fromBase64(String(relay.data));
        bytes.set(evil.share, type === 2 ? 17 : 1);
        return [{ ...relay, data: toBase64(bytes) }];
      });
      expect(desktop.state).toEqual({ type: 'failed', reason: 'wrong-code' });
      expect(laptop.state).toEqual({ type: 'failed', reason: 'someone-tried' });
      expectNoPair(laptop, desktop);
      expectNobodyBetween(net, laptop, desktop);
    }
  });

  it('[PR4] changes any byte of any handshake message: no pair, ever', async () => {
    for (const type of [2, 3, 4, 5, 6]) {
      for (const at of [1, 20, 40, 60, -17, -1]) {
        const { net, laptop, desktop } = await pairUnder(
          () => (relay) =>
            typeOf(relay) === type ? [{ ...relay, data: flip(relay.data, at) }] : [relay],
        );
        expectNoPair(laptop, desktop);
        expectNobodyBetween(net, laptop, desktop);
      }
    }
  });

  it('[PR5] strips or adds versions and suites in the offers: no pair', async () => {
    for (const change of ['versions', 'suites', 'both'] as const) {
      const { net, laptop, desktop } = await pairUnder(() => (relay) => {
        if (typeOf(relay) !== 2) return [relay];
        const message = decodeHandshake(relay.data);
        if (message.type !== 'pake1') throw new Error(message.type);
        const adA = encodeAdA({
          versions: change === 'suites' ? [2] : [1, 2],
          suites: change === 'versions' ? [1] : [7, 1],
        });
        return [{ ...relay, data: encodeHandshake({ ...message, adA }) }];
      });
      expectNoPair(laptop, desktop);
      expectNobodyBetween(net, laptop, desktop);
    }
  });

  it('[CP4] hands out another nonceC or another nameplate’s: no pair', async () => {
    const net = new Network();
    const [laptop, desktop] = [net.device('Laptop'), net.device('Desktop')];
    laptop.core.pairing.create(WORDS);
    await net.settle();
    const { nameplate } = parseCode(laptop.code);
    const plate = net.server.nameplates.get(nameplate);
    if (plate)
      net.server.nameplates.set(nameplate, { ...plate, nonceC: toBase64(randomBytes(16)) });
    desktop.core.pairing.join(laptop.code, { remember: true });
    await net.settle();
    expect(laptop.state).toEqual({ type: 'failed', reason: 'someone-tried' });
    expectNoPair(laptop, desktop);
  });

  it('[PR9] guesses: one wrong guess at words, and the code is dead even for the right one', async () => {
    const net = new Network();
    const laptop = net.device('Laptop');
    laptop.core.pairing.create(WORDS);
    await net.settle();
    const { secret } = parseCode(laptop.code);
    const wrong = secret.startsWith('taxi') ? 'tiger-taxi-taxi' : 'taxi-taxi-taxi';
    const guess = await asJoiner(net, laptop, wrong);
    await guess.say({ type: 'n1', body: await guess.noise.writeMessage() });
    expect(laptop.state).toEqual({ type: 'failed', reason: 'someone-tried' });
    expect(guess.heard.map(typeOf)).toEqual([3, 9]);
    const sent = net.server.seen.length;
    await guess.say({ type: 'n1', body: randomBytes(1300) });
    expect(net.server.seen.length).toBe(sent);
    expectNoPair(laptop);
  });

  it('[PR9] guesses an 8-character code twice, then J still pairs; three times, and it is dead', async () => {
    for (const guesses of [2, 3]) {
      const net = new Network();
      const [laptop, desktop] = [net.device('Laptop'), net.device('Desktop')];
      laptop.core.pairing.create({ format: 'characters', remember: true });
      await net.settle();
      const { code } = laptop;
      for (let i = 0; i < guesses; i++) {
        const guess = await asJoiner(
          net,
          laptop,
          parseCode(code).secret === '00000000' ? '1' : '0',
        );
        await guess.say({ type: 'n1', body: await guess.noise.writeMessage() });
      }
      net.server.onRelay = (relay) => [relay];
      desktop.core.pairing.join(code, { remember: true });
      await net.settle();
      expect(laptop.state.type).toBe(guesses === 2 ? 'paired' : 'failed');
      expect(desktop.state.type).toBe(guesses === 2 ? 'paired' : 'failed');
    }
  });

  it('[PR9] opens n1 with the right code and drops out: nothing but one n2, the code used up', async () => {
    const net = new Network();
    const [laptop, desktop] = [net.device('Laptop'), net.device('Desktop')];
    laptop.core.pairing.create(WORDS);
    await net.settle();
    const { code } = laptop;
    const evil = await asJoiner(net, laptop, parseCode(code).secret);
    await evil.say({ type: 'n1', body: await evil.noise.writeMessage() });
    expect(laptop.state.type).toBe('handshaking');
    expect(evil.heard.map(typeOf)).toEqual([3, 5]);
    net.server.leave('evil', `n${parseCode(code).nameplate}`);
    await net.settle();
    expect(laptop.state).toEqual({ type: 'failed', reason: 'peer-left' });
    expectNoPair(laptop);

    net.server.onRelay = (relay) => [relay];
    desktop.core.pairing.join(code, { remember: true });
    await net.settle();
    expect(desktop.state).toEqual({ type: 'failed', reason: 'code-unknown' });
    expectNoPair(laptop, desktop);
  });

  it('[PR7] stands between with the right code: the two see different words', async () => {
    // The server has two halves: to C it is J, to J it is C, under the same nameplate and secret.
    const [half, otherHalf] = [new Network(), new Network()];
    const laptop = half.device('Laptop');
    laptop.core.pairing.create(WORDS);
    await half.settle();
    const { secret } = parseCode(laptop.code);
    half.device('Evil').core.pairing.join(laptop.code, { remember: true });
    await half.settle();

    const bytes = secret.split('-').map((word) => CODE_WORDS.indexOf(word));
    const random = (length: number) =>
      length === 3 ? Uint8Array.from(bytes) : randomBytes(length);
    const evil = otherHalf.device('Evil', { random });
    const desktop = otherHalf.device('Desktop');
    evil.core.pairing.create(WORDS);
    await otherHalf.settle();
    expect(evil.code).toBe(laptop.code);
    desktop.core.pairing.join(evil.code, { remember: true });
    await otherHalf.settle();

    const [a, b] = [laptop.state, desktop.state];
    if (a.type !== 'paired' || b.type !== 'paired') throw new Error('a guessed code does pair');
    expect(a.words).not.toEqual(b.words);
  });

  it('[PR14] C refuses its own static key as the joiner’s', async () => {
    const net = new Network();
    const laptop = net.device('Laptop');
    laptop.core.pairing.create(WORDS);
    await net.settle();
    const mirror = await asJoiner(net, laptop, parseCode(laptop.code).secret, laptop.key);
    await mirror.say({ type: 'n1', body: await mirror.noise.writeMessage() });
    const n2 = decodeHandshake(mirror.heard.at(-1)?.data);
    if (n2.type !== 'n2') throw new Error(n2.type);
    const { sdp } = decodeN2(await mirror.noise.readMessage(n2.body));
    const payload = encodeSealed({
      name: 'Mirror',
      remember: true,
      ts0: 0,
      sdp: { ...sdp, type: 'answer' },
    });
    await mirror.say({ type: 'n3', body: await mirror.noise.writeMessage(payload) });
    expect(laptop.state).toEqual({ type: 'failed', reason: 'own-key' });
    expectNoPair(laptop);
  });

  it('[PR6] C cannot choose its ephemeral after it has seen J’s: no pair', async () => {
    for (const committed of ['the ephemeral used', 'another one'] as const) {
      const net = new Network();
      const desktop = net.device('Desktop');
      const secret = 'taxi-taxi-taxi';
      const nonceC = randomBytes(16);
      const { nameplate } = net.server.createNameplate('evil', toBase64(nonceC));
      const e = nobleDhKey();
      const commit = sasCommit(committed === 'another one' ? nobleDhKey().publicKey : e.publicKey);
      const adB = encodeAdB({ version: 2, suite: 1 }, commit);
      const roomId = `n${nameplate}`;
      let noise: NoiseHandshake | undefined;
      const said: string[] = [];
      const answer = async (data: unknown): Promise<void> => {
        const message = decodeHandshake(data);
        said.push(message.type);
        const say = (reply: Parameters<typeof encodeHandshake>[0]): void =>
          net.server.deliver({
            from: 'evil',
            to: desktop.socketId,
            roomId,
            event: 'offer',
            data: encodeHandshake(reply),
          });
        if (message.type === 'pake1') {
          const { nonceJ, share, adA } = message;
          const sid = pairingSid({ nameplate, nonceC, nonceJ });
          const cpace = cpaceStart({ prs: pairingPrs(secret), ci: PAIRING_CI, sid, role: 'b' });
          const isk = cpace.finish({ remoteShare: share, adA, adB });
          noise = new NoiseHandshake({
            pattern: XX_HFS_PSK0,
            role: 'responder',
            prologue: pairingPrologue({ sid, ya: share, adA, yb: cpace.share, adB }),
            psk: pairingPsk(isk, sid),
            s: nobleDhKey(),
            e,
            kem: nobleMlKem768(),
          });
          say({ type: 'pake2', share: cpace.share, adB });
        } else if (message.type === 'n1' && noise !== undefined) {
          await noise.readMessage(message.body);
          const payload = encodeSealed({
            name: 'Evil',
            remember: true,
            ts0: 0,
            sdp: { type: 'offer', sdp: 'v=0', pcId: randomBytes(16) },
          });
          say({ type: 'n2', body: await noise.writeMessage(payload) });
        }
      };
      net.server.onRelay = (relay) => {
        void answer(relay.data);
        return [];
      };
      desktop.core.pairing.join(`${nameplate}-${secret}`, { remember: true });
      await net.settle();
      expect(desktop.state.type).toBe('failed');
      expectNoPair(desktop);
      // With the right commitment it gets as far as the SDP, which the fake does not know.
      expect(desktop.links.created).toHaveLength(committed === 'another one' ? 0 : 1);
      expect(said).toEqual(['pake1', 'n1', 'refused']);
    }
  });

  it('[PR8] replays all of J’s messages after a pairing: nothing happens', async () => {
    const { net, laptop, desktop } = await pairUnder(() => (relay) => [relay]);
    const [events, before] = [laptop.events.length, laptop.pairs.size];
    for (const relay of [...net.server.seen]) net.server.deliver(relay);
    await net.settle();
    expect([laptop.pairs.size, laptop.state.type]).toEqual([before, 'paired']);
    expect(laptop.events.length).toBe(events);
    expectNobodyBetween(net, laptop, desktop);
  });

  it('drops, doubles, delays and reorders at random: a pair of the two, or none', async () => {
    let pairs = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const random = seeded(seed);
      const held: Relay[] = [];
      const { net, laptop, desktop } = await pairUnder((network) => (relay) => {
        const roll = random();
        if (roll < 0.08) return [];
        if (roll < 0.16) return [relay, relay];
        if (roll < 0.24) {
          held.push(relay);
          return [];
        }
        if (roll < 0.3 && held.length > 0) {
          const late = held.splice(0);
          network.server.queue.push(() => late.forEach((one) => network.server.deliver(one)));
        }
        return [relay];
      });
      if (laptop.pairs.paired.size + desktop.pairs.paired.size > 0) pairs++;
      for (const [own, peer] of [
        [laptop, desktop],
        [desktop, laptop],
      ] as const) {
        for (const [id, pair] of own.pairs.paired) {
          expect(id).toBe(peer.deviceId);
          const other = peer.pairs.paired.get(own.deviceId) ?? peer.pairs.pending.get(own.deviceId);
          expect(other?.pskRoot).toEqual(pair.pskRoot);
        }
      }
      expectNobodyBetween(net, laptop, desktop);
    }
    // Else the loop would have proved nothing.
    expect(pairs).toBeGreaterThan(5);
  });
});

describe('a hostile server between paired devices', () => {
  it('relays honestly: one session, nothing in clear', async () => {
    const { net, laptop, desktop, outcomes } = await connectUnder(() => (relay) => [relay]);
    expect(outcomes).toEqual(['connected', 'connected']);
    expectNobodyBetween(net, laptop, desktop);
  });

  it('[RC1] changes any byte of hello, k1, k2: no session', async () => {
    for (const type of [1, 7, 8]) {
      for (const at of type === 1 ? [1, 16] : [1, 33, 600, -1]) {
        const { net, laptop, desktop } = await connectUnder(
          () => (relay) =>
            typeOf(relay) === type ? [{ ...relay, data: flip(relay.data, at) }] : [relay],
        );
        expect(laptop.core.sessions.sessions()).toEqual([]);
        expect(desktop.core.sessions.sessions()).toEqual([]);
        expectNobodyBetween(net, laptop, desktop);
      }
    }
  });

  it('[RC4] downgrades: adds or removes versions and suites in one hello or both', async () => {
    for (const offer of [
      { versions: [1, 2], suites: [1] },
      { versions: [2], suites: [9, 1] },
      { versions: [1], suites: [1] },
    ]) {
      for (const victims of [1, 2]) {
        let left = victims;
        const { net, laptop, desktop } = await connectUnder(() => (relay) => {
          if (typeOf(relay) !== 1 || left === 0) return [relay];
          left--;
          const message = decodeHandshake(relay.data);
          if (message.type !== 'hello') throw new Error(message.type);
          return [{ ...relay, data: encodeHandshake({ ...message, offer }) }];
        });
        expect(laptop.core.sessions.sessions()).toEqual([]);
        expect(desktop.core.sessions.sessions()).toEqual([]);
        expectNobodyBetween(net, laptop, desktop);
      }
    }
  });

  it('[RC6] replays a whole recorded handshake, from either side: nothing comes of it', async () => {
    const { net, laptop, desktop } = await connectUnder(() => (relay) => [relay]);
    for (const device of [laptop, desktop])
      device.core.sessions.closeDevice(
        device === laptop ? desktop.deviceId : laptop.deviceId,
        'idle',
      );
    await net.settle();
    const [ups, secured] = [laptop.of('session-up').length, securedCount(laptop, desktop)];
    net.server.onRelay = () => [];
    for (const relay of [...net.server.seen]) net.server.deliver(relay);
    await net.advance(HANDSHAKE_TIMEOUT_MS);
    expect(laptop.of('session-up').length).toBe(ups);
    expect(securedCount(laptop, desktop)).toBe(secured);
    expect(laptop.core.sessions.sessions()).toEqual([]);
  });

  it('[BD1] a peer that names the same pcId again gets no second session from it', async () => {
    const keys = [nobleDhKey(), nobleDhKey()];
    keys.sort((a, b) => Buffer.compare(Buffer.from(a.publicKey), Buffer.from(b.publicKey)));
    const [small, large] = keys;
    if (!small || !large) throw new Error('two keys');
    // R draws a nonce, then a pcId, and so on: every second draw is the same.
    const repeating = () => {
      let draws = 0;
      return (length: number) => (draws++ % 2 === 1 ? new Uint8Array(length) : randomBytes(length));
    };
    const net = new Network();
    const initiator = net.device('Laptop', { key: small });
    const responder = net.device('Desktop', { key: large, random: repeating() });
    link(initiator, responder);
    for (const device of [initiator, responder]) device.enterRooms();
    await net.settle();
    await connected(net, responder, initiator);
    const [first] = initiator.core.sessions.sessions();
    expect(first?.sessionId).toBe('00'.repeat(16));

    const again = net.restarted(responder, { random: repeating() });
    await connected(net, again, initiator);
    expect(initiator.of('session-up')).toHaveLength(1);
    expect(initiator.core.sessions.sessions()).toEqual([first]);
  });

  it('[RC7] floods a standing session with forgeries: the session stands', async () => {
    const { net, laptop, desktop } = await connectUnder(() => (relay) => [relay]);
    const session = laptop.core.sessions.sessions()[0]?.sessionId;
    const [roomId] = [...net.server.rooms.keys()];
    const to = laptop.socketId;
    const base = { from: desktop.socketId, to, roomId: roomId ?? '', event: 'offer' as const };
    net.server.onRelay = () => [];
    const forged: unknown[] = [
      toBase64(new Uint8Array([9])),
      toBase64(concat(new Uint8Array([7]), randomBytes(1400))),
      toBase64(concat(new Uint8Array([8]), randomBytes(1400))),
      {
        encrypted: true,
        v: 2,
        seq: 0,
        ts: 0,
        iv: 'AAAAAAAAAAAAAAAA',
        ct: toBase64(randomBytes(64)),
      },
      ...net.server.seen.map(({ data }) => data),
      null,
      [],
      'x',
    ];
    for (const data of forged) net.server.deliver({ ...base, data });
    laptop.core.peerLeft({ roomId: roomId ?? '', socketId: desktop.socketId });
    await net.advance(HANDSHAKE_TIMEOUT_MS);
    expect(laptop.core.sessions.sessions()).toEqual([
      { sessionId: session, deviceId: desktop.deviceId },
    ]);
    expect(laptop.of('session-down')).toEqual([]);
  });

  it('[SV14] relabels every event: all the same', async () => {
    for (const event of RELAY_EVENTS) {
      const { laptop, desktop, net, outcomes } = await connectUnder(() => (relay) => [
        { ...relay, event },
      ]);
      expect(outcomes).toEqual(['connected', 'connected']);
      expectNobodyBetween(net, laptop, desktop);
    }
  });

  it('[SV14] reflects every message to its sender, or says it came from the other: no session', async () => {
    const { net, laptop, desktop, outcomes } = await connectUnder(() => (relay) => [
      { ...relay, to: relay.from, from: relay.to },
    ]);
    expect(outcomes).not.toContain('connected');
    expectNobodyBetween(net, laptop, desktop);
  });

  it('[CS2] drops, doubles or reorders envelopes: refused, keys ended, no session from them', async () => {
    for (const change of ['drop', 'double', 'swap', 'edit'] as const) {
      const held: Relay[] = [];
      const { net, laptop, desktop } = await connectUnder(() => (relay) => {
        if (typeof relay.data === 'string') return [relay];
        if (change === 'drop') return [];
        if (change === 'double') return [relay, relay];
        if (change === 'edit') {
          return [{ ...relay, data: Object.assign({}, relay.data, { ts: 0 }) }];
        }
        held.push(relay);
        return held.length % 2 === 0 ? held.splice(0).reverse() : [];
      });
      expectNobodyBetween(net, laptop, desktop);
      if (change !== 'double') expect(laptop.core.sessions.sessions()).toEqual([]);
    }
  });

  it('[CS3] holds k3 back: it does not open a session half a minute later', async () => {
    const net = new Network();
    const [laptop, desktop] = await net.paired();
    const held: Relay[] = [];
    net.server.onRelay = (relay) => {
      if (typeof relay.data === 'string') return [relay];
      held.push(relay);
      return [];
    };
    laptop.core.sessions.connect(desktop.deviceId).catch(() => undefined);
    await net.advance(2 * HANDSHAKE_TIMEOUT_MS);
    for (const relay of held) net.server.deliver(relay);
    await net.settle();
    expect(laptop.core.sessions.sessions()).toEqual([]);
    expect(desktop.core.sessions.sessions()).toEqual([]);
  });

  it('[BD2] terminates DTLS itself with its own certificate: binding refuses on both sides', async () => {
    const net = new Network();
    const [laptop, desktop] = await net.paired();
    net.medium.middle = randomBytes(32);
    laptop.core.sessions.connect(desktop.deviceId).catch(() => undefined);
    await net.settle();
    const ends = FakeChannel.pair();
    const results = await Promise.allSettled([
      bindLink(laptop.links.last, ends[0], net.clock),
      bindLink(desktop.links.last, ends[1], net.clock),
    ]);
    for (const result of results) {
      expect(result.status).toBe('rejected');
      expect(result.status === 'rejected' && result.reason).toBeInstanceOf(BindingError);
    }
    expect(ends.map(({ closed }) => closed)).toEqual([true, true]);
  });

  it('[BD2] without it the same two channels bind (or the test above proves nothing)', async () => {
    const net = new Network();
    const [laptop, desktop] = await net.paired();
    laptop.core.sessions.connect(desktop.deviceId).catch(() => undefined);
    await net.settle();
    const ends = FakeChannel.pair();
    await Promise.all([
      bindLink(laptop.links.last, ends[0], net.clock),
      bindLink(desktop.links.last, ends[1], net.clock),
    ]);
    expect(ends.map(({ closed }) => closed)).toEqual([false, false]);
  });

  it('drops, doubles, delays and reorders at random: a session of the two, or none', async () => {
    let sessions = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const random = seeded(seed);
      const held: Relay[] = [];
      const { net, laptop, desktop } = await connectUnder((network) => (relay) => {
        const roll = random();
        if (roll < 0.06) return [];
        if (roll < 0.12) return [relay, relay];
        if (roll < 0.18) {
          held.push(relay);
          return [];
        }
        if (roll < 0.3) {
          const late = held.splice(0);
          network.server.queue.push(() => late.forEach((one) => network.server.deliver(one)));
        }
        return [relay];
      });
      sessions += laptop.core.sessions.sessions().length;
      expectNobodyBetween(net, laptop, desktop);
    }
    expect(sessions).toBeGreaterThan(10);
  });

  it('[RC2] the rooms’ names change daily and tell nothing of the pair', async () => {
    const net = new Network();
    const [laptop, desktop] = await net.paired();
    const [first] = [...net.server.rooms.keys()];
    await net.advance(86_400_000);
    for (const device of [laptop, desktop]) device.enterRooms();
    const rooms = [...net.server.rooms.keys()];
    expect(new Set(rooms).size).toBe(rooms.length);
    expect(rooms.length).toBeGreaterThan(1);
    expect(first).toMatch(/^r[0-9a-f]{32}$/);
    for (const room of rooms) {
      expect(room).not.toContain(laptop.deviceId.slice(0, 32));
      expect(room).not.toContain(toHex(laptop.key.publicKey).slice(0, 32));
    }
  });
});

async function connected(net: Network, from: Device, to: Device): Promise<void> {
  from.core.sessions.connect(to.deviceId).catch(() => undefined);
  await net.settle();
}

function securedCount(...devices: Device[]): number {
  return devices.flatMap(({ links }) => links.created).filter(({ secured }) => secured).length;
}

/** mulberry32: the same disorder on every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
