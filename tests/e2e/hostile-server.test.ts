import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ristretto255_hasher } from '@noble/curves/ed25519.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decodeHandshake, type HandshakeMessage } from '../../lib/session/messages.ts';
import type { PairingView } from '../../lib/messaging/snapshot.ts';
import { noise } from '../support/bytes.ts';
import {
  RECEIVED_FOLDER,
  receivedFiles,
  sha256,
  sha256OfFile,
  untilReceived,
} from '../support/downloads.ts';
import {
  type Duo,
  forgetEverything,
  knownTransfers,
  setRule,
  startDuo,
  untilOnline,
  untilPairingFails,
  untilTransfer,
} from '../support/duo.ts';
import { joinAndVanish } from '../support/evil-joiner.ts';
import { HONEST, HostileServer, type Relay, type Tamper } from '../support/hostile-server.ts';
import { sendFiles } from '../support/send-page.ts';
import { intend } from '../support/snapshot.ts';
import { until } from '../support/wait.ts';

/**
 * Two real browsers on a server that attacks them. Whatever it does: no session comes up with it in
 * the middle, and no SDP, name or byte of a file is readable in what it saw.
 */

const FILE_NAME = 'secret-plans-7d1f.txt';
const FILE_TEXT = `the quick brown fox ${noise('hostile', 40).toString('hex')} `.repeat(4000);

/** Two hellos, k1 and k2; and with k3 and the first candidates of both sides. */
const HANDSHAKE_MESSAGES = 4;
const SEALED_TOO = 8;

let server: HostileServer;
let duo: Duo;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallow-hostile-'));
  await writeFile(join(folder, FILE_NAME), FILE_TEXT);
  server = await HostileServer.start();
  duo = await startDuo({ signalingUrl: server.url });
});
afterAll(async () => {
  expect([duo.laptop, duo.desktop].flatMap(({ browser }) => browser.console.alarms)).toEqual([]);
  await Promise.all([duo.close(), server.close(), rm(folder, { recursive: true })]);
});
afterEach(async () => {
  server.tamper = HONEST;
  await forgetEverything(duo.laptop, duo.desktop);
});

type Kind = HandshakeMessage['type'] | 'envelope';

function kindOf({ data }: Relay): Kind {
  return typeof data === 'string' ? decodeHandshake(data).type : 'envelope';
}

/** Changes every message of one kind; the others pass. */
function on(kind: Kind, change: (relay: Relay) => readonly Relay[]): Tamper {
  return (relay) => (kindOf(relay) === kind ? change(relay) : [relay]);
}

function withBytes(relay: Relay, change: (bytes: Buffer) => void): Relay {
  const bytes = Buffer.from(String(relay.data), 'base64');
  change(bytes);
  return { ...relay, data: bytes.toString('base64') };
}

/** One bit of the byte at `offset` (from the end when negative). */
function flipped(relay: Relay, offset: number): Relay {
  return withBytes(relay, (bytes) => {
    const at = offset < 0 ? bytes.length + offset : offset;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  });
}

/** A valid group element of the server's own: a swapped key, not a broken one. */
function ownShare(): Uint8Array {
  const point = ristretto255_hasher.hashToCurve(randomBytes(32), { DST: 'tallow-test' });
  return point.toBytes();
}

async function code(): Promise<string> {
  await intend(duo.desktop.browser, { type: 'pair/show-code', style: 'words' });
  return await duo.desktop.view.until(
    'a code',
    ({ pairing }) => pairing.state === 'showing' && pairing.code,
  );
}

/** A pairing from both ends, until it is over for the joiner. */
async function tryToPair(): Promise<PairingView> {
  const shown = await code();
  await intend(duo.laptop.browser, { type: 'pair/enter-code', code: shown });
  return await duo.laptop.view.until(
    'the end of the pairing',
    ({ pairing }) => {
      const failed = pairing.state === 'failed' && pairing.reason !== 'cancelled';
      return (pairing.state === 'paired' || failed) && pairing;
    },
    { timeoutMs: 45_000 },
  );
}

