import { randomBytes } from '../../../lib/crypto/bytes.ts';
import { deviceId } from '../../../lib/crypto/identity.ts';
import type { DhKey } from '../../../lib/crypto/keys.ts';
import type { ProtocolOffer } from '../../../lib/crypto/negotiation.ts';
import { rendezvousDays, rendezvousId, roomName, rvRoot } from '../../../lib/crypto/rendezvous.ts';
import { nobleDhKey } from '../../../lib/crypto/x25519.ts';
import { createSessionCore, type SessionCore } from '../../../lib/session/core.ts';
import type { PairingState, SessionEvent } from '../../../lib/session/events.ts';
import type {
  IdentityPort,
  NewPair,
  PairSecrets,
  PairSlot,
  PairStore,
  RandomBytes,
  RoomDirectory,
  RoomOwner,
  SignalPort,
  SocketAddress,
} from '../../../lib/session/ports.ts';
import type { RelayEvent } from '../../../lib/signaling/events.ts';
import { SignalingError, type SignalingErrorCode } from '../../../lib/signaling/errors.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeLinks, LinkMedium } from './fake-links.ts';

/** One message as the server holds it in its hands. */
export interface Relay {
  readonly from: string;
  readonly to: string;
  readonly roomId: string;
  readonly event: RelayEvent;
  readonly data: unknown;
}

interface Nameplate {
  readonly nonceC: string;
  readonly creator: string;
  joiner?: string;
}

/**
 * The signaling server in memory, with its rules for rooms and nameplates ([SV3] to [SV11]), all
 * that passed kept for inspection, and a hand in between for hostile tests.
 */
export class VirtualServer {
  readonly rooms = new Map<string, Set<string>>();
  readonly nameplates = new Map<string, Nameplate>();
  readonly seen: Relay[] = [];
  readonly queue: (() => void)[] = [];
  readonly cores = new Map<string, SessionCore>();
  /** What becomes of a relay: itself by default, nothing, others. */
  onRelay: (relay: Relay) => readonly Relay[] = (relay) => [relay];
  nextNameplate = 12_345;
  away = false;

  connect(socketId: string, core: SessionCore): void {
    this.cores.set(socketId, core);
  }

  /** The socket is lost: its rooms notice, its own core too. */
  disconnect(socketId: string): void {
    const core = this.cores.get(socketId);
    this.cores.delete(socketId);
    for (const roomId of this.rooms.keys()) this.leave(socketId, roomId);
    core?.signalingLost();
  }

  join(socketId: string, roomId: string): void {
    const room = this.rooms.get(roomId) ?? new Set();
    if (room.has(socketId)) return;
    this.rooms.set(roomId, room);
    for (const other of room) {
      this.#tell(other, (core) => core.peerJoined({ roomId, socketId }));
      this.#tell(socketId, (core) => core.peerJoined({ roomId, socketId: other }));
    }
    room.add(socketId);
  }

  leave(socketId: string, roomId: string): void {
    if (this.rooms.get(roomId)?.delete(socketId) !== true) return;
    for (const other of this.rooms.get(roomId) ?? []) {
      this.#tell(other, (core) => core.peerLeft({ roomId, socketId }));
    }
  }

  relay(message: Relay): void {
    this.#available();
    const room = this.rooms.get(message.roomId);
    if (room?.has(message.from) !== true) throw refused('not-in-room');
    if (!room.has(message.to)) throw refused('target-offline');
    this.seen.push(message);
    for (const out of this.onRelay(message)) this.deliver(out);
  }

  deliver({ to, from, roomId, data }: Relay): void {
    // As Socket.IO would: what arrives is a copy made of JSON.
    const copy: unknown = JSON.parse(JSON.stringify(data));
    this.#tell(to, (core) => core.signal({ roomId, from, data: copy }));
  }

  createNameplate(socketId: string, nonceC: string): { nameplate: string; expiresInMs: number } {
    this.#available();
    const nameplate = String(this.nextNameplate++);
    this.nameplates.set(nameplate, { nonceC, creator: socketId });
    this.join(socketId, `n${nameplate}`);
    return { nameplate, expiresInMs: 600_000 };
  }

  joinNameplate(socketId: string, nameplate: string): { nonceC: string } {
    this.#available();
    const found = this.nameplates.get(nameplate);
    if (found === undefined) throw refused('nameplate-unknown');
    if (found.joiner !== undefined && found.joiner !== socketId) throw refused('nameplate-taken');
    found.joiner = socketId;
    this.join(socketId, `n${nameplate}`);
    return { nonceC: found.nonceC };
  }

