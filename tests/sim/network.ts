import { ControlOpener } from '../../lib/crypto/control-seal.ts';
import type { ByteChannel } from '../../lib/protocol/byte-channel.ts';
import { decodeChunkFrame, type ChunkFrame } from '../../lib/protocol/chunk-frame.ts';
import { decodeControl, type ControlMessage } from '../../lib/protocol/messages.ts';
import type { Dice } from './dice.ts';
import type { Life } from './life.ts';
import type { World } from './world.ts';

export type Side = 0 | 1;
export const SIDES = [0, 1] as const;
export const other = (side: Side): Side => (side === 0 ? 1 : 0);

/** Sees everything that the two engines hand to the wire, and what of it comes out. */
export interface Witness {
  controlSent(session: Session, from: Side, message: ControlMessage): void;
  controlArrived(session: Session, to: Side, message: ControlMessage): void;
  chunkSent(session: Session, from: Side, lane: Lane, frame: ChunkFrame): void;
}

/** What happens to the next frame of a lane that is not what it should be. */
export type Mischief = 'duplicate' | 'corrupt-body' | 'corrupt-header';

/** One end of a channel. Frames come out of a queue of the world, in order, some time later. */
export class SimChannel implements ByteChannel {
  readonly maxMessageSize: number;
  lowThreshold = 0;
  onLow: (() => void) | null = null;
  onClose: ((reason: string) => void) | null = null;
  mischief: Mischief | null = null;
  /** The step in which this side closed it or learned of its end. */
  endedAt = Infinity;
  readonly queue: string;
  readonly #world: World;
  readonly #spy: (frame: Uint8Array) => (() => void) | null;
  #peer: SimChannel | null = null;
  #owner: Life | null = null;
  #state: 'open' | 'cut' | 'closed' = 'open';
  #buffered = 0;
  #onMessage: ((frame: Uint8Array) => void) | null = null;
  readonly #early: Uint8Array[] = [];

  constructor(
    world: World,
    queue: string,
    maxMessageSize: number,
    spy: (frame: Uint8Array) => (() => void) | null,
  ) {
    this.#world = world;
    this.queue = queue;
    this.maxMessageSize = maxMessageSize;
    this.#spy = spy;
  }

  static pair(a: SimChannel, b: SimChannel): void {
    a.#peer = b;
    b.#peer = a;
  }

  get bufferedAmount(): number {
    return this.#buffered;
  }

  get onMessage(): ((frame: Uint8Array) => void) | null {
    return this.#onMessage;
  }

  set onMessage(handler: ((frame: Uint8Array) => void) | null) {
    this.#onMessage = handler;
    while (this.#onMessage !== null) {
      const frame = this.#early.shift();
      if (frame === undefined) return;
      this.#onMessage(frame);
    }
  }

  /** The process that holds this end; when it dies, the end is silent and deaf. */
  own(life: Life): void {
    this.#owner = life;
  }

