import { randomBytes } from '../../../lib/crypto/bytes.ts';
import { Engine } from '../../../lib/transfer/engine.ts';
import type { EngineEvent, SendItem, SendRequest } from '../../../lib/transfer/events.ts';
import type { TransferSnapshot } from '../../../lib/transfer/records.ts';
import { flush, memoryChannelPair, type MemoryChannel } from './memory-channel.ts';
import {
  FakeClock,
  MemoryLedger,
  MemoryOriginal,
  MemorySinkStore,
  MemorySource,
  MemorySourceStore,
  MemoryTransferStore,
} from './memory-stores.ts';

/** One engine with everything around it in memory, and all it ever told. */
export class Device {
  readonly name: string;
  readonly clock: FakeClock;
  readonly store: MemoryTransferStore;
  readonly sinks: MemorySinkStore;
  readonly sources: MemorySourceStore;
  readonly ledger: MemoryLedger;
  readonly events: EngineEvent[] = [];
  readonly engine: Engine;

  constructor(
    name: string,
    clock: FakeClock,
    store = new MemoryTransferStore(),
    sinks = new MemorySinkStore(),
    sources = new MemorySourceStore(),
    ledger = new MemoryLedger(),
  ) {
    this.name = name;
    this.clock = clock;
    this.store = store;
    this.sinks = sinks;
    this.sources = sources;
    this.ledger = ledger;
    this.engine = new Engine({
      store,
      sinks,
      sources,
      ledger,
      clock,
      random: randomBytes,
      onEvent: (event) => this.events.push(event),
    });
  }

  /** Another life over all that outlasted this one; `engine.start()` is the caller's. */
  restarted(): Device {
    const { name, clock, store, sinks, sources, ledger } = this;
    return new Device(name, clock, store, sinks, sources, ledger);
  }

  /** As `engine.send`, with the sources written down before, so that they outlast a restart. */
  send(deviceId: string, request: SendRequest): MemoryOriginal[] {
    const originals = request.items.map(({ source, modified }, fileId) => {
      const bytes = source instanceof MemorySource ? source.bytes : new Uint8Array(source.size);
      const original = new MemoryOriginal(bytes, modified);
      this.sources.put({ transferId: request.transferId, fileId }, original);
      return original;
    });
    const items = request.items.map((each, fileId) => {
      return { ...each, source: originals[fileId]?.open() ?? each.source };
    });
    this.engine.send(deviceId, { ...request, items });
    return originals;
  }

  told<T extends EngineEvent['type']>(type: T): Extract<EngineEvent, { type: T }>[] {
    return this.events.filter(
      (event): event is Extract<EngineEvent, { type: T }> => event.type === type,
    );
  }

  snapshot(transferId: string): TransferSnapshot {
    const found = this.engine.snapshots().find((each) => each.transferId === transferId);
    if (found === undefined) throw new Error(`${this.name} knows no such transfer`);
    return found;
  }

  state(transferId: string): string {
    return this.snapshot(transferId).state.type;
  }

  /** A stored file as its event says where it lies ([TR16]: it may be a part of a pack). */
  content(transferId: string, fileId: number): Uint8Array | undefined {
    const event = this.told('file-stored').findLast(
      (each) => each.transferId === transferId && each.fileId === fileId,
    );
    if (event === undefined) return undefined;
    const { sinkRef, size } = event;
    const bytes = this.sinks.content(transferId, sinkRef.fileId) ?? new Uint8Array(0);
    return bytes.slice(sinkRef.offset, sinkRef.offset + size);
  }

  /** The states in the order in which they were told, without repetitions. */
  states(transferId: string): string[] {
    const states: string[] = [];
    for (const { snapshot } of this.told('transfer-changed')) {
      if (snapshot.transferId === transferId && snapshot.state.type !== states.at(-1)) {
        states.push(snapshot.state.type);
      }
    }
    return states;
  }
}

export interface Wire {
  readonly sessionId: string;
  readonly keys: { control: Uint8Array; fileRoot: Uint8Array };
  readonly pcId: Uint8Array;
  readonly control: [MemoryChannel, MemoryChannel];
  /** The first shares its connection with control, each further one has its own. */
  readonly lanes: [MemoryChannel, MemoryChannel][];
}

let sessions = 0;

