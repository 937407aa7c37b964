import type { ChunkFrame } from '../../lib/protocol/chunk-frame.ts';
import type { ControlMessage } from '../../lib/protocol/messages.ts';
import { JOURNAL_MS } from '../../lib/transfer/constants.ts';
import type { Host } from './host.ts';
import { other, type Lane, type Session, type Side, type Witness } from './network.ts';
import type { World } from './world.ts';

/** What a tag of a session stands for. */
interface Tagged {
  readonly transferId: string;
  readonly fileIds: readonly number[];
  readonly salt: string;
  readonly chunkSize: number;
  readonly sort: 'file' | 'pack';
}

/** A chunk as it goes out. */
interface Chunk {
  readonly key: string;
  /** Under which the receiver may say that it has it; null for one in a pack. */
  readonly held: string | null;
  readonly file: string;
  readonly end: number;
}

interface ChunkStory {
  sends: number;
  session: Session;
  lane: Lane;
  /** Bytes of ciphertext on its lane up to its end, and the step, when it was sent last. */
  end: number;
  step: number;
  /** Asked for since it was sent last. */
  asked: boolean;
  /** When and in which life of the receiver it was written to the disk. */
  written: { readonly at: number; readonly step: number; readonly life: number } | null;
}

/** [TR17] What is written down is a second behind, and the world may slow down the writing itself. */
const JOURNAL_WAIT_MS = JOURNAL_MS + 4000;

/**
 * Reads the wire and judges it: every chunk as often as the model of docs/PROTOCOL.md §5 lets it
 * travel, no nonce for two plaintexts, never more than the credit.
 */
export class Oracle implements Witness {
  readonly faults: string[] = [];
  /** Chunks, and how many of them went more than once. */
  chunks = 0;
  again = 0;
  readonly #world: World;
  readonly #hosts: () => readonly [Host, Host];
  readonly #tags = new Map<string, Tagged>();
  readonly #stories = new Map<string, ChunkStory>();
  readonly #salts = new Set<string>();
  readonly #seals = new Map<string, string>();
  /** What the receiver says it has, by session. */
  readonly #held = new Map<string, Map<string, number>>();
  readonly #credit = new Map<string, { granted: number; used: number }>();
  /** By lane and side: bytes of ciphertext that were sent, and what the peer says arrived ([LN4]). */
  readonly #books = new Map<string, { sent: number; received: number | null }>();
  /** When the sender heard that all that is under way is dropped: by session and transfer. */
  readonly #dropped = new Map<string, number>();
  /** Files that one side has given up, which the other may not have heard of. */
  readonly #givenUp = new Set<string>();
  /** When the receiver began to drop what is under way, for lack of room: by session and transfer. */
  readonly #refused = new Map<string, number>();
  readonly #accepted = new Map<string, number>();
  /** When the first chunk of a file could be read: the step of its first `start`. */
  readonly started = new Map<string, number>();

  constructor(world: World, hosts: () => readonly [Host, Host]) {
    this.#world = world;
    this.#hosts = hosts;
  }

  blame(what: string): void {
    this.faults.push(`step ${this.#world.steps}: ${what}`);
  }