  endNameplate(socketId: string, nameplate: string): void {
    if (this.nameplates.get(nameplate)?.creator === socketId) this.nameplates.delete(nameplate);
  }

  releaseNameplate(socketId: string, nameplate: string): void {
    this.endNameplate(socketId, nameplate);
    this.leave(socketId, `n${nameplate}`);
  }

  #available(): void {
    if (this.away) throw new SignalingError('offline');
  }

  #tell(socketId: string, what: (core: SessionCore) => void): void {
    this.queue.push(() => {
      const core = this.cores.get(socketId);
      if (core !== undefined) what(core);
    });
  }
}

function refused(code: SignalingErrorCode): SignalingError {
  return new SignalingError(code);
}

/** [PR13]: a pending pair never touches the paired one. */
export class MemoryPairs implements PairStore {
  readonly paired = new Map<string, NewPair>();
  readonly pending = new Map<string, NewPair>();

  async secrets(id: string, slot: PairSlot): Promise<PairSecrets | undefined> {
    const pair = this[slot].get(id);
    return pair && { pskRoot: pair.pskRoot.slice(), remoteStatic: pair.remoteStatic };
  }

  async savePending(pair: NewPair): Promise<void> {
    this.pending.set(pair.deviceId, { ...pair, pskRoot: pair.pskRoot.slice() });
  }

  async confirm(id: string): Promise<void> {
    const pair = this.pending.get(id);
    if (pair === undefined) return;
    this.pending.delete(id);
    this.paired.set(id, pair);
  }

  async discard(id: string, what: 'pending' | 'all'): Promise<void> {
    this.pending.delete(id);
    if (what === 'all') this.paired.delete(id);
  }

  get size(): number {
    return this.paired.size + this.pending.size;
  }
}

export interface DeviceOptions {
  readonly key?: DhKey;
  readonly offer?: ProtocolOffer;
  readonly random?: RandomBytes;
}

/** One device: a real session core over the virtual server and fake links. */
export class Device implements IdentityPort, RoomDirectory {
  readonly name: string;
  readonly key: DhKey;
  readonly pairs = new MemoryPairs();
  readonly links: FakeLinks;
  readonly core: SessionCore;
  /** Devices that something waits for; all that were ever paired, unless a test says otherwise. */
  readonly wanted = new Set<string>();
  readonly events: SessionEvent[] = [];
  readonly pairing: PairingState[] = [];
  readonly #net: Network;
  socketId: string;

  constructor(net: Network, name: string, options: DeviceOptions = {}) {
    this.#net = net;
    this.name = name;
    this.key = options.key ?? nobleDhKey();
    this.socketId = `socket-${name}`;
    this.links = new FakeLinks(net.medium);
    this.core = this.#newCore(options);
  }

