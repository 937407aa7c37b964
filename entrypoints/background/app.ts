import type { CheckReport } from '../../lib/ice/self-test.ts';
import type { Log } from '../../lib/log/entry.ts';
import type { OffscreenState } from '../../lib/messaging/background-calls.ts';
import { MAX_TEXT_LENGTH } from '../../lib/messaging/intents.ts';
import type { OffscreenCall } from '../../lib/messaging/offscreen-calls.ts';
import { tellHistoryChanged } from '../../lib/messaging/history-news.ts';
import {
  SNAPSHOT_VERSION,
  type OutboxView,
  type PairingView,
  type Snapshot,
} from '../../lib/messaging/snapshot.ts';
import { showBadge } from '../../lib/platform/badge.ts';
import { drawLaser } from '../../lib/platform/laser.ts';
import { Menus } from '../../lib/platform/menus.ts';
import type { OffscreenHost } from '../../lib/platform/offscreen-host.ts';
import { loadAnew, mayLoadAnew } from '../../lib/platform/renew.ts';
import type { SignalingMessage } from '../../lib/signaling/client.ts';
import type { SocketLike } from '../../lib/signaling/socket-like.ts';
import type { BackgroundStores } from '../../lib/storage/background-stores.ts';
import type { HistoryStore } from '../../lib/storage/history-store.ts';
import type { SendRecord } from '../../lib/storage/schemas.ts';
import { DEFAULT_QUALITY } from '../../lib/share/quality.ts';
import { AlreadyHere } from './already-here.ts';
import { Badge, TabMarks } from './badge.ts';
import { Connection } from './connection.ts';
import { DebugLog } from './debug-log.ts';
import type { DeviceBook } from './device-book.ts';
import { History } from './history.ts';
import { Lasers } from './lasers.ts';
import { Needs } from './needs.ts';
import { Notices, showTrouble } from './notices.ts';
import { Offers } from './offers.ts';
import { OffscreenLink } from './offscreen-link.ts';
import { watchSignaling, watchTransfers } from './log-watch.ts';
import { SleepWatch } from '../../lib/platform/network.ts';
import { Reach } from './reach.ts';
import { Saves } from './saves.ts';
import { Sends } from './sends.ts';
import { ShareNotices } from './share-notices.ts';
import { Shares } from './shares.ts';
import { SignalQueue } from './signal-queue.ts';
import { settingsView } from './settings-view.ts';
import { SnapshotHub } from './snapshot-hub.ts';
import { TabShares } from './tab-shares.ts';
import { Transfers } from './transfers.ts';
import { isEnded } from './transfers-view.ts';
import { openSharePage, openViewer } from './viewers.ts';

export interface AppDeps {
  readonly stores: BackgroundStores;
  readonly devices: DeviceBook;
  readonly host: OffscreenHost;
  readonly callOffscreen: (call: OffscreenCall) => Promise<unknown>;
  readonly openSocket: (url: string) => SocketLike;
  /** @throws StorageError */
  readonly openHistory: () => Promise<HistoryStore>;
  readonly defaultName: string;
  /** `chrome-extension://…/` */
  readonly origin: string;
  readonly now: () => number;
  /** From 0 up to, not including, 1; `Math.random` by default. */
  readonly random?: () => number;
}

const PAIRING_OVER: ReadonlySet<PairingView['state']> = new Set(['idle', 'paired', 'failed']);

/** Everything that background is, joined. Built anew, from what is stored, by each worker. */
export class App {
  readonly stores: BackgroundStores;
  readonly devices: DeviceBook;
  readonly notices: Notices;
  readonly offscreen: OffscreenLink;
  readonly connection: Connection;
  readonly reach: Reach;
  readonly transfers: Transfers;
  readonly offers: Offers;
  readonly needs: Needs;
  readonly alreadyHere: AlreadyHere;
  readonly saves: Saves;
  readonly sends: Sends;
  readonly history: History;
  readonly shares: Shares;
  readonly tabShares: TabShares;
  readonly lasers = new Lasers({
    draw: drawLaser,
    refused: (shareId) =>
      this.offscreen.callIfOpen({ type: 'share/allow-pointer', shareId, allowed: false }),
  });
  readonly hub: SnapshotHub;
  readonly menus: Menus;
  readonly debugLog: DebugLog;
  readonly log: Log;
  readonly now: () => number;
  readonly #defaultName: string;
  readonly #signals: SignalQueue;
  readonly #sleep = new SleepWatch();
  readonly #logTransfers: (transfers: OffscreenState['transfers']) => void;
  #offscreenState: OffscreenState | undefined;
  /** Outlives the document, which closes soon after. */
  #lastCheck: CheckReport | null = null;
  /** What is kept to be sent is kept while the document is away, too. */
  #lastOutbox: OutboxView | null = null;
  #views = 0;