export function newWire(options: { maxMessageSize?: number; lanes?: number } = {}): Wire {
  const { maxMessageSize = 262_144, lanes = 1 } = options;
  return {
    sessionId: `session-${++sessions}`,
    keys: { control: randomBytes(32), fileRoot: randomBytes(32) },
    pcId: randomBytes(16),
    control: memoryChannelPair(),
    lanes: Array.from({ length: lanes }, () => memoryChannelPair({ maxMessageSize })),
  };
}

/** Attaches one end of a wire; the initiator sends `i2r`. */
export function attach(device: Device, peer: string, wire: Wire, end: 0 | 1): void {
  device.engine.attachSession({
    sessionId: wire.sessionId,
    deviceId: peer,
    role: end === 0 ? 'i2r' : 'r2i',
    keys: wire.keys,
    pcId: wire.pcId,
    control: wire.control[end],
    lanes: wire.lanes.slice(0, 1).map((lane) => lane[end]),
    ...(wire.lanes.length > 1 && { fixedLanes: wire.lanes.length }),
  });
  for (const [at, lane] of wire.lanes.slice(1).entries()) {
    device.engine.addLane(wire.sessionId, lanePcId(at + 1), lane[end]);
  }
}

/** Of a rig's `at`th lane. */
export function lanePcId(at: number): string {
  return at.toString(16).padStart(32, '0');
}

/** Two devices and the wire between them. */
export class Rig {
  readonly clock = new FakeClock();
  readonly alice: Device;
  readonly bob: Device;
  wire: Wire;

  private constructor(alice: Device, bob: Device, clock: FakeClock, wire: Wire) {
    this.alice = alice;
    this.bob = bob;
    this.clock = clock;
    this.wire = wire;
  }

  static async create(options: Parameters<typeof newWire>[0] = {}): Promise<Rig> {
    const clock = new FakeClock();
    const rig = new Rig(
      new Device('alice', clock),
      new Device('bob', clock),
      clock,
      newWire(options),
    );
    await rig.alice.engine.start();
    await rig.bob.engine.start();
    return rig;
  }

  /** Both ends get a session over `wire`. */
  connect(wire = this.wire): void {
    this.wire = wire;
    attach(this.alice, 'bob', wire, 0);
    attach(this.bob, 'alice', wire, 1);
  }

  get channels(): MemoryChannel[] {
    return [...this.wire.control, ...this.wire.lanes.flat()];
  }

  cut(): void {
    for (const [end] of [this.wire.control, ...this.wire.lanes]) end.cut();
  }

  /** Lets frames through until `done`, or fails when nothing moves any more. */
  async run(done: () => boolean): Promise<void> {
    await settle(() => flush(...this.channels), done);
  }

  /** Lets everything through until nothing moves any more. */
  async quiet(): Promise<void> {
    await settle(
      () => flush(...this.channels),
      () => false,
      'quiet',
    );
  }
}

/** WebCrypto calls that have not answered: while there are any, a rig is not standing still. */
let pendingCrypto = 0;
for (const name of ['digest', 'encrypt', 'decrypt', 'importKey'] as const) {
  const original: (...parameters: never[]) => Promise<unknown> = crypto.subtle[name];
  Object.defineProperty(crypto.subtle, name, {
    value: (...parameters: never[]) => {
      pendingCrypto++;
      return original.apply(crypto.subtle, parameters).finally(() => pendingCrypto--);
    },
  });
}

/** Rounds of the event loop without a frame or a hash under way: promises need some to unwind. */
const IDLE_ROUNDS = 20;

/** Moves frames until `done`; throws, or just returns, when nothing moves any more. */
export async function settle(
  move: () => number,
  done: () => boolean,
  otherwise: 'throw' | 'quiet' = 'throw',
): Promise<void> {
  for (let idle = 0; idle < IDLE_ROUNDS; idle++) {
    if (move() > 0 || pendingCrypto > 0) idle = 0;
    if (done()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (otherwise === 'throw') throw new Error('nothing moves any more, and it is not done');
}

export function newId(): string {
  return Array.from(randomBytes(16), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function item(path: string, bytes: Uint8Array, mime = 'application/octet-stream'): SendItem {
  return { path, mime, modified: 0, source: new MemorySource(bytes) };
}

/** Bytes that differ everywhere, the same in each run. */
export function pattern(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let x = seed;
  for (let i = 0; i < length; i++) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = x >>> 24;
  }
  return bytes;
}
