/** Everything that background keeps. All of it is read once at the worker's start. */
import * as v from 'valibot';
import type { StorageArea } from './area.ts';
import { DEFAULT_STUN_SERVERS } from '../ice/servers.ts';
import { historySchema, type HistoryRecord } from './history-record.ts';
import { LogStore } from './log-store.ts';
import { MenuShape } from './menu-shape.ts';
import { ToldOnce } from './once.ts';
import { openData, type OpenOptions } from './open-store.ts';
import { ReachMemory } from './reach-memory.ts';
import { StoredRecords } from './records.ts';
import {
  captureWishSchema,
  decisionSchema,
  markedTabSchema,
  placeSchema,
  recentSchema,
  savedSchema,
  saveSchema,
  selfSchema,
  sendSchema,
  sentTextSchema,
  settingsSchema,
  stoppedSchema,
  type CaptureWish,
  type DecisionRecord,
  type PlaceRecord,
  type RecentTransfer,
  type SavedRecord,
  type SaveRecord,
  type Self,
  type SendRecord,
  type SentText,
  type Settings,
  type StoppedRecord,
} from './schemas.ts';
import { TextStore } from './texts.ts';
import { StoredValue } from './value.ts';

/** A server of one's own on this computer, as `npm run server` starts it: there is no public one. */
export const DEFAULT_SIGNALING_URL = 'http://127.0.0.1:8790';

const DEFAULT_SETTINGS: Settings = {
  deviceName: '',
  signalingUrl: DEFAULT_SIGNALING_URL,
  codeStyle: 'words',
  privacyMode: false,
  stunServers: DEFAULT_STUN_SERVERS.join('\n'),
  turnServers: '',
  debugLog: false,
  historyDays: 90,
};

const UNKNOWN_SELF: Self = { deviceId: '', shortId: '', lastDeviceId: null };

export interface BackgroundStores {
  readonly settings: StoredValue<Settings>;
  readonly self: StoredValue<Self>;
  /** True while the document has something that must go on after a restart of the browser. */
  readonly unfinished: StoredValue<boolean>;
  readonly recent: StoredRecords<RecentTransfer>;
  readonly sends: StoredRecords<SendRecord>;
  readonly saves: StoredRecords<SaveRecord>;
  readonly saved: StoredRecords<SavedRecord>;
  /** Where single files went, by `transferId:fileId`. */
  readonly places: StoredRecords<PlaceRecord>;
  readonly stopped: StoredRecords<StoppedRecord>;
  readonly decisions: StoredRecords<DecisionRecord>;
  /** Of the history: what its database did not take yet, and texts whose transfer is not over. */
  readonly historyWaiting: StoredRecords<HistoryRecord>;
  readonly sentTexts: StoredRecords<SentText>;
  readonly texts: TextStore;
  readonly told: ToldOnce;
  readonly menuShape: MenuShape;
  readonly log: LogStore;
  readonly reach: ReachMemory;
  /** A tab that is to be shared. It outlasts the extension's being loaded anew. */
  readonly captureWish: StoredRecords<CaptureWish>;
  /** Tabs that say that they are shared, in this run of the browser. */
  readonly markedTabs: StoredRecords<true>;
  /** Loads further records out of the same opened data. */
  load<T>(key: string, schema: v.GenericSchema<unknown, T>): Promise<StoredRecords<T>>;
  /** Keys of records that did not fit and were set aside under a backup key. */
  readonly setAside: readonly string[];
}

/** @throws StorageError; the data is then as it was. */
export async function openBackgroundStores(
  local: StorageArea,
  session: StorageArea,
  options?: OpenOptions,
): Promise<BackgroundStores> {
  const data = await openData(local, options);
  const setAside: string[] = [];
  const load = <T>(key: string, schema: v.GenericSchema<unknown, T>) =>
    StoredRecords.load(local, data, key, schema, (bad) => setAside.push(bad));
  // What does not fit is of no use to anyone in this run of the browser: nothing to tell of.
  const loadSession = async <T>(key: string, schema: v.GenericSchema<unknown, T>) =>
    StoredRecords.load(session, await session.get(key), key, schema, () => {});
  return {
    settings: new StoredValue(await load('settings', settingsSchema), DEFAULT_SETTINGS),
    self: new StoredValue(await load('self', selfSchema), UNKNOWN_SELF),
    unfinished: new StoredValue(await load('unfinished', v.boolean()), false),
    recent: await load('recent', recentSchema),
    sends: await load('sends', sendSchema),
    saves: await load('saves', saveSchema),
    saved: await load('saved', savedSchema),
    places: await load('places', placeSchema),
    stopped: await load('stopped', stoppedSchema),
    decisions: await load('decisions', decisionSchema),
    historyWaiting: await load('historyWaiting', historySchema),
    sentTexts: await load('sentTexts', sentTextSchema),
    texts: new TextStore(local),
    told: await ToldOnce.open(session),
    menuShape: new MenuShape(session),
    log: await LogStore.open(session),
    reach: await ReachMemory.open(session),
    captureWish: await load('captureWish', captureWishSchema),
    markedTabs: await loadSession('markedTabs', markedTabSchema),
    load,
    setAside,
  };
}