  #newCore({ offer, random }: DeviceOptions): SessionCore {
    const core = createSessionCore({
      signal: this.port(),
      links: this.links,
      identity: this,
      pairs: this.pairs,
      rooms: this,
      clock: this.#net.clock,
      wanted: (deviceId) => this.wanted.has(deviceId),
      ...(offer === undefined ? {} : { offer }),
      ...(random === undefined ? {} : { random }),
    });
    core.sessions.subscribe((event) => this.events.push(event));
    core.pairing.subscribe((state) => this.pairing.push(state));
    this.#net.server.connect(this.socketId, core);
    return core;
  }

  get deviceId(): string {
    return deviceId(this.key.publicKey);
  }

  async staticKey(): Promise<DhKey> {
    return this.key;
  }

  async deviceName(): Promise<string> {
    return this.name;
  }

  /** Rooms of the day before and after are known too, as offscreen does it. */
  ownerOf(roomId: string): RoomOwner | undefined {
    for (const slot of ['paired', 'pending'] as const) {
      for (const [id, pair] of this.pairs[slot]) {
        const days = rendezvousDays(this.#net.clock.now());
        const rooms = days.flatMap((day) => [day - 1, day, day + 1]);
        const root = rvRoot(pair.pskRoot);
        if (rooms.some((day) => roomName(rendezvousId(root, day)) === roomId)) {
          return { deviceId: id, slot };
        }
      }
    }
    return undefined;
  }

  /** What background does on every presence alarm. */
  enterRooms(): void {
    for (const slot of ['paired', 'pending'] as const) {
      for (const [, pair] of this.pairs[slot]) {
        for (const day of rendezvousDays(this.#net.clock.now())) {
          const roomId = roomName(rendezvousId(rvRoot(pair.pskRoot), day));
          this.#net.server.join(this.socketId, roomId);
        }
      }
    }
  }

  /** The socket is lost and another one takes its place. */
  reconnect(): void {
    this.#net.server.disconnect(this.socketId);
    this.socketId = `${this.socketId}x`;
    this.#net.server.connect(this.socketId, this.core);
  }

  port(): SignalPort {
    const { server } = this.#net;
    const answer = <Value>(make: () => Value): Promise<Value> =>
      new Promise((resolve, reject) => {
        server.queue.push(() => {
          try {
            resolve(make());
          } catch (error) {
            reject(error as Error);
          }
        });
      });
    return {
      send: ({ roomId, target }: SocketAddress, event, data) =>
        answer(() => server.relay({ from: this.socketId, to: target, roomId, event, data })),
      createNameplate: (nonceC) => answer(() => server.createNameplate(this.socketId, nonceC)),
      joinNameplate: (nameplate) => answer(() => server.joinNameplate(this.socketId, nameplate)),
      endNameplate: (nameplate) => answer(() => server.endNameplate(this.socketId, nameplate)),
      releaseNameplate: (nameplate) =>
        answer(() => server.releaseNameplate(this.socketId, nameplate)),
    };
  }

  get state(): PairingState {
    return this.core.pairing.state;
  }

  get code(): string {
    const showing = this.pairing.findLast((state) => state.type === 'showing');
    if (showing?.type !== 'showing') throw new Error(`no code, ${this.state.type}`);
    return showing.code;
  }

  of(type: SessionEvent['type']): SessionEvent[] {
    return this.events.filter((event) => event.type === type);
  }
}

export class Network {
  readonly clock: FakeClock;
  readonly server = new VirtualServer();
  readonly medium = new LinkMedium();

  constructor(wall?: number) {
    this.clock = new FakeClock(wall);
  }

  device(name: string, options?: DeviceOptions): Device {
    return new Device(this, name, options);
  }

  /** The device's document is restarted: it remembers its key and its pairs, and nothing else. */
  restarted(device: Device, options: DeviceOptions = {}): Device {
    const again = new Device(this, device.name, { ...options, key: device.key });
    this.server.cores.delete(again.socketId);
    again.socketId = device.socketId;
    for (const [id, pair] of device.pairs.paired) again.pairs.paired.set(id, pair);
    this.server.connect(again.socketId, again.core);
    for (const [roomId, sockets] of this.server.rooms) {
      if (!sockets.has(again.socketId)) continue;
      for (const socketId of sockets) {
        if (socketId !== again.socketId) again.core.peerJoined({ roomId, socketId });
      }
    }
    return again;
  }

  /** Until nothing is under way: no message queued, and several turns without a new one. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 4; quiet++) {
      const next = this.server.queue.shift();
      if (next !== undefined) {
        next();
        quiet = -1;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async advance(ms: number): Promise<void> {
    await this.settle();
    await this.clock.advance(ms, () => this.settle());
    await this.settle();
  }

  /** Two devices that hold a pair already, in its rooms; no handshake has happened. */
  async paired(): Promise<[Device, Device]> {
    const [a, b] = [this.device('Laptop'), this.device('Desktop')];
    link(a, b);
    for (const device of [a, b]) device.enterRooms();
    await this.settle();
    return [a, b];
  }

  /** Pairs through the real machines. */
  async pair(creator: Device, joiner: Device, remember = true): Promise<void> {
    creator.core.pairing.create({ format: 'words', remember });
    await this.settle();
    joiner.core.pairing.join(creator.code, { remember });
    await this.settle();
  }
}

/** Writes the same fresh pair into both stores. */
export function link(a: Device, b: Device): void {
  const pskRoot = randomBytes(32);
  const checkWords = ['one', 'two', 'three'];
  for (const [own, peer] of [
    [a, b],
    [b, a],
  ] as const) {
    own.wanted.add(peer.deviceId);
    own.pairs.paired.set(peer.deviceId, {
      deviceId: peer.deviceId,
      name: peer.name,
      pskRoot: pskRoot.slice(),
      remoteStatic: peer.key.publicKey,
      checkWords,
    });
  }
}
