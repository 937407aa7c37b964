import 'fake-indexeddb/auto';
import { vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { App } from '../../../entrypoints/background/app.ts';
import { onCall } from '../../../entrypoints/background/on-call.ts';
import { browser } from '../../../lib/browser/index.ts';
import { DeviceBook } from '../../../entrypoints/background/device-book.ts';
import type { OffscreenState, OffscreenTransfer } from '../../../lib/messaging/background-calls.ts';
import type { OffscreenCall } from '../../../lib/messaging/offscreen-calls.ts';
import type { OffscreenHost } from '../../../lib/platform/offscreen-host.ts';
import type { ShareView } from '../../../lib/share/views.ts';
import type { SocketLike } from '../../../lib/signaling/socket-like.ts';
import { openHistory } from '../../../lib/storage/history-open.ts';
import { openBackgroundStores } from '../../../lib/storage/background-stores.ts';
import { FakeArea } from '../storage/fake-area.ts';

export const DESK = 'd'.repeat(64);
export const PHONE = 'e'.repeat(64);
export const TRANSFER = 'a1'.repeat(16);
export const ORIGIN = 'chrome-extension://test/';
export const START = Date.UTC(2026, 10, 21, 12);

export const RV_ROOT = btoa('r'.repeat(32));

/** A document that can be there or not, and dies when a test says so. */
export class FakeHost implements OffscreenHost {
  present = false;
  creations = 0;
  closings = 0;
  /** Called when a document was made; says `ready` where the test wants it to. */
  onCreate: () => void = () => {};

  async exists(): Promise<boolean> {
    await Promise.resolve();
    return this.present;
  }

  async create(): Promise<void> {
    await Promise.resolve();
    this.creations += 1;
    this.present = true;
    this.onCreate();
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.closings += 1;
    this.present = false;
  }
}

/** A socket that never connects by itself; a test fires its events. */
export class FakeSocket implements SocketLike {
  readonly url: string;
  connected = false;
  connects = 0;
  id: string | undefined;
  readonly sent: unknown[][] = [];
  /** What the server answers to a request; undefined: nothing. */
  answer: (event: string) => object | undefined = () => ({ ok: true });
  readonly #listeners = new Map<string, Set<(...args: unknown[]) => void>>();

  constructor(url: string) {
    this.url = url;
  }

  on(event: string, listener: (...args: unknown[]) => void): void {
    const known = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, known.add(listener));
  }

  off(event: string, listener: (...args: unknown[]) => void): void {
    this.#listeners.get(event)?.delete(listener);
  }

  emit(event: string, ...args: unknown[]): void {
    this.sent.push([event, ...args]);
    const ack = args.at(-1);
    const answer = this.answer(event);
    if (typeof ack === 'function' && answer) (ack as (answer: object) => void)(answer);
  }

  connect(): void {
    this.connects += 1;
  }

  disconnect(): void {
    this.connected = false;
    this.id = undefined;
  }

  fire(event: string, ...args: unknown[]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(...args);
  }

  /** What the server does first. */
  comesOnline(time = START): void {
    this.connected = true;
    this.id = 'me';
    this.fire('connect');
    this.fire('server-info', { version: 2, time });
  }

  /** Rooms that were joined on this socket, in order. */
  get joined(): string[] {
    return this.sent.filter(([event]) => event === 'join-room').map(([, room]) => String(room));
  }
}

export const EMPTY_STATE: OffscreenState = {
  self: { deviceId: 'f'.repeat(64), shortId: 'tallow-ffff' },
  pairing: { state: 'idle' },
  connections: {},
  transfers: [],
  shares: [],
  outbox: null,
  check: null,
};

/**
 * A browser in which workers live and die: storage, document and downloads stay, `startWorker` builds
 * what one worker holds in memory.
 */
export class FakeWorld {
  readonly local = new FakeArea();
  readonly session = new FakeArea();
  readonly host = new FakeHost();
  /** Name of this world's own database. */
  readonly history = `history-${crypto.randomUUID()}`;
  openHistory = () => openHistory({ name: this.history });
  readonly calls: OffscreenCall[] = [];
  readonly sockets: FakeSocket[] = [];
  /** What the document has taken and tells of in its state. */
  transfers: OffscreenTransfer[] = [];
  shares: ShareView[] = [];
  /** What the document answers; throws to refuse. */
  answer: (call: OffscreenCall) => unknown = (call) => this.#documentDoes(call);
  now = START;
  app: App | undefined;