/** A pairing that must come about; the id that Laptop has on Desktop. */
async function pairThem(): Promise<string> {
  const joiner = await tryToPair();
  if (joiner.state !== 'paired') throw new Error(`not paired: ${JSON.stringify(joiner)}`);
  const words = joiner.checkWords.join(' ');
  return await duo.desktop.view.until('the same check words', ({ pairing }) => {
    return pairing.state === 'paired' && pairing.checkWords.join(' ') === words && pairing.deviceId;
  });
}

async function expectNothingStored(): Promise<void> {
  for (const { browser, view } of [duo.laptop, duo.desktop]) {
    expect((await view.read()).devices, browser.name).toEqual([]);
  }
}

/** Another secret of the same form. */
function wrongGuess(right: string): string {
  const [nameplate, ...words] = right.split('-');
  return [nameplate, ...words.slice(1), words[0] === words[1] ? 'acid' : words[0]].join('-');
}

/**
 * What a pairing that failed leaves of the code: only an n1 that does not open is a guess at it;
 * what fails before costs the joiner its exchange, what fails later ends the pairing.
 */
type CodeAfter = 'showing' | 'someone-tried' | 'failed';

describe('in a pairing', () => {
  const attacks: readonly [string, CodeAfter, Tamper][] = [
    [
      '[CP1] swaps the joiner’s share for its own',
      'someone-tried',
      on('pake1', (relay) => [withBytes(relay, (bytes) => bytes.set(ownShare(), 17))]),
    ],
    [
      '[CP1] swaps the creator’s share for its own',
      'someone-tried',
      on('pake2', (relay) => [withBytes(relay, (bytes) => bytes.set(ownShare(), 1))]),
    ],
    [
      '[CP3] sends the identity as a share',
      'showing',
      on('pake1', (relay) => [withBytes(relay, (bytes) => bytes.fill(0, 17, 49))]),
    ],
    [
      '[PR5] offers only an older version for the joiner',
      'showing',
      on('pake1', (relay) => [
        // nonce, share, 01, length 1, the one version: 2 becomes 1
        withBytes(relay, (bytes) => bytes.writeUInt8(1, 1 + 16 + 32 + 2)),
      ]),
    ],
    [
      '[PR5] changes the version that the creator chose',
      'showing',
      on('pake2', (relay) => [withBytes(relay, (bytes) => bytes.writeUInt8(1, 1 + 32 + 1))]),
    ],
    [
      '[PR6] swaps the commitment to the creator’s key',
      'someone-tried',
      on('pake2', (relay) => [
        withBytes(relay, (bytes) => bytes.set(randomBytes(32), bytes.length - 32)),
      ]),
    ],
    [
      '[PR4] swaps the joiner’s ephemeral key',
      'someone-tried',
      on('n1', (relay) => [withBytes(relay, (bytes) => bytes.set(randomBytes(32), 1))]),
    ],
    [
      '[PR4] swaps the creator’s ephemeral key',
      'failed',
      on('n2', (relay) => [withBytes(relay, (bytes) => bytes.set(randomBytes(32), 1))]),
    ],
    [
      '[PR15] changes the sealed SDP of the creator',
      'failed',
      on('n2', (relay) => [flipped(relay, -40)]),
    ],
    [
      '[PR15] changes the sealed SDP of the joiner',
      'failed',
      on('n3', (relay) => [flipped(relay, -40)]),
    ],
    [
      '[EN5] cuts a message short',
      'failed',
      on('n2', (relay) => [{ ...relay, data: String(relay.data).slice(0, 400) }]),
    ],
    [
      'gives the joiner its own message back',
      'showing',
      on('pake1', (relay) => [{ ...relay, from: relay.target, target: relay.from }]),
    ],
  ];
  it.each(attacks)('%s: the joiner fails, the code is %s', async (_title, end, tamper) => {
    server.tamper = tamper;
    const joiner = await tryToPair();
    expect(joiner.state).toBe('failed');
    await duo.desktop.view.until(`the code ${end}`, ({ pairing }) =>
      pairing.state === 'failed' ? [pairing.reason, 'failed'].includes(end) : pairing.state === end,
    );
    await expectNothingStored();
  });

  it('[SV14] relabels every event: the pairing does not care', async () => {
    server.tamper = (relay) => [{ ...relay, event: 'group-ice-candidate' }];
    await pairThem();
  });

  it('[PR8] repeats every message: the pairing is the honest one or none', async () => {
    server.tamper = (relay) => [relay, relay];
    const joiner = await tryToPair();
    if (joiner.state === 'failed') return await expectNothingStored();
    if (joiner.state !== 'paired') throw new Error('unreachable');
    const words = joiner.checkWords.join(' ');
    await duo.desktop.view.until(
      'the same check words',
      ({ pairing }) => pairing.state === 'paired' && pairing.checkWords.join(' ') === words,
    );
  });

  it('[PR12] keeps the last message back: nobody shows a device', async () => {
    server.tamper = on('n3', () => []);
    const shown = await code();
    await intend(duo.laptop.browser, { type: 'pair/enter-code', code: shown });
    const failed = await untilPairingFails(duo.desktop, 'the creator to give up');
    // The joiner's next message comes out of turn, or none does.
    expect(['timeout', 'peer-left', 'bad-peer']).toContain(failed);
    await expectNothingStored();
  });

  it('[PR9] guesses the code once: the code is burnt and its owner told', async () => {
    const shown = await code();
    await joinAndVanish(server, shown, wrongGuess(shown));
    expect(await untilPairingFails(duo.desktop, 'the warning')).toBe('someone-tried');
    await intend(duo.laptop.browser, { type: 'pair/enter-code', code: shown });
    await untilPairingFails(duo.laptop, 'the right code refused');
    await expectNothingStored();
  });

  it('[PR9] knows the code, opens n1 and is gone: the code is used up', async () => {
    const shown = await code();
    const answers = await joinAndVanish(server, shown, shown);
    expect(answers.map(kindOf)).toContain('n2');
    await untilPairingFails(duo.desktop, 'the end');
    await intend(duo.laptop.browser, { type: 'pair/enter-code', code: shown });
    await untilPairingFails(duo.laptop, 'the right code refused');
    await expectNothingStored();
  });
});

