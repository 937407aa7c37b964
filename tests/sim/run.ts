import type { Engine } from '../../lib/transfer/engine.ts';
import type { EngineEvent, SessionErrorCode } from '../../lib/transfer/events.ts';
import { SinkError, TransferError } from '../../lib/transfer/errors.ts';
import type { LaneTask } from '../../lib/transfer/lane-desk.ts';
import type { TransferSnapshot } from '../../lib/transfer/records.ts';
import { ended } from '../../lib/transfer/states.ts';
import { MemoryOriginal } from '../unit/transfer/memory-stores.ts';
import { simulateCrypto } from './crypto.ts';
import { Dice } from './dice.ts';
import { Host } from './host.ts';
import { other, Session, SIDES, type Side } from './network.ts';
import { Oracle } from './oracle.ts';
import type { Fault, Plan, PlannedFile, PlannedTransfer } from './plan.ts';
import { World } from './world.ts';

/**
 * When all is well again, everything must have come to its end within this time, and these steps:
 * what one side gave up while it was alone, the other waits for as long as [TR12] says.
 */
const HEALED_MS = 12 * 60_000;
const HEALED_STEPS = 15_000;
/** While something is still to go wrong, it does so rather than that nothing happens for so long. */
const PATIENCE_MS = 30_000;
/** A person looks at the list this often. */
const GLANCE_STEPS = 200;

export interface Outcome {
  /** What went against the rules; none of it where all is as it should be. */
  readonly blames: readonly string[];
  readonly trace: readonly string[];
  /** The last state of each transfer on each side. */
  readonly ends: readonly (readonly [transfer: string, state: string])[];
  readonly steps: number;
  readonly chunks: number;
  readonly again: number;
}

/** One that was sent: as planned, or once more what had failed. */
interface Sent {
  readonly from: Side;
  readonly plan: PlannedTransfer;
}

/** What a file was, until the step in which it became something else. */
interface Version {
  readonly bytes: Uint8Array;
  until: number;
}

interface Original {
  readonly path: string;
  readonly kind: string;
  readonly planned: PlannedFile;
  readonly versions: Version[];
}

interface Saved {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** @param tracing whether the outcome says what happened, line by line */
export async function simulate(plan: Plan, tracing = false): Promise<Outcome> {
  const run = new Run(plan, tracing);
  simulateCrypto({ world: run.world, latency: plan.crypto });
  try {
    return await run.play();
  } finally {
    simulateCrypto(null);
  }
}

/** Two machines with a person each, the network between them, and what goes wrong. */
class Run {
  readonly world: World;
  readonly #plan: Plan;
  readonly #dice: Dice;
  readonly #hosts: readonly [Host, Host];
  readonly #oracle: Oracle;
  readonly #wants: [boolean, boolean] = [false, false];
  readonly #sent = new Map<string, Sent>();
  readonly #originals = new Map<MemoryOriginal, Original>();
  #retries = 0;
  /** What the receiving person has: by transfer and file. */
  readonly #saved = new Map<string, Saved>();
  /** The last state told of each transfer, by host. */
  readonly #over = new Map<string, string>();
  /** Told, and not written down when the process died: it may be told otherwise, but not for good. */
  readonly #promised = new Map<string, string>();
  /** Asked for, and not written down when the process died. */
  readonly #unwritten = new Set<string>();
  readonly #alreadyHere = new Map<string, readonly number[]>();
  #session: Session | null = null;
  #sessions = 0;
  #connecting = false;
  #present = true;
  #healed = false;
  readonly #rot: [number, number] = [0, 0];
  readonly #errors: [number, number] = [0, 0];
  /** Whether the write under way puts down something else than it was given. */
  #spoiled = false;

  constructor(plan: Plan, tracing: boolean) {
    this.#plan = plan;
    const dice = new Dice(plan.seed, 2);
    this.#dice = dice;
    this.world = new World(new Dice(plan.seed, 3), plan.pace, tracing);
    const host = (side: Side): Host =>
      new Host(this.world, side, {
        latency: plan.disk,
        random: new Dice(plan.seed, 4 + side),
        onEvent: (from, event) => this.#onEvent(from, event),
        onWritten: (at, transferId, fileId, offset) => {
          this.#oracle.written(at, transferId, fileId, offset, this.#spoiled);
          this.#spoiled = false;
        },
      });
    this.#hosts = [host(0), host(1)];
    this.#oracle = new Oracle(this.world, () => this.#hosts);
    for (const each of this.#hosts) {
      each.sinks.onWrite = (key, _offset, bytes) => this.#onWrite(each, key, bytes);
    }
  }