  constructor(deps: AppDeps) {
    const { stores, devices, now } = deps;
    const call = (message: OffscreenCall) => this.offscreen.call(message);
    const nameOf = (deviceId: string) => devices.nameOf(deviceId);
    this.stores = stores;
    this.devices = devices;
    this.#defaultName = deps.defaultName;
    this.now = now;
    const enabled = () => stores.settings.get().debugLog;
    this.debugLog = new DebugLog({ store: stores.log, enabled, now });
    this.log = this.debugLog.log;
    this.#logTransfers = watchTransfers(this.log);
    const logSignaling = watchSignaling(this.log);
    this.notices = new Notices(stores.told);
    this.hub = new SnapshotHub(() => this.#snapshot());
    this.menus = new Menus(() => devices.confirmed(), stores.menuShape);
    this.offscreen = new OffscreenLink({
      host: deps.host,
      call: deps.callOffscreen,
      before: () => this.reach.tell(),
      needed: () => this.saves.running || stores.sends.all.size > 0 || this.shares.underWay,
      onGone: () => this.#onGone(),
      // What it could not write is in the document's next state again.
      onState: (state) => void this.onState(state as OffscreenState).catch(() => undefined),
      now,
    });
    this.#signals = new SignalQueue({
      call,
      callIfOpen: (message) => this.offscreen.callIfOpen(message),
      presence: () => this.connection.presence,
    });
    this.connection = new Connection({
      openSocket: deps.openSocket,
      rooms: (serverOffset) => devices.rooms(serverOffset),
      onMessage: (message) => this.#onSignal(message),
      onNameplateExpired: (nameplate) =>
        void this.offscreen.callIfOpen({ type: 'nameplate/expired', nameplate }),
      onRooms: () => this.reach.update(),
      // It may have gone with the network.
      onLost: () => this.reach.networkChanged(),
      onChange: () => {
        logSignaling(this.connection.view, this.connection.online.size);
        this.#signals.presenceChanged();
        this.reach.update();
        this.hub.changed();
      },
      // A time that is not written, because the worker dies, costs no more than being older.
      onSeen: (deviceId) => void devices.seen(deviceId).catch(() => undefined),
      now,
      ...(deps.random && { random: deps.random }),
    });
    this.reach = new Reach({
      settings: () => stores.settings.get(),
      source: () => this.connection.turnSource,
      memory: stores.reach,
      tell: (reach) => this.offscreen.tell({ type: 'reach', reach }),
      onChange: () => this.hub.changed(),
      now,
    });
    this.transfers = new Transfers({
      stores,
      notices: this.notices,
      nameOf,
      watched: () => this.#views > 0,
      onChange: () => this.hub.changed(),
      now,
    });
    const badge = new Badge(showBadge);
    this.offers = new Offers({
      decisions: stores.decisions,
      notices: this.notices,
      rule: (deviceId, offer) => devices.decide(deviceId, offer),
      nameOf,
      call,
      showBadge: (count) => badge.offers(count),
      now,
    });
    this.needs = new Needs(this.notices, nameOf);
    this.alreadyHere = new AlreadyHere(stores.places, stores.saved, now);
    this.saves = new Saves({
      records: stores.saves,
      saved: stores.saved,
      stopped: stores.stopped,
      origin: deps.origin,
      call,
      onSaved: (record, downloadId) => this.alreadyHere.remember(record, downloadId),
      onEnd: () => void this.offscreen.closeIfIdle(),
      now,
    });
    this.sends = new Sends({
      records: stores.sends,
      call,
      transfers: async () => ((await call({ type: 'state/get' })) as OffscreenState).transfers,
      knows: (deviceId) => devices.has(deviceId),
      warm: (deviceId) => this.#warm(deviceId),
      maxTextLength: MAX_TEXT_LENGTH,
      onSent: async (deviceId, record) => {
        await this.#keepText(record);
        await this.#setLastDevice(deviceId);
      },
      tell: ({ transferId, deviceId }, code) => this.transfers.tell(transferId, deviceId, code),
      now,
    });
    this.history = new History({
      open: deps.openHistory,
      waiting: stores.historyWaiting,
      sentTexts: stores.sentTexts,
      days: () => stores.settings.get().historyDays,
      nameOf: ({ deviceId, transferId }) =>
        nameOf(deviceId) || (stores.recent.get(transferId)?.deviceName ?? ''),
      downloadOf: (transferId) => stores.saved.get(transferId)?.downloadId ?? null,
      receivedText: (transferId) => stores.texts.get(transferId),
      names: async (transferId) =>
        (await call({ type: 'transfer/names', transferId })) as readonly string[],
      onChange: tellHistoryChanged,
      onProblem: (problem) => {
        void stores.told
          .tell(`trouble:${problem}`, () => showTrouble(problem))
          .catch(() => undefined);
        this.hub.changed();
      },
      now,
    });
    this.shares = new Shares({
      notices: new ShareNotices(stores.told),
      badge,
      marks: new TabMarks(stores.markedTabs),
      told: stores.told,
      openViewer,
      rule: (deviceId, facts) => devices.decideShare(deviceId, facts),
      nameOf,
      callIfOpen: (message) => this.offscreen.callIfOpen(message),
      adopt: () => this.offscreen.adopt(),
    });
    this.tabShares = new TabShares({
      wish: stores.captureWish,
      knows: (deviceId) => devices.has(deviceId),
      warm: (deviceId) => this.#warm(deviceId),
      ensure: () => this.offscreen.ensure(),
      call,
      isShared: (sourceId) => this.shares.isShared(sourceId),
      settings: () => stores.settings.get().share ?? DEFAULT_QUALITY,
      // A view that is open shows it itself.
      onFailed: async (code) => {
        if (this.#views === 0) await this.notices.shareFailed(code);
      },
      // Looked at last: nothing may begin between this and the end of everything.
      mayRenew: async () => (await mayLoadAnew()) && !this.#isBusy(),
      renew: loadAnew,
      remind: (wished) =>
        wished === null
          ? this.notices.sharedAgain()
          : this.notices.shareAgain(nameOf(wished.deviceId), wished.at),
      choose: (deviceId) => openSharePage(deviceId, 'tab'),
      now,
    });
    devices.onChange = () => {
      this.connection.updateRooms();
      // The alarm tries again.
      this.menus.rebuild().catch(() => undefined);
      this.hub.changed();
    };
  }