  send(frame: Uint8Array): void {
    if (this.#state === 'closed' || this.#owner?.alive === false) return;
    if (frame.length > this.maxMessageSize) throw new Error('frame over the transport’s limit');
    this.#buffered += frame.length;
    const arrived = this.#spy(frame);
    // Into a line that is dead, and nobody knows it yet.
    if (this.#state === 'cut') return;
    const { mischief } = this;
    this.mischief = null;
    const copy = mischief === null ? frame.slice() : spoiled(frame, mischief, this.#world.dice);
    const deliver = (): void => {
      this.#left(frame.length);
      arrived?.();
      this.#peer?.receive(copy);
    };
    this.#world.inOrder(this.queue, deliver);
    if (mischief === 'duplicate') {
      this.#world.inOrder(this.queue, () => this.#peer?.receive(copy.slice()));
    }
  }

  close(): void {
    if (this.#state === 'closed') return;
    const connected = this.#state === 'open';
    this.#state = 'closed';
    this.endedAt = this.#world.steps;
    // What was sent before a close still arrives, as with a data channel.
    if (connected) this.#world.inOrder(this.queue, () => this.#peer?.lost());
  }

  /** The line is dead in both directions; neither side knows. */
  cut(): void {
    for (const end of [this, this.#peer]) {
      if (end === null) continue;
      this.#world.clear(end.queue);
      if (end.#state === 'open') end.#state = 'cut';
    }
  }

  /** This side learns of the end of the line. */
  lost(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.endedAt = this.#world.steps;
    if (this.#owner?.alive !== false) this.onClose?.('closed');
  }

  #left(bytes: number): void {
    const before = this.#buffered;
    this.#buffered -= bytes;
    if (this.#state === 'closed' || this.#owner?.alive === false) return;
    if (before > this.lowThreshold && this.#buffered <= this.lowThreshold) this.onLow?.();
  }

  receive(frame: Uint8Array): void {
    if (this.#state === 'closed' || this.#owner?.alive === false) return;
    if (this.#onMessage === null) this.#early.push(frame);
    else this.#onMessage(frame);
  }
}

const HEADER_BYTES = 14;

function spoiled(frame: Uint8Array, mischief: Mischief, dice: Dice): Uint8Array<ArrayBuffer> {
  const copy = frame.slice();
  if (mischief === 'duplicate') return copy;
  const header = Math.min(HEADER_BYTES, copy.length);
  const at =
    mischief === 'corrupt-header' ? dice.int(header) : dice.between(header, copy.length - 1);
  copy[at] = (copy[at] ?? 0) ^ (1 << dice.int(8));
  return copy;
}

export interface Lane {
  readonly name: string;
  readonly ends: readonly [SimChannel, SimChannel];
  state: 'open' | 'dead';
}

/** What two devices agreed on, and the channels between them. */
export class Session {
  readonly sessionId: string;
  readonly keys: { readonly control: Uint8Array; readonly fileRoot: Uint8Array };
  readonly pcId: Uint8Array;
  readonly control: Lane;
  /** The first is of the session's own connection; the others joined later, under their ids. */
  readonly lanes: Lane[] = [];
  state: 'open' | 'dead' = 'open';
  readonly #make: (name: string) => Lane;

  constructor(world: World, witness: Witness, options: { id: string; maxMessageSize: number }) {
    const { id, maxMessageSize } = options;
    const { dice } = world;
    this.sessionId = id;
    this.keys = { control: dice.bytes(32), fileRoot: dice.bytes(32) };
    this.pcId = dice.bytes(16);
    const pair = (name: string, limit: number, spy: Spy): Lane => {
      const [a, b] = SIDES.map(
        (side) =>
          new SimChannel(world, `${id}/${name}/${side}`, limit, (frame) => spy(side, frame)),
      );
      if (a === undefined || b === undefined) throw new Error('two sides');
      SimChannel.pair(a, b);
      return { name, ends: [a, b], state: 'open' };
    };
    const openers = SIDES.map((side) => {
      const dir = side === 0 ? 'i2r' : 'r2i';
      return new ControlOpener({ controlKey: this.keys.control, pcId: this.pcId, dir });
    });
    this.control = pair('control', 262_144, (side, frame) => {
      const opened = openers[side]?.open(frame);
      if (opened === undefined) return null;
      const message = decodeControl(opened);
      witness.controlSent(this, side, message);
      return () => witness.controlArrived(this, other(side), message);
    });
    this.#make = (name) => {
      const lane = pair(name, maxMessageSize, (side, frame) => {
        witness.chunkSent(this, side, lane, decodeChunkFrame(frame.slice()));
        return null;
      });
      return lane;
    };
    this.lanes.push(this.#make('lane-0'));
  }

  /** A further lane, or the one that has this id already. */
  addLane(pcId: string): Lane {
    const known = this.lanes.find(({ name }) => name === pcId);
    if (known !== undefined) return known;
    const lane = this.#make(pcId);
    this.lanes.push(lane);
    return lane;
  }

  get channels(): Lane[] {
    return [this.control, ...this.lanes];
  }

  own(side: Side, life: Life): void {
    for (const { ends } of this.channels) ends[side].own(life);
  }

  isFirst(lane: Lane): boolean {
    return this.lanes[0] === lane;
  }

  /** The connection is lost, and nobody knows yet. */
  cut(): void {
    this.state = 'dead';
    for (const lane of this.channels) {
      lane.state = 'dead';
      lane.ends[0].cut();
    }
  }

  /** One side learns of it. */
  lost(side: Side): void {
    for (const { ends } of this.channels) ends[side].lost();
  }
}

type Spy = (side: Side, frame: Uint8Array) => (() => void) | null;