describe('between paired devices', () => {
  it('[CS1] [RC1] sees a pairing and a file go by and can read none of it', async () => {
    const from = server.packets.length;
    const laptopId = await pairThem();
    const { pairing } = await duo.desktop.view.read();
    const words = pairing.state === 'paired' ? pairing.checkWords : [];
    expect(words).toHaveLength(3);
    const desktop = await untilOnline(duo.laptop, 'Desktop');
    await setRule(duo.desktop, laptopId, 'always');
    const known = await knownTransfers(duo.laptop);
    await sendFiles(duo.laptop.browser, desktop, [join(folder, FILE_NAME)]);
    const bytes = Buffer.from(FILE_TEXT);
    const wanted = { sha256: sha256(bytes), size: bytes.length };
    await untilReceived(duo.desktop.browser.downloads, wanted);
    await untilTransfer(duo.laptop, known, ['delivered']);

    expect(server.packets.length).toBeGreaterThan(from);
    const seen = server.everythingSeen();
    for (const secret of [
      ...['v=0', 'a=fingerprint', 'a=ice-ufrag', 'webrtc-datachannel', 'candidate:', 'typ host'],
      ...['Laptop', 'Desktop', FILE_NAME, 'the quick brown fox', '"sdp"', '"candidate"'],
      // Together: one of them alone may be an event's name, or four letters of some base64.
      ...[' ', '-', '","'].map((between) => words.join(between)),
      ...[laptopId, desktop.deviceId],
    ]) {
      expect(seen.includes(secret), secret).toBe(false);
    }
  });

  it.each<[string, Kind]>([
    ['[RC1] changes the first message of the reconnection', 'k1'],
    ['[RC10] changes the sealed SDP of the reconnection', 'k2'],
    ['[CS1] changes the confirmation', 'envelope'],
    ['[RC3] changes the hello', 'hello'],
  ])('%s: no session; an honest courier brings one', async (_title, kind) => {
    const laptopId = await pairThem();
    const desktop = await untilOnline(duo.laptop, 'Desktop');
    await setRule(duo.desktop, laptopId, 'always');
    // Both documents gone: the next send needs a new handshake.
    await Promise.all([duo.laptop, duo.desktop].map(({ browser }) => browser.closeOffscreen()));

    let tampered = 0;
    server.tamper = on(kind, (relay) => {
      tampered += 1;
      if (kind !== 'envelope') return [flipped(relay, kind === 'hello' ? 5 : -20)];
      const envelope = relay.data as { ct: string };
      const changed = flipped({ ...relay, data: envelope.ct }, 3);
      return [{ ...relay, data: { ...envelope, ct: changed.data } }];
    });
    const known = await knownTransfers(duo.laptop);
    await sendFiles(duo.laptop.browser, desktop, [join(folder, FILE_NAME)]);
    await duo.laptop.view.until('an attack', () => tampered > 0);
    const pending = ['preparing', 'waiting-for-device', 'connecting', 'failed'] as const;
    const now = await untilTransfer(duo.laptop, known, pending);

    server.tamper = HONEST;
    if (now.state === 'failed') {
      await sendFiles(duo.laptop.browser, desktop, [join(folder, FILE_NAME)]);
    }
    await duo.laptop.view.until(
      'the file delivered',
      ({ transfers }) =>
        transfers.some(({ transferId, state }) => !known.has(transferId) && state === 'delivered'),
      { timeoutMs: 90_000 },
    );
  });

  it.each<[string, number, () => Tamper]>([
    ['[RC6] repeats every message', SEALED_TOO, () => (relay) => [relay, relay, relay]],
    ['[CS2] swaps neighbouring sealed messages', SEALED_TOO, swapping],
    ['[RC7] replays what it saw before, out of turn', SEALED_TOO, replaying],
    ['[CS4] keeps k2 back', HANDSHAKE_MESSAGES, () => on('k2', () => [])],
    [
      '[SV14] relabels every event',
      SEALED_TOO,
      () => (relay) => [{ ...relay, event: 'group-answer' }],
    ],
  ])('%s: the file arrives whole all the same', async (_title, messages, attack) => {
    const laptopId = await pairThem();
    const desktop = await untilOnline(duo.laptop, 'Desktop');
    await setRule(duo.desktop, laptopId, 'always');
    await Promise.all([duo.laptop, duo.desktop].map(({ browser }) => browser.closeOffscreen()));
    const [known, before] = [await knownTransfers(duo.laptop), server.relays.length];
    server.tamper = attack();
    await sendFiles(duo.laptop.browser, desktop, [join(folder, FILE_NAME)]);
    // Until it got through in spite of everything, or the attack has met a whole handshake.
    const first = await duo.laptop.view.until('the attack to have its chance', ({ transfers }) => {
      const mine = transfers.find(({ transferId }) => !known.has(transferId));
      return (mine?.state === 'delivered' || server.relays.length >= before + messages) && mine;
    });
    server.tamper = HONEST;
    if (first.state === 'failed') {
      await sendFiles(duo.laptop.browser, desktop, [join(folder, FILE_NAME)]);
    }
    await untilTransfer(duo.laptop, known, ['delivered'], 90_000);
    await until('nothing but whole files', async () => {
      const names = await receivedFiles(duo.desktop.browser.downloads);
      const hashes = await Promise.all(
        names.map((name) =>
          sha256OfFile(join(duo.desktop.browser.downloads, RECEIVED_FOLDER, name)),
        ),
      );
      return hashes.every((hash) => hash === sha256(Buffer.from(FILE_TEXT)));
    });
  });
});

/** Every second sealed message of a direction is delivered before the one it followed. */
function swapping(): Tamper {
  const held = new Map<string, Relay>();
  return (relay) => {
    if (kindOf(relay) !== 'envelope') return [relay];
    const way = `${relay.from} ${relay.target}`;
    const earlier = held.get(way);
    if (earlier === undefined) {
      held.set(way, relay);
      return [];
    }
    held.delete(way);
    return [relay, earlier];
  };
}

/** Each message is followed by the oldest one that went the same way. */
function replaying(): Tamper {
  const first = new Map<string, Relay>();
  return (relay) => {
    const way = `${relay.from} ${relay.target}`;
    const old = first.get(way) ?? relay;
    first.set(way, old);
    return [relay, old];
  };
}