  get deviceName(): string {
    return this.stores.settings.get().deviceName || this.#defaultName;
  }

  /** What is wrong with the stored data, if anything; a later start finds it in order again. */
  get problem(): string | undefined {
    return this.stores.setAside.length > 0 ? 'records-set-aside' : this.history.problem;
  }

  /** The device that the keyboard command sends to: the last one, or the only one. */
  get lastDeviceId(): string | null {
    const { lastDeviceId } = this.stores.self.get();
    if (lastDeviceId !== null && this.devices.has(lastDeviceId)) return lastDeviceId;
    const [only, ...others] = this.devices.confirmed();
    return only && others.length === 0 ? only.deviceId : null;
  }

  /** What a new worker does once it has read its storage; each part may fail by itself. */
  async resume(): Promise<void> {
    this.connection.use(this.stores.settings.get().signalingUrl);
    const { problem } = this;
    await Promise.allSettled([
      problem === undefined ? undefined : showTrouble(problem),
      this.history.prune(),
      this.menus.rebuild(),
      this.tabShares.remind(),
      this.#resumeOffscreen(),
    ]);
    // Only now is it known whether the document that these were begun with is still there.
    await Promise.allSettled([this.sends.recover(), this.offers.recover(), this.saves.reconcile()]);
  }

  /** Every half minute, and after a worker's death. */
  async keep(): Promise<void> {
    await this.devices.expirePending();
    if (this.#sleep.tick(this.now())) await this.networkChanged();
    this.connection.keep();
    this.reach.update();
    // A document that crashed may still have been listed when its port closed.
    await this.offscreen.lost().catch(() => undefined);
    await Promise.allSettled([
      this.menus.rebuild(),
      this.tabShares.expire(),
      // One that crashed with work under way goes on from its own storage.
      this.stores.unfinished.get() ? this.offscreen.ensure() : undefined,
      this.sends.recover(),
      this.offers.recover(),
      this.saves.reconcile(),
      this.offscreen.closeIfIdle(),
    ]);
  }

  /** The browser says so, or the machine slept: whatever stood may be gone without a word. */
  async networkChanged(): Promise<void> {
    this.log('Connection', 'The network may be another one');
    this.reach.networkChanged();
    await Promise.allSettled([
      this.connection.probe(),
      this.offscreen.callIfOpen({ type: 'network-changed' }),
    ]);
  }

  async onState(state: OffscreenState): Promise<void> {
    this.#offscreenState = state;
    if (state.check?.state === 'done') this.#lastCheck = state.check;
    if (state.outbox !== null) this.#lastOutbox = state.outbox;
    // Before anything is awaited: a later state must not come to them before this one.
    const shared = this.shares.onShares(state.shares);
    this.#logTransfers(state.transfers);
    this.hub.changed();
    const { deviceId, shortId } = state.self;
    const self = this.stores.self.get();
    if (deviceId !== '' && deviceId !== self.deviceId) {
      await this.stores.self.set({ ...self, deviceId, shortId });
    }
    // Not waited for: what the person sees must not hang on a database.
    this.history.onTransfers(state.transfers).catch(() => undefined);
    await this.sends.onTransfers(state.transfers);
    await this.transfers.onTransfers(state.transfers);
    await this.offers.onTransfers(state.transfers);
    await this.needs.onTransfers(state.transfers);
    await shared;
    this.hub.changed();
  }

  /** Something would be broken off, or begin again, if everything ended now. */
  #isBusy(): boolean {
    const { stores, saves, shares } = this;
    const { pairing, transfers = [] } = this.#offscreenState ?? {};
    const pairs = pairing !== undefined && !PAIRING_OVER.has(pairing.state);
    return (
      pairs ||
      // What `unfinished` says comes a few writes later.
      transfers.some((transfer) => !isEnded(transfer)) ||
      saves.running ||
      shares.underWay ||
      stores.unfinished.get() ||
      stores.sends.all.size > 0
    );
  }

