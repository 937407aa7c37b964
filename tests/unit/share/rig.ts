import { decodeControl, encodeControl, isShareMessage } from '../../../lib/protocol/messages.ts';
import type { ShareMessage } from '../../../lib/protocol/messages.ts';
import { ShareError } from '../../../lib/share/errors.ts';
import type { MediaNews, MediaTask } from '../../../lib/share/ports.ts';
import { ShareBook, type ShareEvent, type TransformStart } from '../../../lib/share/share-book.ts';
import type { ShareView } from '../../../lib/share/views.ts';
import { FakeClock } from '../transfer/memory-stores.ts';

/** One device: its book, and a document that does what it is told as long as `documents` is `works`. */
export class Device {
  readonly name: string;
  readonly book: ShareBook;
  readonly events: ShareEvent[] = [];
  /** Messages that left and did not arrive yet. */
  readonly out: { sessionId: string; message: ShareMessage }[] = [];
  /** Open media connections. */
  readonly open = new Map<string, string>();
  readonly breaches: string[] = [];
  /** What the document does by itself: everything, only descriptions, or nothing. */
  document: 'works' | 'describes' | 'silent' = 'works';
  #drawn = 0;

  constructor(name: string, clock: FakeClock) {
    this.name = name;
    this.book = new ShareBook({
      clock,
      random: (n) => {
        const bytes = new Uint8Array(n).fill(name.charCodeAt(0));
        new DataView(bytes.buffer).setUint32(0, ++this.#drawn);
        return bytes;
      },
      onEvent: (event) => {
        this.events.push(event);
        if (event.type === 'post') this.out.push(event);
        if (event.type === 'media') this.#onTask(event.task);
      },
    });
  }

  told<T extends ShareEvent['type']>(type: T): Extract<ShareEvent, { type: T }>[] {
    return this.events.filter((event) => event.type === type) as Extract<ShareEvent, { type: T }>[];
  }

  tasks(type: MediaTask['type']): MediaTask[] {
    return this.told('media').flatMap(({ task }) => (task.type === type ? [task] : []));
  }

  posted(type: ShareMessage['type']): ShareMessage[] {
    return this.told('post').flatMap(({ message }) => (message.type === type ? [message] : []));
  }

  view(shareId: string): ShareView {
    const view = this.book.views().find((each) => each.shareId === shareId);
    if (view === undefined) throw new Error(`no share ${shareId}`);
    return view;
  }

  state(shareId: string): string {
    return this.view(shareId).state.type;
  }

  /** Says it of the only open connection of the share. */
  news(shareId: string, news: Distributed<MediaNews>): void {
    const pcId = [...this.open].find(([, share]) => share === shareId)?.[0];
    if (pcId === undefined) throw new Error('no media connection');
    this.book.onNews({ ...news, shareId, pcId } as MediaNews);
  }

  #onTask(task: MediaTask): void {
    if (task.type === 'media-drop') this.open.delete(task.pcId);
    if (this.document === 'silent') {
      if (task.type === 'media-open') this.open.set(task.pcId, task.shareId);
      return;
    }
    switch (task.type) {
      case 'media-open':
      case 'media-restart': {
        const { shareId, pcId } = task;
        this.open.set(pcId, shareId);
        this.book.onNews({ type: 'media-offer', shareId, pcId, sdp: `offer ${pcId}` });
        return;
      }
      case 'media-offer': {
        const { shareId, pcId } = task;
        this.open.set(pcId, shareId);
        this.book.onNews({ type: 'media-answer', shareId, pcId, sdp: `answer ${pcId}` });
        if (this.document === 'works') this.up(shareId, pcId);
        return;
      }
      case 'media-answer':
        if (this.document === 'works') this.up(task.shareId, task.pcId);
        return;
      default:
    }
  }

  /** The connection stands, is bound and carries. */
  up(shareId: string, pcId: string): void {
    this.book.onNews({ type: 'media-state', shareId, pcId, state: 'connected' });
    this.book.onNews({ type: 'media-bound', shareId, pcId });
    this.book.onNews({ type: 'media-protecting', shareId, pcId, running: true });
    this.book.onNews({ type: 'media-flow', shareId, pcId, flowing: true });
  }
}

type Distributed<T> = T extends unknown ? Omit<T, 'shareId' | 'pcId'> : never;

/** Two devices and the sessions between them; messages wait until `deliver`. */
export class Rig {
  readonly clock = new FakeClock();
  readonly alice = new Device('alice', this.clock);
  readonly bob = new Device('bob', this.clock);
  #sessions = 0;
  session: string | null = null;

  connect(): string {
    const before = this.session;
    const session = `session-${++this.#sessions}`;
    this.session = session;
    this.alice.book.attach(session, 'bob');
    this.bob.book.attach(session, 'alice');
    if (before !== null) this.#detach(before);
    return session;
  }

  disconnect(): void {
    const session = this.session;
    this.session = null;
    if (session !== null) this.#detach(session);
  }

  #detach(session: string): void {
    for (const device of [this.alice, this.bob]) {
      device.book.detach(session);
      // What was under way over it is lost.
      const rest = device.out.filter(({ sessionId }) => sessionId !== session);
      device.out.splice(0, Infinity, ...rest);
    }
  }

  /** Everything that is under way, and what it sets in motion. */
  deliver(): void {
    for (;;) {
      const [from, to] =
        this.alice.out.length > 0 ? [this.alice, this.bob] : [this.bob, this.alice];
      const next = from.out.shift();
      if (next === undefined) return;
      if (next.sessionId === this.session) this.give(to, next.message);
    }
  }

  /** As it comes over the wire; a breach ends the session. */
  give(to: Device, message: ShareMessage): void {
    const decoded = decodeControl(encodeControl(message));
    if (!isShareMessage(decoded) || this.session === null) throw new Error('no share message');
    try {
      to.book.onMessage(this.session, decoded);
    } catch (error) {
      if (!(error instanceof ShareError)) throw error;
      to.breaches.push(error.code);
      this.disconnect();
    }
  }

  share(sourceId = 'tab-1', options: { frames?: boolean; deviceId?: string } = {}): string {
    return this.alice.book.share({
      deviceId: options.deviceId ?? 'bob',
      sourceId,
      source: 'tab',
      title: 'Notes',
      audio: true,
      frames: options.frames ?? true,
    });
  }

  /** A share that both sides see. */
  live(sourceId?: string): string {
    if (this.session === null) this.connect();
    const id = this.share(sourceId);
    this.deliver();
    this.bob.book.accept(id, true);
    this.deliver();
    return id;
  }
}

/** A transform's start, with an `inst` of its own. */
export function startOf(track: TransformStart['track'], encoding = 0): TransformStart {
  return { track, encoding, inst: crypto.getRandomValues(new Uint8Array(16)) };
}