  async play(): Promise<Outcome> {
    for (const side of SIDES) this.#startHost(side);
    const transfers = this.#plan.transfers.toSorted((a, b) => a.at - b.at);
    const faults = [...this.#plan.faults];
    while (transfers.length > 0 || faults.length > 0) {
      // Nobody sits out a wait for a step that would never come.
      const step = this.world.wait > PATIENCE_MS ? Infinity : this.world.steps;
      const transfer = transfers[0];
      const fault = faults[0];
      if (transfer !== undefined && transfer.at <= step && this.#canSend(transfer)) {
        transfers.shift();
        this.#send(transfer);
      } else if (fault !== undefined && fault.at <= step) {
        faults.shift();
        await this.#apply(fault);
      } else if (transfers.length === 0 && this.#allOver()) break;
      else await this.world.step();
    }
    await this.#heal();
    await this.#finish();
    return {
      blames: this.#oracle.faults,
      trace: this.world.trace,
      ends: [...this.#over],
      steps: this.world.steps,
      chunks: this.#oracle.chunks,
      again: this.#oracle.again,
    };
  }

  // The machines.

  #startHost(side: Side): void {
    const host = this.#hosts[side];
    if (host.life !== null) return;
    this.world.log(() => `${host.name} starts`);
    host.start(() => {
      this.world.log(() => `${host.name} is up`);
      this.#connectSoon();
    });
  }

  async #crash(side: Side, how: 'killed' | 'power', downMs: number): Promise<void> {
    const host = this.#hosts[side];
    if (host.life === null) return;
    this.world.log(() => `${host.name} dies (${how})`);
    await host.crash(how, this.#dice);
    this.#forgetUnwritten(host);
    this.#wants[side] = false;
    const session = this.#session;
    if (session !== null) {
      session.cut();
      this.#notice(session, other(side), this.#dice.pick([0, 10, 5000]));
      this.#session = null;
    }
    this.world.after(downMs, () => this.#startHost(side));
  }

  #forgetUnwritten(host: Host): void {
    for (const [key, told] of this.#over) {
      const [name, transferId = ''] = key.split(' ');
      if (name !== host.name) continue;
      const record = host.store.transfers.get(transferId);
      if (record === undefined) this.#unwritten.add(key);
      if (!isOver(told) || (record !== undefined && ended(record.head.state))) continue;
      this.#over.delete(key);
      if (told === 'delivered' || told === 'saved') this.#promised.set(key, told);
    }
  }

  #onWrite(host: Host, key: string, bytes: Uint8Array): Uint8Array {
    const [transferId = '', fileId = ''] = key.split('/');
    if (this.#errors[host.side] > 0) {
      this.#errors[host.side]--;
      throw new SinkError('sink-failed', 'the disk is broken');
    }
    let written = bytes;
    const spoiled = this.#rot[host.side] > 0 && bytes.length > 0;
    if (spoiled) {
      this.#rot[host.side]--;
      written = bytes.slice();
      const at = this.#dice.int(written.length);
      written[at] = (written[at] ?? 0) ^ (1 << this.#dice.int(8));
      this.world.log(() => `${host.name} writes a wrong byte of ${short(transferId)}/${fileId}`);
    }
    this.#spoiled = spoiled;
    return written;
  }

  // The network.

  #want(side: Side): void {
    this.#wants[side] = true;
    this.#connectSoon();
  }

  #connectSoon(): void {
    if (this.#connecting || !this.#wants.includes(true)) return;
    this.#connecting = true;
    this.world.after(this.#dice.pick([0, 5, 300, 3000]), () => {
      this.#connecting = false;
      this.#connect();
    });
  }