  viewOpened(): void {
    this.#views += 1;
  }

  viewClosed(): void {
    this.#views -= 1;
  }

  async #resumeOffscreen(): Promise<void> {
    if (await this.offscreen.adopt()) {
      // Credentials may have run out, or a setting been lost with the worker before.
      await this.reach.tell();
      this.#signals.presenceChanged();
      return;
    }
    await this.shares.onShares([]);
    await this.saves.documentGone();
    // Begun before the browser was closed: the document finds it in its own storage.
    if (this.stores.unfinished.get()) await this.offscreen.ensure();
  }

  /** The two documents open at the same time, not one after the other's first message. */
  #warm(deviceId: string): void {
    // Whoever needs it asks again, and hears of a failure.
    this.offscreen.ensure().catch(() => undefined);
    if (this.#offscreenState?.connections[deviceId] === undefined) this.connection.knock(deviceId);
  }

  #onSignal({ roomId, from, data }: SignalingMessage): void {
    // A pairing runs in a document that is there; only known devices may have one opened.
    const known = this.connection.deviceIn(roomId) !== undefined;
    this.#signals.push({ type: 'signal', roomId, from, data }, known);
  }

  #onGone(): void {
    this.#offscreenState = undefined;
    this.reach.documentGone();
    this.log('Session', 'The document is gone');
    this.transfers.gone();
    void this.shares.onShares([]);
    void this.saves.documentGone().catch(() => undefined);
    this.hub.changed();
  }

  /** For the entry of a send that ends, perhaps much later. A send does not fail for want of it. */
  async #keepText({ transferId, plan, at }: SendRecord): Promise<void> {
    const text = plan.type === 'text' ? plan.text : plan.type === 'read' ? plan.link : plan.url;
    if (text === undefined) return;
    const title = plan.type === 'text' && plan.kind === 'page' ? plan.note : undefined;
    const kept = { text, at, ...(title !== undefined && { title }) };
    await this.history.sending(transferId, kept).catch(() => undefined);
  }

  async #setLastDevice(deviceId: string): Promise<void> {
    const self = this.stores.self.get();
    if (self.lastDeviceId === deviceId) return;
    await this.stores.self.set({ ...self, lastDeviceId: deviceId });
    this.hub.changed();
  }

  #snapshot(): Snapshot {
    const { stores, connection } = this;
    const { deviceId, shortId } = stores.self.get();
    return {
      version: SNAPSHOT_VERSION,
      self: { deviceId, shortId, name: this.deviceName },
      signaling: connection.view,
      devices: this.devices.view(connection.online, this.#offscreenState?.connections ?? {}),
      pairing: this.#offscreenState?.pairing ?? { state: 'idle' },
      transfers: this.transfers.view,
      shares: this.shares.views,
      settings: settingsView(stores.settings.get(), this.deviceName),
      relayKnown: this.reach.config.turn.length > 0,
      check: this.#offscreenState?.check ?? this.#lastCheck,
      outbox: this.#lastOutbox,
      lastDeviceId: this.lastDeviceId,
      ...(this.problem !== undefined && { problem: this.problem }),
    };
  }
}
