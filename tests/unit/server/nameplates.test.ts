import { describe, expect, it } from 'vitest';
import { NAMEPLATE_COOLDOWN_MS, NAMEPLATE_LIFETIME_MS } from '../../../lib/signaling/constants.ts';
import { memoryNameplates } from '../../../server/memory/nameplates.ts';
import {
  createNameplate,
  FakeClock,
  GRANTED,
  newPeerId,
  newRoom,
  NONCE,
  refused,
  startTestServer,
} from './support.ts';

const UNKNOWN = refused('nameplate-unknown');

/** Draws from a list, then the last of it for ever: makes "random" nameplates meet. */
function scripted(...values: number[]) {
  return { int: () => (values.length > 1 ? values.shift() : values[0]) ?? 0 };
}

describe('nameplates', () => {
  it('[SV9] answers a nameplate and seats the creator in its room', async () => {
    const server = await startTestServer();
    const [creator, joiner] = [await server.connect(), await server.connect()];
    const peerId = newPeerId();
    const created = await creator.request('create-nameplate', NONCE, peerId);
    const { nameplate } = created as { nameplate: string };
    expect(created).toEqual({ ok: true, nameplate, expiresInMs: 600_000 });
    expect(nameplate).toMatch(/^[1-9][0-9]{4}$/);
    const roomId = `n${nameplate}`;
    // [SV11]
    expect(await joiner.request('join-room', roomId, newPeerId())).toEqual({
      ok: true,
      nonceC: NONCE,
    });
    expect(await joiner.next('peer-joined')).toEqual({ roomId, peerId, socketId: creator.id });
    expect(await creator.next('peer-joined')).toMatchObject({ roomId, socketId: joiner.id });
    const message = { target: creator.id, roomId, data: 'AAAA' };
    expect(await joiner.request('pqc-public-key', message)).toEqual(GRANTED);
    expect(await creator.next('pqc-public-key')).toMatchObject({ from: joiner.id, roomId });
  });

  it('[SV9] draws nameplates that do not follow from one another', async () => {
    const server = await startTestServer({ limits: { nameplatesPerTenMinutes: 100 } });
    const plates: number[] = [];
    for (let index = 0; index < 20; index += 1) {
      plates.push(Number(await createNameplate(await server.connect())));
    }
    expect(new Set(plates).size).toBe(20);
    const steps = plates.slice(1).map((plate, index) => plate - (plates[index] ?? 0));
    expect(new Set(steps).size).toBeGreaterThan(15);
    expect(Math.max(...plates) - Math.min(...plates)).toBeGreaterThan(10_000);
  });

  it('[SV9] uses six digits when half of the five-digit ones are in use, and five again later', async () => {
    const clock = new FakeClock();
    let next = 10_000;
    const bounds: [number, number][] = [];
    const random = {
      int(min: number, max: number) {
        bounds.push([min, max]);
        next = Math.max(next + 1, min);
        return next;
      },
    };
    const store = memoryNameplates({ clock, random });
    for (let index = 0; index < 45_000; index += 1) await store.create(`socket${index}`, NONCE);
    expect(bounds.every(([min, max]) => min === 10_000 && max === 100_000)).toBe(true);
    const longer = await store.create('one-more', NONCE);
    expect(longer.type === 'created' && longer.nameplate).toMatch(/^[1-9][0-9]{5}$/);
    clock.advance(NAMEPLATE_LIFETIME_MS + NAMEPLATE_COOLDOWN_MS);
    next = 20_000;
    await store.create('later', NONCE);
    expect(bounds.at(-1)).toEqual([10_000, 100_000]);
  });

  it.each([
    ['no nonce', [undefined, '0'.repeat(32)]],
    ['a nonce of 15 bytes', [Buffer.alloc(15).toString('base64'), '0'.repeat(32)]],
    ['a nonce of 17 bytes', [Buffer.alloc(17).toString('base64'), '0'.repeat(32)]],
    ['another spelling of a nonce', [`${'A'.repeat(21)}B==`, '0'.repeat(32)]],
    ['a nonce in hex', ['0'.repeat(32), '0'.repeat(32)]],
    ['no peerId', [NONCE]],
    ['more arguments', [NONCE, '0'.repeat(32), 1]],
  ])('[SV9] refuses %s', async (_name, args) => {
    const server = await startTestServer();
    const client = await server.connect();
    expect(await client.request('create-nameplate', ...args)).toEqual(refused('bad-request'));
  });

  it('[SV10] [SV11] lives ten minutes, then tells its creator and whoever comes late', async () => {
    const server = await startTestServer();
    const creator = await server.connect();
    const nameplate = await createNameplate(creator);
    server.clock.advance(NAMEPLATE_LIFETIME_MS - 1);
    expect(await creator.settled()).not.toContain('nameplate-expired');
    server.clock.advance(1);
    expect(await creator.next('nameplate-expired')).toEqual({ nameplate });
    const late = await server.connect();
    const join = () => late.request('join-room', `n${nameplate}`, newPeerId());
    expect(await join()).toEqual(refused('nameplate-expired'));
    expect(await creator.request('release-nameplate', nameplate)).toEqual(UNKNOWN);
    server.clock.advance(NAMEPLATE_COOLDOWN_MS);
    expect(await join()).toEqual(UNKNOWN);
  });

  it('[SV11] one that was given up unused is unknown', async () => {
    const server = await startTestServer();
    const [creator, late] = [await server.connect(), await server.connect()];
    const nameplate = await createNameplate(creator);
    await creator.request('release-nameplate', nameplate);
    expect(await late.request('join-room', `n${nameplate}`, newPeerId())).toEqual(UNKNOWN);
  });

  it('[SV10] can be joined in its last millisecond, and who is inside stays after its end', async () => {
    const server = await startTestServer();
    const [creator, joiner] = [await server.connect(), await server.connect()];
    const nameplate = await createNameplate(creator);
    const roomId = `n${nameplate}`;
    server.clock.advance(NAMEPLATE_LIFETIME_MS - 1);
    expect(await joiner.request('join-room', roomId, newPeerId())).toMatchObject({ ok: true });
    server.clock.advance(1);
    await creator.next('nameplate-expired');
    const message = { target: creator.id, roomId, data: 'AAAA' };
    expect(await joiner.request('pqc-public-key', message)).toEqual(GRANTED);
  });

  it('[SV10] has one joiner, also after that one left', async () => {
    const server = await startTestServer();
    const [creator, joiner, second] = [
      await server.connect(),
      await server.connect(),
      await server.connect(),
    ];
    const roomId = `n${await createNameplate(creator)}`;
    await joiner.request('join-room', roomId, newPeerId());
    const join = () => second.request('join-room', roomId, newPeerId());
    expect(await join()).toEqual(refused('nameplate-taken'));
    await joiner.request('leave-room', roomId);
    expect(await join()).toEqual(refused('nameplate-taken'));
    expect(await joiner.request('join-room', roomId, newPeerId())).toMatchObject({ ok: true });
    joiner.socket.disconnect();
    await creator.next('peer-left');
    expect(await join()).toEqual(refused('nameplate-taken'));
    expect(await second.settled()).toEqual(['server-info']);
  });

  it('[SV10] knows its joiner by the peerId on another socket', async () => {
    const server = await startTestServer();
    const [creator, joiner, again] = [
      await server.connect(),
      await server.connect(),
      await server.connect(),
    ];
    const roomId = `n${await createNameplate(creator)}`;
    const peerId = newPeerId();
    await joiner.request('join-room', roomId, peerId);
    expect(await again.request('join-room', roomId, peerId)).toEqual({ ok: true, nonceC: NONCE });
    expect(await creator.next('peer-left')).toEqual({ roomId, socketId: joiner.id });
  });

  it('[SV10] gives only one of two joiners at the same moment the seat', async () => {
    const server = await startTestServer();
    const roomId = `n${await createNameplate(await server.connect())}`;
    const rivals = await Promise.all(Array.from({ length: 6 }, () => server.connect()));
    const answers = await Promise.all(
      rivals.map((rival) => rival.request('join-room', roomId, newPeerId())),
    );
    expect(answers.filter((answer) => JSON.stringify(answer).includes('nonceC'))).toHaveLength(1);
    expect(
      answers.filter((answer) => JSON.stringify(answer).includes('nameplate-taken')),
    ).toHaveLength(5);
  });

  it('[SV10] is not claimed by a joiner that has no room left for it', async () => {
    const server = await startTestServer();
    const [full, other] = [await server.connect(), await server.connect()];
    const roomId = `n${await createNameplate(await server.connect())}`;
    await Promise.all(
      Array.from({ length: 512 }, () => full.request('join-room', newRoom(), newPeerId())),
    );
    expect(await full.request('join-room', roomId, newPeerId())).toEqual(refused('too-many-rooms'));
    expect(await other.request('join-room', roomId, newPeerId())).toMatchObject({ ok: true });
  });

  it('[SV10] is not given out again for ten minutes after its end', async () => {
    const random = scripted(11_111, 11_111, 22_222, 11_111, 33_333, 11_111, 44_444, 11_111);
    const server = await startTestServer({ random });
    const client = await server.connect();
    const create = () => createNameplate(client);
    expect(await create()).toBe('11111');
    expect(await create()).toBe('22222');
    await client.request('release-nameplate', '11111');
    await client.request('leave-room', 'n11111');
    expect(await create()).toBe('33333');
    server.clock.advance(NAMEPLATE_COOLDOWN_MS - 1);
    await client.request('release-nameplate', '22222');
    expect(await create()).toBe('44444');
    server.clock.advance(1);
    await client.request('release-nameplate', '44444');
    expect(await create()).toBe('11111');
  });

  it('[SV10] cools down after its own end, not after the next request', async () => {
    const random = scripted(11_111);
    const server = await startTestServer({ random });
    const creator = await server.connect();
    expect(await createNameplate(creator)).toBe('11111');
    server.clock.advance(NAMEPLATE_LIFETIME_MS + NAMEPLATE_COOLDOWN_MS - 1);
    const create = () => creator.request('create-nameplate', NONCE, newPeerId());
    await creator.request('leave-room', 'n11111');
    expect(await create()).toEqual(refused('unavailable'));
    server.clock.advance(1);
    expect(await create()).toMatchObject({ ok: true, nameplate: '11111' });
  });

  it('[SV10] is not given out while people of its last use are still in its room', async () => {
    const random = scripted(11_111, 11_111, 22_222);
    const server = await startTestServer({ random });
    const [creator, joiner, later] = [
      await server.connect(),
      await server.connect(),
      await server.connect(),
    ];
    await createNameplate(creator);
    await joiner.request('join-room', 'n11111', newPeerId());
    server.clock.advance(NAMEPLATE_LIFETIME_MS + NAMEPLATE_COOLDOWN_MS);
    expect(await createNameplate(later)).toBe('22222');
    expect(await later.settled()).toEqual(['server-info']);
  });

  it('[SV10] allows a socket three live ones', async () => {
    const server = await startTestServer();
    const client = await server.connect();
    const plates = [];
    for (let index = 0; index < 3; index += 1) plates.push(await createNameplate(client));
    const create = () => client.request('create-nameplate', NONCE, newPeerId());
    expect(await create()).toEqual(refused('too-many-nameplates'));
    expect(await client.request('release-nameplate', plates[1])).toEqual(GRANTED);
    expect(await create()).toMatchObject({ ok: true });
    expect(await create()).toEqual(refused('too-many-nameplates'));
    server.clock.advance(NAMEPLATE_LIFETIME_MS);
    expect(await create()).toMatchObject({ ok: true });
  });

  it('[SV10] ends by release, by its creator only; the room goes on for those inside', async () => {
    const server = await startTestServer();
    const [creator, joiner, late] = [
      await server.connect(),
      await server.connect(),
      await server.connect(),
    ];
    const nameplate = await createNameplate(creator);
    const roomId = `n${nameplate}`;
    await joiner.request('join-room', roomId, newPeerId());
    expect(await joiner.request('release-nameplate', nameplate)).toEqual(UNKNOWN);
    expect(await creator.request('release-nameplate', nameplate)).toEqual(GRANTED);
    expect(await creator.request('release-nameplate', nameplate)).toEqual(UNKNOWN);
    const used = refused('nameplate-used');
    expect(await late.request('join-room', roomId, newPeerId())).toEqual(used);
    const message = { target: creator.id, roomId, data: 'AAAA' };
    expect(await joiner.request('pqc-public-key', message)).toEqual(GRANTED);
    server.clock.advance(NAMEPLATE_LIFETIME_MS);
    expect(await creator.settled()).not.toContain('nameplate-expired');
  });

  it.each([undefined, '', '1234', '012345', '1234567890', 12_345, 'n12345', null])(
    '[SV10] refuses to release %j',
    async (nameplate) => {
      const server = await startTestServer();
      const client = await server.connect();
      const answer = await client.request('release-nameplate', nameplate);
      expect(answer).toEqual(refused('bad-request'));
    },
  );

  it('[SV10] ends when its creator leaves the room or is lost, and leaves no timer', async () => {
    const server = await startTestServer();
    const [creator, late] = [await server.connect(), await server.connect()];
    const [left, lost] = [await createNameplate(creator), await createNameplate(creator)];
    await creator.request('leave-room', `n${left}`);
    const join = (nameplate: string) => late.request('join-room', `n${nameplate}`, newPeerId());
    expect(await join(left)).toEqual(UNKNOWN);
    creator.socket.disconnect();
    await expect.poll(() => server.clock.pending).toBe(0);
    expect(await join(lost)).toEqual(UNKNOWN);
  });

  it('[SV11] knows no nameplate that was never given', async () => {
    const server = await startTestServer();
    const client = await server.connect();
    expect(await client.request('join-room', 'n98765', newPeerId())).toEqual(UNKNOWN);
    expect(await client.request('join-room', 'n987654321', newPeerId())).toEqual(UNKNOWN);
  });

  it('[SV11] lets the creator back into its own room without using the nameplate up', async () => {
    const server = await startTestServer();
    const [creator, joiner] = [await server.connect(), await server.connect()];
    const roomId = `n${await createNameplate(creator)}`;
    expect(await creator.request('join-room', roomId, newPeerId())).toMatchObject({ ok: true });
    expect(await joiner.request('join-room', roomId, newPeerId())).toMatchObject({ ok: true });
  });
});