  #connect(): void {
    const [a, b] = this.#hosts;
    if (!this.#wants.includes(true)) return;
    // Whoever comes back asks again.
    if (!this.#present || a.engine === null || b.engine === null) return;
    for (const side of SIDES) {
      if (this.#dice.chance(0.7))
        this.#hosts[side].engine?.connecting(this.#hosts[other(side)].name);
    }
    if (!this.#healed && this.#dice.chance(0.1)) {
      for (const side of SIDES) {
        if (this.#dice.chance(0.5))
          this.#hosts[side].engine?.offline(this.#hosts[other(side)].name);
      }
      return this.#connectSoon();
    }
    const { maxMessageSize } = this.#plan;
    const session = new Session(this.world, this.#oracle, {
      id: `s${++this.#sessions}`,
      maxMessageSize,
    });
    this.world.log(() => `connect ${session.sessionId}`);
    const old = this.#session;
    this.#session = session;
    const first: Side = this.#dice.chance(0.5) ? 0 : 1;
    this.#attach(session, first);
    this.world.after(this.#dice.pick([0, 1, 400]), () => {
      this.#attach(session, other(first));
      if (old !== null) old.cut();
    });
  }

  #attach(session: Session, side: Side): void {
    const host = this.#hosts[side];
    const { engine, life } = host;
    // It went meanwhile, or another one was made instead.
    const over = session.state === 'dead' || session !== this.#session;
    if (engine === null || life === null || over) {
      session.cut();
      this.#notice(session, other(side), 10);
      return;
    }
    this.#wants[side] = false;
    session.own(side, life);
    engine.attachSession({
      sessionId: session.sessionId,
      deviceId: this.#hosts[other(side)].name,
      role: side === 0 ? 'i2r' : 'r2i',
      keys: session.keys,
      pcId: session.pcId,
      control: session.control.ends[side],
      lanes: session.lanes.slice(0, 1).map(({ ends }) => ends[side]),
      fixedLanes: this.#plan.lanes,
    });
  }

  #cut(noticeMs: readonly [number, number]): void {
    const session = this.#session;
    if (session === null) return;
    this.world.log(() => `cut ${session.sessionId}`);
    session.cut();
    this.#session = null;
    for (const side of SIDES) this.#notice(session, side, noticeMs[side]);
  }

