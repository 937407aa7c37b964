/**
 * From one shape of the stored data to the next. A step gets all stored data (without the store's own
 * keys) and answers what it becomes; it must not change what it is given, and throws rather than
 * guess. It never looks at today's schemas: those move on, the step stays.
 */
export type StoredData = Readonly<Record<string, unknown>>;

export interface MigrationStep {
  /** The version it starts from; it leads to the next one. */
  readonly from: number;
  readonly migrate: (data: StoredData) => StoredData;
}

/** Raised whenever stored records change their shape, together with a new step below. */
export const SCHEMA_VERSION = 3;

/** Version 2 knows privacy mode, STUN and TURN servers, and the debug log. */
function withReachSettings(data: StoredData): StoredData {
  return withSettings(data, {
    privacyMode: false,
    stunServers: STUN_SERVERS_OF_VERSION_2,
    turnServers: '',
    debugLog: false,
  });
}

/** Version 3 knows for how long the history is kept. */
function withHistoryDays(data: StoredData): StoredData {
  return withSettings(data, { historyDays: 90 });
}

/** Adds what is not there yet to the settings that a person changed. */
function withSettings(data: StoredData, added: Readonly<Record<string, unknown>>): StoredData {
  const { settings } = data;
  const before = typeof settings === 'object' && settings !== null && 'current' in settings;
  // Never changed by the person: the defaults of today apply.
  if (!before || typeof settings.current !== 'object') return data;
  return { ...data, settings: { ...settings, current: { ...added, ...settings.current } } };
}

const STUN_SERVERS_OF_VERSION_2 = 'stun:stun.l.google.com:19302\nstun:stun.cloudflare.com:3478';

/** One step for every version before `SCHEMA_VERSION`, in order. */
export const MIGRATIONS: readonly MigrationStep[] = [
  { from: 1, migrate: withReachSettings },
  { from: 2, migrate: withHistoryDays },
];

/** @throws Error when a step is missing or throws. */
export function migrate(
  data: StoredData,
  from: number,
  to: number,
  steps: readonly MigrationStep[],
): StoredData {
  let current = data;
  for (let version = from; version < to; version += 1) {
    const step = steps.find((candidate) => candidate.from === version);
    if (!step) throw new Error(`no migration from version ${version}`);
    current = step.migrate(structuredClone(current));
  }
  return current;
}