  constructor() {
    vi.restoreAllMocks();
    fakeBrowser.reset();
    const { action, contextMenus, downloads } = browser;
    vi.spyOn(action, 'setBadgeText').mockResolvedValue();
    vi.spyOn(action, 'setBadgeBackgroundColor').mockResolvedValue();
    vi.spyOn(action, 'setTitle').mockResolvedValue();
    vi.spyOn(contextMenus, 'removeAll').mockResolvedValue();
    vi.spyOn(contextMenus, 'create').mockImplementation((item, done) => {
      queueMicrotask(() => done?.());
      return item.id ?? '';
    });
    vi.spyOn(downloads, 'search').mockResolvedValue([]);
    this.host.onCreate = () => {
      if (this.app) void onCall(this.app, { type: 'ready' });
    };
  }

  async startWorker(): Promise<App> {
    const stores = await openBackgroundStores(this.local, this.session);
    const app = new App({
      stores,
      devices: await DeviceBook.open(stores, () => this.now),
      host: this.host,
      callOffscreen: async (call) => {
        await Promise.resolve();
        this.calls.push(call);
        return this.answer(call);
      },
      openSocket: (url) => {
        const socket = new FakeSocket(url);
        this.sockets.push(socket);
        return socket;
      },
      openHistory: () => this.openHistory(),
      defaultName: 'Chrome on Linux',
      origin: ORIGIN,
      now: () => this.now,
      random: () => 0.5,
    });
    this.app = app;
    return app;
  }

  /** A worker that never gets an answer any more: as good as dead from here on. */
  dies(): void {
    this.answer = () => {
      throw new Error('the worker is gone');
    };
  }

  async nextWorker(): Promise<App> {
    this.calls.length = 0;
    this.answer = (call) => this.#documentDoes(call);
    const next = await this.startWorker();
    await next.resume();
    return next;
  }

  /** It crashes, with everything that was only in its memory; its port breaks. */
  async documentDies(): Promise<void> {
    this.host.present = false;
    this.transfers = [];
    this.shares = [];
    await this.app?.offscreen.lost();
  }

  /** The document tells its state. */
  async tellsState(transfers = this.transfers): Promise<void> {
    this.transfers = transfers;
    await this.app?.onState(this.state);
  }

  async tellsShares(...shares: ShareView[]): Promise<void> {
    this.shares = shares;
    await this.app?.onState(this.state);
  }

  get state(): OffscreenState {
    return { ...EMPTY_STATE, transfers: this.transfers, shares: this.shares };
  }

  #documentDoes(call: OffscreenCall): unknown {
    if (call.type === 'state/get') return this.state;
    if ('transferId' in call && call.type.startsWith('send/')) {
      const { transferId } = call;
      if (!this.transfers.some((known) => known.transferId === transferId)) {
        const draft = { transferId, direction: 'out', state: 'preparing', createdAt: this.now };
        this.transfers = [...this.transfers, transfer(draft as Partial<OffscreenTransfer>)];
      }
    }
    return {};
  }

  get callTypes(): string[] {
    return this.calls.map(({ type }) => type);
  }
}

export async function pair(app: App, deviceId: string, name: string): Promise<void> {
  await app.devices.paired({
    type: 'device/paired',
    deviceId,
    name,
    rvRoot: RV_ROOT,
    checkWords: ['a', 'b', 'c'],
    state: 'confirmed',
  });
}

export function transfer(over: Partial<OffscreenTransfer> = {}): OffscreenTransfer {
  return {
    transferId: TRANSFER,
    deviceId: DESK,
    kind: 'files',
    title: 'a.txt',
    count: 1,
    totalBytes: 10,
    doneBytes: 0,
    createdAt: START,
    direction: 'in',
    state: 'offered',
    ...over,
  } as OffscreenTransfer;
}