  /** A side learns that the session is gone: from its channels, or from whoever made it. */
  #notice(session: Session, side: Side, ms: number): void {
    const detach = this.#dice.chance(0.5);
    this.world.after(ms, () => {
      if (detach) this.#hosts[side].engine?.detachSession(session.sessionId, 'lost');
      session.lost(side);
    });
  }

  /** What the document does for further lanes ([LN1]). */
  #onLaneTask(host: Host, sessionId: string, task: LaneTask): void {
    const session = this.#session;
    if (session?.sessionId !== sessionId) return;
    const { pcId } = task;
    switch (task.type) {
      case 'lane-open':
        return this.#later(host, this.#dice.int(20), (engine) => {
          const failed = !this.#healed && this.#dice.chance(0.1);
          engine.laneNews(
            sessionId,
            failed ? { type: 'lane-failed', pcId } : { type: 'lane-offer', pcId, sdp: 'an offer' },
          );
        });
      case 'lane-offer':
        return this.#later(host, this.#dice.int(20), (engine) => {
          engine.laneNews(sessionId, { type: 'lane-answer', pcId, sdp: 'an answer' });
          this.#join(host, session, pcId);
        });
      case 'lane-answer':
        return this.#join(host, session, pcId);
      case 'lane-drop': {
        const lane = session.lanes.find(({ name }) => name === pcId);
        if (lane === undefined || lane.state === 'dead') return;
        lane.state = 'dead';
        lane.ends[0].cut();
        const there = other(host.side);
        this.world.after(this.#dice.pick([0, 20, 5000]), () => lane.ends[there].lost());
        return;
      }
      default:
    }
  }

  #join(host: Host, session: Session, pcId: string): void {
    const { life } = host;
    this.#later(host, this.#dice.pick([1, 30, 500]), (engine) => {
      if (life === null || session.state === 'dead') return;
      const lane = session.addLane(pcId);
      if (lane.state === 'dead') return;
      lane.ends[host.side].own(life);
      engine.addLane(session.sessionId, pcId, lane.ends[host.side]);
    });
  }

  // The persons.

  #canSend({ from }: PlannedTransfer): boolean {
    return this.#hosts[from].engine !== null;
  }

  #send(plan: PlannedTransfer): void {
    const host = this.#hosts[plan.from];
    const { engine, life } = host;
    if (engine === null || life === null) return;
    const { transferId, kind, force } = plan;
    this.#sent.set(transferId, { from: plan.from, plan });
    const sizes = plan.files.map(({ size }) => size).join(' ');
    this.world.log(() => `${host.name} sends ${short(transferId)}: ${sizes}`);
    const items = plan.files.map((planned, fileId) => {
      const { path } = planned;
      const original = new MemoryOriginal(contentOf(planned, kind), 1000);
      const versions = [{ bytes: original.bytes, until: Infinity }];
      this.#originals.set(original, { path, kind, planned, versions });
      host.sources.put({ transferId, fileId }, original);
      const mime = kind === 'text' ? 'text/plain' : 'application/octet-stream';
      return { path, mime, modified: original.modified, source: life.source(original.open()) };
    });
    engine.send(this.#hosts[other(plan.from)].name, { transferId, kind, items, force });
  }

  /** A person, or a person at the other end, wants what failed to be sent again. */
  #retry(host: Host, transferId: string): void {
    const sent = this.#sent.get(transferId);
    const { engine } = host;
    if (sent === undefined || engine === null) return;
    const freshId = this.#dice.fork(1000 + this.#retries++).bytes(16);
    const fresh = Buffer.from(freshId).toString('hex');
    const before = host.snapshot(transferId)?.state.type;
    if (before !== 'failed' && before !== 'declined' && before !== 'cancelled') return;
    this.world.log(() => `${host.name} tries ${short(transferId)} again, as ${short(fresh)}`);
    if (host.side === sent.from) this.#sent.set(fresh, { from: sent.from, plan: sent.plan });
    try {
      engine.retry(transferId, fresh);
    } catch (error) {
      // A transfer of nothing but cancelled files has nothing to be tried again.
      if (!(error instanceof TransferError)) throw error;
    }
    if (host.snapshot(fresh) === undefined) this.#sent.delete(fresh);
  }

  #onEvent(host: Host, event: EngineEvent): void {
    switch (event.type) {
      case 'need-session':
        return this.#want(host.side);
      case 'transfer-changed':
        return this.#onChanged(host, event.snapshot);
      case 'offer-received':
        return this.#onOffer(host, event);
      case 'file-stored':
        return this.#save(host, event);
      case 'text-received':
        return this.#saveText(host, event);
      case 'retry-asked':
        this.#later(host, 1, () => this.#retry(host, event.transferId));
        return;
      case 'lane-task':
        return this.#onLaneTask(host, event.sessionId, event.task);
      case 'session-error':
        this.world.log(() => `${host.name} ends ${event.sessionId}: ${event.code}`);
        if (!this.#mayEndWith(event.code)) {
          this.#oracle.blame(`${host.name} takes the other for a liar: ${event.code}`);
        }
        if (this.#session?.sessionId === event.sessionId) this.#session = null;
        return;
      default:
    }
  }

  /** Between two honest sides only a lost connection ends a session. */
  #mayEndWith(code: SessionErrorCode): boolean {
    if (code === 'channel-closed' || code === 'peer-error') return true;
    const spoiled = this.#plan.faults.some((fault) => fault.type === 'mischief');
    return spoiled && code !== 'internal';
  }

  #onChanged(host: Host, snapshot: TransferSnapshot): void {
    const { transferId, state, direction } = snapshot;
    const key = `${host.name} ${transferId}`;
    const told = 'reason' in state ? `${state.type} ${state.reason}` : state.type;
    const before = this.#over.get(key);
    if (before !== told) this.world.log(() => `${host.name} ${short(transferId)}: ${told}`);
    if (before !== undefined && isOver(before) && before !== told) {
      this.#oracle.blame(`${key} was ${before} and is ${told}`);
    }
    this.#over.set(key, told);
    if (snapshot.doneBytes > snapshot.totalBytes)
      this.#oracle.blame(`${key}: more done than there is`);
    if (
      direction === 'send' &&
      before !== told &&
      snapshot.files.some((file) => file.state === 'needs-you')
    ) {
      if (this.#dice.chance(0.5))
        this.world.after(this.#dice.pick([10, 3000]), () => this.#allow(host, transferId));
    }
    if (direction === 'send' && state.type === 'delivered' && before !== told) {
      this.#assertStored(transferId, this.#hosts[other(host.side)]);
    }
  }

  /** "Delivered" on the sender's screen means that the receiver's disk has it, written down. */
  #assertStored(transferId: string, receiver: Host): void {
    const { side } = receiver;
    const files = this.#hosts[other(side)].snapshot(transferId)?.files ?? [];
    const record = receiver.store.transfers.get(transferId);
    for (const { fileId, state } of files) {
      if (state !== 'delivered') continue;
      const there = record?.files.find((file) => file.fileId === fileId)?.state;
      if (there === 'stored' || there === 'saving' || there === 'saved') continue;
      if (there === 'needs-you') continue;
      this.#oracle.blame(`${short(transferId)}/${fileId} is delivered and ${there}`);
    }
  }

  /** Files that could not be read are allowed, or found again. */
  #allow(host: Host, transferId: string): void {
    const { engine } = host;
    if (engine === null) return;
    this.world.log(() => `${host.name} makes the files of ${short(transferId)} readable`);
    for (const [key, original] of host.sources.files) {
      if (key.startsWith(`${transferId}/`)) original.trouble = null;
    }
    this.#promise(host, Promise.resolve(engine.reopenSources(transferId)));
  }

  #onOffer(host: Host, event: Extract<EngineEvent, { type: 'offer-received' }>): void {
    const { transferId } = event;
    const plan = this.#sent.get(transferId)?.plan;
    if (plan === undefined || (plan.answer === 'never' && !this.#healed)) return;
    // A rule or a view knows which of the files are still where they were saved.
    const alreadyHere = event.known
      .filter(({ saved }) => this.#saved.has(`${saved.transferId}/${saved.fileId}`))
      .filter(() => this.#dice.chance(0.8))
      .map(({ fileId }) => fileId);
    this.#alreadyHere.set(transferId, alreadyHere);
    this.world.after(plan.answerMs, () => this.#decide(host, transferId));
  }

  #decide(host: Host, transferId: string): void {
    const { engine } = host;
    // The engine asks again when it is back.
    if (engine?.snapshots().some((each) => each.transferId === transferId) !== true) return;
    const answer = this.#sent.get(transferId)?.plan.answer;
    this.world.log(() => `${host.name} answers ${short(transferId)}: ${answer}`);
    const alreadyHere = this.#alreadyHere.get(transferId) ?? [];
    this.#promise(
      host,
      engine.decide(
        transferId,
        answer === 'decline'
          ? { type: 'decline', reason: 'declined' }
          : { type: 'accept', alreadyHere },
      ),
    );
  }

  #save(host: Host, event: Extract<EngineEvent, { type: 'file-stored' }>): void {
    const { transferId, fileId, safePath, size, sinkRef } = event;
    this.#later(host, this.#dice.pick([0, 1, 200]), (engine) => {
      const held = host.sinks.content(sinkRef.transferId, sinkRef.fileId);
      const { offset } = sinkRef;
      const key = `${transferId}/${fileId}`;
      if (held === undefined || held.length < offset + size) {
        if (!this.#saved.has(key)) this.#oracle.blame(`${key} is stored and not there`);
        return;
      }
      this.#keep(key, { path: safePath, bytes: held.slice(offset, offset + size) });
      this.#promise(host, engine.markSaving(transferId, fileId));
      this.#later(host, this.#dice.pick([0, 1, 200]), () => {
        this.#promise(host, engine.markSaved(transferId, fileId));
      });
    });
  }

  #saveText(
    host: Host,
    { transferId, text }: Extract<EngineEvent, { type: 'text-received' }>,
  ): void {
    this.#keepText(host, transferId, text);
    this.#later(host, this.#dice.pick([0, 1, 200]), (engine) => {
      this.#promise(host, engine.markSaved(transferId, 0));
    });
  }

  /** One item, under whatever id: its source may have changed, and taken another one. */
  #keepText(host: Host, transferId: string, text: string): void {
    const files = host.store.transfers.get(transferId)?.files ?? [];
    const { fileId = 0 } = files.find(({ state }) => state !== 'replaced') ?? {};
    const bytes = new TextEncoder().encode(text);
    this.#keep(`${transferId}/${fileId}`, { path: 'text.txt', bytes });
  }

  /** Something that another part of the same process does; it dies with it. */
  #later(host: Host, ms: number, task: (engine: Engine) => void): void {
    const { life } = host;
    this.world.after(ms, () => {
      if (host.life !== life) return;
      // Not every moment: a timer that is always due leaves the disk no turn.
      if (host.engine === null) this.#later(host, 100, task);
      else task(host.engine);
    });
  }

  #keep(key: string, saved: Saved): void {
    const before = this.#saved.get(key);
    if (before !== undefined && (before.path !== saved.path || !equal(before.bytes, saved.bytes))) {
      this.#oracle.blame(`${key} is saved twice, and not alike`);
    }
    this.#saved.set(key, saved);
  }

  #promise(host: Host, promise: Promise<unknown>): void {
    const { life } = host;
    promise.catch((error: unknown) => {
      if (life?.alive === true) this.#oracle.blame(`${host.name}: ${String(error)}`);
    });
  }

  // What goes wrong.

  async #apply(fault: Fault): Promise<void> {
    const session = this.#session;
    switch (fault.type) {
      case 'cut':
        return this.#cut(fault.noticeMs);
      case 'cut-lane': {
        const lane = session?.lanes[fault.lane];
        if (session === null || lane === undefined || lane.state === 'dead') return;
        if (session.isFirst(lane)) return this.#cut(fault.noticeMs);
        this.world.log(() => `cut ${session.sessionId}/${lane.name}`);
        lane.state = 'dead';
        lane.ends[0].cut();
        for (const side of SIDES)
          this.world.after(fault.noticeMs[side], () => lane.ends[side].lost());
        return;
      }
      case 'stall': {
        const lane = fault.lane < 0 ? session?.control : session?.lanes[fault.lane];
        if (lane !== undefined) this.world.stall(lane.ends[fault.side].queue, fault.ms);
        return;
      }
      case 'mischief': {
        const lane = fault.lane < 0 ? session?.control : session?.lanes[fault.lane];
        if (lane === undefined) return;
        this.world.log(() => `${fault.what} on ${session?.sessionId}/${lane.name}/${fault.side}`);
        lane.ends[fault.side].mischief = fault.what;
        return;
      }
      case 'crash':
        return this.#crash(fault.side, fault.how, fault.downMs);
      case 'away':
        this.world.log(() => 'away');
        this.#present = false;
        this.#cut([0, 0]);
        for (const side of SIDES) this.#hosts[side].engine?.offline(this.#hosts[other(side)].name);
        this.world.after(fault.ms, () => {
          this.#present = true;
          this.#connectSoon();
        });
        return;
      case 'unreachable':
        if (this.#session !== null) return;
        this.world.log(() => `unreachable for ${this.#hosts[fault.side].name}`);
        this.#hosts[fault.side].engine?.unreachable(
          this.#hosts[other(fault.side)].name,
          'device-unreachable',
        );
        return;
      case 'full': {
        const host = this.#hosts[fault.side];
        const { sinks, name } = host;
        this.world.log(() => `${name}: ${fault.room} bytes left`);
        sinks.free = fault.room;
        host.fullUntil = Infinity;
        this.world.after(fault.ms, () => this.#makeRoom(host));
        return;
      }
      case 'rot':
        this.#rot[fault.side] += fault.writes;
        return;
      case 'disk-error':
        this.#errors[fault.side] += fault.writes;
        return;
      case 'change': {
        const found = this.#fileOf(fault);
        if (found === null) return;
        const [original, { versions, planned, kind }] = found;
        const salt = planned.salt ^ (versions.length * 0x9e37);
        const size = kind === 'text' ? planned.size : fault.size;
        const bytes = contentOf({ ...planned, size, salt }, kind);
        this.world.log(() => `a source changes: ${planned.path}, ${bytes.length} bytes`);
        const last = versions.at(-1);
        if (last !== undefined) last.until = this.world.steps;
        versions.push({ bytes, until: Infinity });
        original.change(bytes);
        return;
      }
      case 'trouble': {
        const found = this.#fileOf(fault);
        if (found === null) return;
        const [original, { path }] = found;
        this.world.log(() => `${fault.what}: ${path}`);
        original.trouble = fault.what;
        return;
      }
      case 'person':
        return this.#click(fault);
    }
  }

  #makeRoom(host: Host): void {
    host.sinks.free = 1e15;
    if (host.fullUntil === Infinity) host.fullUntil = this.world.now();
  }

  #click({ side, transfer, file, does }: Extract<Fault, { type: 'person' }>): void {
    const host = this.#hosts[side];
    const transferId = this.#plan.transfers[transfer]?.transferId ?? '';
    if (host.engine === null || host.snapshot(transferId) === undefined) return;
    if (does === 'retry') return this.#retry(host, transferId);
    const fileId = file < 0 ? undefined : file;
    this.world.log(() => `${host.name} ${does}s ${short(transferId)} ${fileId ?? ''}`);
    if (does === 'cancel') this.#promise(host, host.engine.cancel(transferId, fileId));
    else this.#attempt(host, () => host.engine?.[does](transferId, fileId));
  }

  /** What a person clicks on may be over by then, and is no error. */
  #attempt(host: Host, click: () => void): void {
    try {
      click();
    } catch (error) {
      this.#oracle.blame(`${host.name}: ${String(error)}`);
    }
  }

  /** The file in this place of what was sent, whatever its name by now. */
  #fileOf({
    transfer,
    file,
  }: {
    transfer: number;
    file: number;
  }): [MemoryOriginal, Original] | null {
    const plan = this.#plan.transfers[transfer];
    if (plan === undefined) return null;
    const { everything } = this.#hosts[plan.from].sources;
    const original = everything.get(`${plan.transferId}/${file}`);
    const known = original === undefined ? undefined : this.#originals.get(original);
    return original === undefined || known === undefined ? null : [original, known];
  }

  // The end.

  /** Nothing goes wrong any more, and everyone does what is asked of them. */
  async #heal(): Promise<void> {
    this.world.log(() => 'all is well again');
    this.#healed = true;
    this.#present = true;
    // What a lane swallowed is found out about in another session.
    if (this.#plan.faults.some((fault) => fault.type === 'mischief')) this.#cut([0, 0]);
    for (const side of SIDES) {
      this.#rot[side] = 0;
      this.#errors[side] = 0;
      this.#makeRoom(this.#hosts[side]);
      this.#startHost(side);
    }
    for (const original of this.#originals.keys()) original.trouble = null;
    const underWay = this.#underWay();
    const until = this.#forgotten() ? Infinity : this.world.now() + HEALED_MS;
    const steps = this.world.steps + HEALED_STEPS;
    for (let glance = 0; !this.#allOver(); glance++) {
      const idle = this.world.wait > PATIENCE_MS;
      if (idle || glance % GLANCE_STEPS === 0) this.#glance();
      if (await this.world.step()) {
        if (this.world.now() < until && this.world.steps < steps) continue;
      } else {
        this.#glance();
        if (await this.world.step()) continue;
      }
      this.#oracle.blame(`it does not come to an end: ${this.#open().join(', ')}`);
      break;
    }
    for (const transferId of underWay) {
      for (const { name } of this.#hosts) {
        if (this.#over.get(`${name} ${transferId}`) !== 'failed connection-lost') continue;
        this.#oracle.blame(`${short(transferId)} is given up, with both devices there`);
      }
    }
  }

  #open(): string[] {
    return this.#hosts.flatMap((host) =>
      host
        .snapshots()
        .filter(({ state }) => !ended(state))
        .map(({ transferId, direction, kind, state }) => {
          const by = 'by' in state ? ` by ${state.by}` : '';
          return `${host.name} ${short(transferId)} (${direction} ${kind}) ${state.type}${by}`;
        }),
    );
  }

  /** Whether a sender died before it had written down what it had offered: that times out there. */
  #forgotten(): boolean {
    return [...this.#sent].some(([transferId, { from }]) =>
      this.#unwritten.has(`${this.#hosts[from].name} ${transferId}`),
    );
  }

  /** What neither side has given up: nothing but a person's word may end it now. */
  #underWay(): string[] {
    return [...this.#sent.keys()].filter((transferId) =>
      this.#hosts.every(({ store }) => {
        const state = store.transfers.get(transferId)?.head.state;
        return state !== undefined && !ended(state) && state.type !== 'offered';
      }),
    );
  }

  /** The persons look at their lists, and do what they find to do. */
  #glance(): void {
    for (const host of this.#hosts) {
      const { engine } = host;
      if (engine === null) continue;
      for (const { transferId, state, direction, pausedByMe, files } of engine.snapshots()) {
        if (ended(state)) continue;
        if (state.type === 'offered') this.#decide(host, transferId);
        if (pausedByMe) engine.resume(transferId);
        for (const { fileId, pausedBy } of files) {
          if (pausedBy === 'me' || pausedBy === 'both') engine.resume(transferId, fileId);
        }
        const needs = files.some((file) => file.state === 'needs-you');
        if (direction === 'send' && needs) this.#allow(host, transferId);
      }
    }
    this.#connectSoon();
  }

  #allOver(): boolean {
    if (this.#plan.transfers.some(({ transferId }) => !this.#sent.has(transferId))) return false;
    for (const host of this.#hosts) {
      if (host.engine === null) return false;
      for (const { state } of host.engine.snapshots()) if (!ended(state)) return false;
    }
    return true;
  }

  async #finish(): Promise<void> {
    for (const [key, told] of this.#promised) {
      const now = this.#over.get(key) ?? 'forgotten';
      const kept = told.split(' ')[0] === now.split(' ')[0] || now.startsWith('cancelled');
      // What has changed since then is another file.
      if (!kept && !this.#hasChanged(key.split(' ')[1] ?? ''))
        this.#oracle.blame(`${key} was ${told} and is ${now}`);
    }
    const over = this.#allOver();
    // What is on its way may arrive; then both processes end in order.
    for (let steps = 0; steps < 2000 && over; steps++) {
      if (!(await this.world.step())) break;
    }
    const heads = this.#hosts.map((host) => host.snapshots());
    for (const [transferId, { from }] of this.#sent) this.#assertEnd(transferId, from, heads);
    for (const host of this.#hosts) {
      const { engine } = host;
      if (over && engine !== null) {
        if (host.sinks.files.size > 0)
          this.#oracle.blame(`${host.name}: files are left in the store`);
        if (host.sinks.journals.size > 0)
          this.#oracle.blame(`${host.name}: journals are left in the store`);
        for (const { transferId } of host.snapshots()) {
          this.#promise(host, engine.remove(transferId));
        }
        for (let steps = 0; steps < 2000; steps++) if (!(await this.world.step())) break;
        if (host.store.transfers.size > 0)
          this.#oracle.blame(`${host.name}: records of removed transfers`);
      }
      for (const left of await host.shutdown())
        this.#oracle.blame(`${host.name} after its end: ${left}`);
    }
  }

  #hasChanged(transferId: string): boolean {
    return this.#hosts.some(({ sources }) =>
      [...sources.everything].some(
        ([key, original]) =>
          key.startsWith(`${transferId}/`) &&
          (this.#originals.get(original)?.versions.length ?? 0) > 1,
      ),
    );
  }

  #assertEnd(
    transferId: string,
    from: Side,
    heads: readonly (readonly TransferSnapshot[])[],
  ): void {
    const name = short(transferId);
    const host = this.#hosts[from];
    const there = this.#hosts[other(from)];
    const sender = heads[from]?.find((each) => each.transferId === transferId);
    const receiver = heads[other(from)]?.find((each) => each.transferId === transferId);
    if (sender === undefined) {
      const unwritten = this.#unwritten.has(`${host.name} ${transferId}`);
      if (!unwritten) this.#oracle.blame(`${name}: the sender has forgotten it`);
      return;
    }
    if (sender.state.type === 'delivered' && receiver?.state.type !== 'saved') {
      this.#oracle.blame(`${name} is delivered, and there ${receiver?.state.type}`);
    }
    const paths = new Set<string>();
    for (const [key, saved] of this.#saved) {
      if (!key.startsWith(`${transferId}/`)) continue;
      this.#assertSaved(key, saved, host);
      // An older version that was stored stays, beside the new one ([BP3]).
      if (paths.has(saved.path.toLowerCase())) this.#oracle.blame(`${name}: two at ${saved.path}`);
      paths.add(saved.path.toLowerCase());
    }
    const records = there.store.transfers.get(transferId)?.files ?? [];
    for (const file of host.store.transfers.get(transferId)?.files ?? []) {
      if (file.state !== 'delivered') continue;
      const key = `${transferId}/${file.fileId}`;
      const record = records.find(({ fileId }) => fileId === file.fileId);
      if (record?.state !== 'saved')
        this.#oracle.blame(`${key} is delivered, and ${record?.state}`);
      if (record?.alreadyThere === true) this.#assertHere(key, host);
      else if (!this.#saved.has(key)) this.#oracle.blame(`${key} is delivered, and nobody has it`);
    }
  }

  /** What the person got is what the file was, as a whole, when it was sent or later. */
  #assertSaved(key: string, saved: Saved, host: Host): void {
    const original = host.sources.everything.get(key);
    const known = original === undefined ? undefined : this.#originals.get(original);
    if (known === undefined) return this.#oracle.blame(`${key}: nobody sent it`);
    const started = this.#oracle.started.get(key) ?? 0;
    const fits = known.versions.some(
      ({ until, bytes }) => until >= started && equal(bytes, saved.bytes),
    );
    if (!fits) this.#oracle.blame(`${key}: not what was sent`);
    if (!samePlace(known.path, saved.path)) {
      this.#oracle.blame(`${key}: ${known.path} is saved as ${saved.path}`);
    }
  }

  /** [TR18] What was not sent is there from another time. */
  #assertHere(key: string, host: Host): void {
    const original = host.sources.everything.get(key);
    const versions = original === undefined ? [] : (this.#originals.get(original)?.versions ?? []);
    for (const { bytes } of this.#saved.values()) {
      if (versions.some((version) => equal(version.bytes, bytes))) return;
    }
    this.#oracle.blame(`${key} should be there already, and nobody has it`);
  }
}

function isOver(told: string): boolean {
  return /^(delivered|declined|failed|cancelled|expired|saved)/.test(told);
}

/** The same name in the same folder, but for the number that keeps two apart ([BP3]). */
function samePlace(wanted: string, path: string): boolean {
  const bare = path.replace(/ \(\d+\)(?=(\.[^./]+)?$)/, '');
  return bare === wanted;
}

function contentOf({ size, salt }: PlannedFile, kind: string): Uint8Array<ArrayBuffer> {
  const bytes = new Dice(salt, size).bytes(size);
  if (kind === 'text') for (let i = 0; i < size; i++) bytes[i] = 97 + ((bytes[i] ?? 0) % 26);
  return bytes;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function short(transferId: string): string {
  return transferId.slice(0, 6);
}