  controlSent(session: Session, from: Side, message: ControlMessage): void {
    this.#world.log(() => `  ${session.sessionId}/${from} ${words(message)}`);
    switch (message.type) {
      case 'start': {
        const { transferId, fileId, tag, chunkSize } = message;
        const salt = hex(message.salt);
        this.#takeSalt(salt);
        const tagged = { transferId, fileIds: [fileId], salt, chunkSize, sort: 'file' } as const;
        this.#tags.set(tagKey(session, from, tag), tagged);
        this.#markStarted(transferId, fileId);
        break;
      }
      case 'pack': {
        const { transferId, fileIds, tag } = message;
        const salt = hex(message.salt);
        this.#takeSalt(salt);
        const tagged = { transferId, fileIds, salt, chunkSize: 0, sort: 'pack' } as const;
        this.#tags.set(tagKey(session, from, tag), tagged);
        const since = this.#accepted.get(transferId);
        for (const fileId of fileIds) this.#markStarted(transferId, fileId, since);
        break;
      }
      case 'pause':
        if (message.reason === 'no-space') {
          this.#refused.set(`${session.sessionId}/${message.transferId}`, this.#world.steps);
        }
        break;
      case 'cancel':
        if (message.fileId !== undefined) {
          this.#givenUp.add(`${message.transferId}/${message.fileId}`);
        }
        break;
      case 'stop':
        this.#dropped.set(
          `${session.sessionId}/${message.transferId}/${message.fileId}`,
          this.#world.steps,
        );
        break;
      default:
    }
  }

  controlArrived(session: Session, to: Side, message: ControlMessage): void {
    switch (message.type) {
      case 'accept':
        // From here on packs are read, before they are told of.
        this.#accepted.set(message.transferId, this.#world.steps);
        break;
      case 'window': {
        const credit = this.#creditOf(session, to);
        credit.granted = Math.max(credit.granted, message.credit);
        break;
      }
      case 'pause':
        if (message.reason === 'no-space') {
          this.#dropped.set(`${session.sessionId}/${message.transferId}`, this.#world.steps);
        }
        break;
      case 'lane-close': {
        const books = this.#booksOf(session, to, message.pcId);
        if (books.received !== null) break;
        books.received = message.received;
        this.#creditOf(session, to).used -= books.sent - message.received;
        break;
      }
      case 'resend': {
        const { transferId, fileId } = message;
        // [TR9] It has them no more, whatever it said at the accept.
        for (const index of message.chunks) {
          this.#heldIn(session).delete(`${transferId}/${fileId}/${index}`);
        }
        for (const [key, story] of this.#stories) {
          const [prefix, index] = splitKey(key);
          if (prefix.startsWith(`${transferId}/${fileId}/`) && message.chunks.includes(index)) {
            story.asked = true;
          }
        }
        break;
      }
      case 'pack-stored': {
        const tagged = this.#tags.get(tagKey(session, to, message.tag));
        for (const fileId of message.missing) {
          const story = this.#stories.get(`${tagged?.transferId}/${fileId}/0/0`);
          if (story !== undefined) story.asked = true;
        }
        break;
      }
      case 'have': {
        const { transferId, fileId, from, bitmap } = message;
        for (let bit = 0; bit < bitmap.length * 8; bit++) {
          if (((bitmap[bit >>> 3] ?? 0) & (0x80 >>> (bit & 7))) === 0) continue;
          this.#heldIn(session).set(`${transferId}/${fileId}/${from + bit}`, this.#world.steps);
        }
        break;
      }
      default:
    }
  }

  chunkSent(session: Session, from: Side, lane: Lane, frame: ChunkFrame): void {
    const credit = this.#creditOf(session, from);
    credit.used += frame.ciphertext.length;
    const books = this.#booksOf(session, from, lane.name);
    books.sent += frame.ciphertext.length;
    if (credit.used > credit.granted) this.blame(`more than the credit in ${session.sessionId}`);
    const tagged = this.#tags.get(tagKey(session, from, frame.tag));
    if (tagged === undefined) return this.blame('a chunk whose start was never posted');
    const { transferId, fileIds, salt, chunkSize } = tagged;
    const seal = `${salt}/${frame.chunkIndex}`;
    const sealed = hex(frame.ciphertext.subarray(-16));
    const before = this.#seals.get(seal);
    if (before !== undefined && before !== sealed) this.blame(`a nonce twice: ${seal}`);
    this.#seals.set(seal, sealed);
    for (const fileId of fileIds) {
      this.#judge(session, from, lane, {
        key: `${transferId}/${fileId}/${chunkSize}/${frame.chunkIndex}`,
        held: tagged.sort === 'pack' ? null : `${transferId}/${fileId}/${frame.chunkIndex}`,
        file: `${transferId}/${fileId}`,
        end: books.sent,
      });
    }
  }

  /** Bytes of a chunk of the incoming file were put on the receiver's disk. */
  written(host: Host, transferId: string, fileId: number, offset: number, spoiled: boolean): void {
    for (const chunkSize of [65_536, 131_072, 245_760]) {
      if (offset % chunkSize !== 0) continue;
      const key = `${transferId}/${fileId}/${chunkSize}/${offset / chunkSize}`;
      const story = this.#stories.get(key);
      if (story === undefined) continue;
      story.written = spoiled
        ? null
        : { at: this.#world.now(), step: this.#world.steps, life: host.lives };
    }
  }

  #judge(session: Session, from: Side, lane: Lane, chunk: Chunk): void {
    this.chunks++;
    const { key, end } = chunk;
    const step = this.#world.steps;
    const story = this.#stories.get(key);
    if (story === undefined) {
      this.#stories.set(key, { sends: 1, session, lane, end, step, asked: false, written: null });
      return;
    }
    this.again++;
    const excuse = this.#excuse(session, from, story, chunk);
    if (excuse === null)
      this.blame(`chunk ${key} sent again (${story.sends + 1} times) for nothing`);
    story.sends++;
    Object.assign(story, { session, lane, end, step, asked: false, written: null });
  }

  #excuse(session: Session, from: Side, story: ChunkStory, { held, file }: Chunk): string | null {
    if (story.asked) return 'asked for';
    if (this.#givenUp.has(file)) return 'given up';
    const [transferId = ''] = file.split('/');
    const heldAt = held === null ? -1 : (this.#heldIn(session).get(held) ?? -1);
    const droppedAt = Math.max(
      ...[transferId, file].map((name) => this.#dropped.get(`${session.sessionId}/${name}`) ?? -1),
    );
    if (heldAt > droppedAt) return null;
    if (droppedAt >= 0 && (story.session !== session || droppedAt >= story.step)) return 'dropped';
    if (story.session === session) {
      const { received } = this.#booksOf(session, from, story.lane.name);
      return received !== null && story.end > received ? 'lost with its lane' : null;
    }
    const { written } = story;
    if (written === null) return 'it had not arrived';
    const refused = this.#refused.get(`${story.session.sessionId}/${transferId}`);
    if (refused !== undefined && written.step >= refused) return 'nothing was taken any more';
    // [TR19] With `stop` all that is under way goes, a write that had begun included.
    const stopped = this.#dropped.get(`${story.session.sessionId}/${file}`);
    if (stopped !== undefined && written.step >= stopped) return 'it was broken off by then';
    const to = other(from);
    if (written.step >= story.session.control.ends[to].endedAt) return 'it arrived too late';
    const died = this.#hosts()[to].endings.get(written.life);
    if (died === undefined) return null;
    // A full disk takes no journal either, and its file is let go of until the next session.
    if (this.#hosts()[to].fullUntil > written.at) return 'it could not be written down';
    if (died - written.at > JOURNAL_WAIT_MS) return null;
    return 'it was not written down yet';
  }

  #takeSalt(salt: string): void {
    if (this.#salts.has(salt)) this.blame(`a salt twice: ${salt}`);
    this.#salts.add(salt);
  }

  #markStarted(transferId: string, fileId: number, since = this.#world.steps): void {
    const key = `${transferId}/${fileId}`;
    if (!this.started.has(key)) this.started.set(key, since);
  }

  #heldIn(session: Session): Map<string, number> {
    const known = this.#held.get(session.sessionId);
    if (known !== undefined) return known;
    const held = new Map<string, number>();
    this.#held.set(session.sessionId, held);
    return held;
  }

  #booksOf(session: Session, side: Side, lane: string): { sent: number; received: number | null } {
    const key = `${session.sessionId}/${side}/${lane}`;
    let books = this.#books.get(key);
    if (books === undefined) this.#books.set(key, (books = { sent: 0, received: null }));
    return books;
  }

  #creditOf(session: Session, side: Side): { granted: number; used: number } {
    const key = `${session.sessionId}/${side}`;
    let credit = this.#credit.get(key);
    if (credit === undefined) this.#credit.set(key, (credit = { granted: 0, used: 0 }));
    return credit;
  }
}

/** A message as a line of the trace: what is long is only measured. */
function words(message: ControlMessage): string {
  return JSON.stringify(message, (name, value: unknown) => {
    if (value instanceof Uint8Array) return `${value.length} bytes`;
    return name === 'transferId' && typeof value === 'string' ? value.slice(0, 6) : value;
  });
}

function tagKey(session: Session, from: Side, tag: number): string {
  return `${session.sessionId}/${from}/${tag}`;
}

function splitKey(key: string): [string, number] {
  const at = key.lastIndexOf('/');
  return [key.slice(0, at + 1), Number(key.slice(at + 1))];
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
