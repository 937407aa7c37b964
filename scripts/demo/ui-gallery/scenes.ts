/** Made-up snapshots: every state that a view can be in, and the extremes of names and numbers. */
import type { ConnectionPath } from '../../../lib/ice/path.ts';
import { CHECK_IDS, type CheckLine, type CheckReport } from '../../../lib/ice/self-test.ts';
import { DEFAULT_STUN_SERVERS } from '../../../lib/ice/servers.ts';
import type { IntentAnswer } from '../../../lib/messaging/intents.ts';
import type {
  DeviceView,
  FileState,
  FileView,
  PairingFailure,
  PairingView,
  ReceiveState,
  SendState,
  Snapshot,
  TransferKind,
  TransferView,
} from '../../../lib/messaging/snapshot.ts';
import { DEFAULT_QUALITY } from '../../../lib/share/quality.ts';
import { pairingFailures, receiveStates, sendStates } from '../../../lib/ui/text.ts';
import { sharesOver, sharing, sharingMany, watching } from './shares.ts';

export interface Scene {
  readonly snapshot: Snapshot | null;
  readonly answer?: IntentAnswer;
  readonly transferId?: string;
}

const MINUTE = 60_000;
const NAMES = [
  'Desktop',
  'Laptop',
  'Kitchen tablet',
  'Anna’s very long named workstation in the attic, second from the left',
  'Phone',
  'Wohnzimmerfernsehsteuerungscomputer-ohne-Leerzeichen-im-Namen',
  'Büro',
  '桌面电脑',
];

function device(index: number, more: Partial<DeviceView> = {}): DeviceView {
  const id = (index + 1).toString(16).repeat(64).slice(0, 64);
  return {
    deviceId: id,
    shortId: `tallow-${id.slice(0, 16)}`,
    name: NAMES[index] ?? `Device ${index}`,
    presence: index % 2 === 0 ? 'online' : 'offline',
    lastSeenAt: index === 5 ? null : Date.now() - index * index * 45 * MINUTE,
    pairedAt: Date.now() - 40 * 24 * 60 * MINUTE,
    connection: index === 0 ? 'connected' : 'none',
    path: null,
    rule: index === 2 ? 'always' : 'ask',
    shareRule: 'ask',
    stripMetadata: index === 2,
    checkWords: ['velvet', 'orbit', 'salmon'],
    ...more,
  };
}

const devices = (count: number) => Array.from({ length: count }, (_, index) => device(index));

function snapshot(more: Partial<Snapshot> = {}): Snapshot {
  const url = 'https://signal.example.org';
  return {
    version: 4,
    self: { deviceId: 'ab'.repeat(32), shortId: `tallow-${'ab'.repeat(8)}`, name: 'Laptop' },
    signaling: { state: 'online', url },
    devices: devices(1),
    pairing: { state: 'idle' },
    transfers: [],
    shares: [],
    settings: {
      deviceName: 'Laptop',
      signalingUrl: url,
      codeStyle: 'words',
      privacyMode: false,
      stunServers: DEFAULT_STUN_SERVERS.join('\n'),
      turnServers: '',
      debugLog: false,
      historyDays: 90,
      share: DEFAULT_QUALITY,
    },
    relayKnown: false,
    check: null,
    outbox: null,
    lastDeviceId: null,
    ...more,
  };
}

let lastTransfer = 0;
const MIB = 1024 * 1024;

function transferBase(kind: TransferKind, title: string, more: Partial<TransferView> = {}) {
  lastTransfer += 1;
  const { direction: _direction, state: _state, ...fields } = more;
  return {
    transferId: lastTransfer.toString(16).padStart(32, '0'),
    deviceId: device(0).deviceId,
    deviceName: 'Desktop',
    kind,
    title,
    count: 1,
    totalBytes: 32 * MIB,
    doneBytes: 12.4 * MIB,
    createdAt: Date.now() - lastTransfer * MINUTE,
    ...fields,
  };
}

function out(
  state: SendState,
  kind: TransferKind,
  title: string,
  more: Partial<TransferView> = {},
): TransferView {
  return { ...transferBase(kind, title, more), direction: 'out', state };
}

function incoming(
  state: ReceiveState,
  kind: TransferKind,
  title: string,
  more: Partial<TransferView> = {},
): TransferView {
  return { ...transferBase(kind, title, more), direction: 'in', state };
}

const everySend = (Object.keys(sendStates) as SendState[]).map((state) =>
  out(state, 'image', `${state}.png`, {
    firstByteAt: Date.now() - 4000,
    ...(state === 'transferring' ? { bytesPerSecond: 310_000 } : {}),
    ...(state === 'paused' ? { pausedBy: 'me' } : {}),
    ...(state === 'failed' ? { reason: 'source-changed', retryable: true } : {}),
    ...(state === 'declined' ? { reason: 'declined', retryable: true } : {}),
    ...(state === 'needs-you' ? { reason: 'allow-file' } : {}),
  }),
);
const everyReceive = (Object.keys(receiveStates) as ReceiveState[]).map((state) =>
  incoming(state, 'files', `${state}.zip`, {
    count: state === 'offered' ? 3 : 1,
    firstByteAt: Date.now() - 4000,
    ...(state === 'transferring' ? { bytesPerSecond: 12_000 } : {}),
    ...(state === 'paused' ? { pausedBy: 'peer' } : {}),
    ...(state === 'failed' ? { reason: 'verify-failed', retryable: true } : {}),
    ...(state === 'needs-you' ? { reason: 'choose-place' } : {}),
  }),
);

const FILES = [
  'holiday/day 1/arrival.jpeg',
  'holiday/day 1/a rather long name of a picture that goes on and on and on, second version.jpeg',
  'holiday/صور الرحلة/غروب الشمس على الشاطئ.jpeg',
  'holiday/旅行の写真/海辺の夕日と帰りの船から見た島の全景.jpeg',
  'holiday/films/the whole evening.mp4',
  'notes.txt',
];
const fileStatesShown: readonly (readonly [FileState, Partial<FileView>])[] = [
  ['transferring', { doneBytes: 2.1 * MIB }],
  ['verifying', { doneBytes: 5 * MIB }],
  ['paused', { doneBytes: 1.7 * MIB, pausedBy: 'me' }],
  ['failed', { reason: 'source-unreadable' }],
  ['waiting', {}],
  ['cancelled', {}],
];
function listed(count: number): FileView[] {
  return Array.from({ length: count }, (_, fileId) => {
    const [state, more] = fileStatesShown[fileId] ?? (['waiting', {}] as const);
    const path = FILES[fileId] ?? `holiday/day 2/picture ${fileId}.jpeg`;
    return { fileId, path, size: 5 * MIB, doneBytes: 0, state, ...more };
  });
}
const manyFiles = [
  out('transferring', 'files', 'holiday/day 1/arrival.jpeg', {
    count: 2_000,
    doneFiles: 14,
    totalBytes: 9_800 * MIB,
    doneBytes: 64 * MIB,
    bytesPerSecond: 8.4 * MIB,
    files: listed(50),
  }),
  incoming('transferring', 'files', 'holiday/day 1/arrival.jpeg', {
    count: 6,
    doneFiles: 0,
    bytesPerSecond: 8.4 * MIB,
    files: listed(6),
  }),
];
const RTL_TITLE = 'غروب الشمس على الشاطئ مع العائلة كلها في المساء الأول.jpeg';
const CJK_TITLE = '海辺の夕日と帰りの船から見た島の全景、みんなで撮った最後の写真.jpeg';
const LONG_DEVICE = { deviceId: device(3).deviceId, deviceName: NAMES[3] ?? '' };
const needs = [
  out('needs-you', 'files', 'film of the evening.mp4', { reason: 'allow-file' }),
  out('needs-you', 'files', RTL_TITLE, { reason: 'choose-file', doneBytes: 0 }),
  incoming('needs-you', 'files', CJK_TITLE, { reason: 'make-room' }),
  incoming('needs-you', 'image', 'cat.png', { reason: 'save-failed', doneBytes: 32 * MIB }),
  out('paused', 'video', 'film.mp4', { pausedBy: 'peer', reason: 'no-space' }),
  out('paused', 'video', 'film two.mp4', { pausedBy: 'both' }),
  incoming('paused', 'video', 'film three.mp4', { ...LONG_DEVICE, pausedBy: 'peer' }),
  incoming('paused', 'video', 'film four.mp4', { pausedBy: 'connection' }),
  out('transferring', 'files', 'a'.repeat(180), {
    ...LONG_DEVICE,
    count: 120,
    doneFiles: 31,
    bytesPerSecond: 8.4 * MIB,
    files: listed(50),
  }),
];
const over = [
  out('failed', 'files', 'report.pdf', { reason: 'no-space', retryable: true }),
  incoming('failed', 'files', 'report.pdf', { reason: 'interrupted', retryable: true }),
  out('failed', 'files', 'holiday/day 1/arrival.jpeg', {
    reason: 'source-unreadable',
    retryable: true,
    count: 40,
    doneFiles: 38,
    files: listed(6).filter(({ state }) => state === 'failed' || state === 'cancelled'),
  }),
  out('delivered', 'files', 'report.pdf', { alreadyThere: 1, doneBytes: 32 * MIB }),
  out('delivered', 'files', 'holiday/day 1/arrival.jpeg', { count: 40, alreadyThere: 12 }),
];
const arrived = [
  incoming('saved', 'image', 'holiday on the island, first evening, with everyone.jpeg'),
  incoming('stored', 'text', 'Meet at 7 in front of the old cinema', { totalBytes: 36 }),
  incoming('stored', 'link', 'https://example.org/a/very/long/address/of/something?with=query', {
    totalBytes: 63,
  }),
  out('delivered', 'page', 'An article worth reading', { totalBytes: 120 }),
  out('delivered', 'link', 'https://pictures.example.org/cat.png', {
    note: 'link-instead',
    totalBytes: 36,
  }),
];
const offers = [
  incoming('offered', 'files', 'quarterly-report-final-final-2.pdf', { count: 3, doneBytes: 0 }),
  incoming('offered', 'image', 'cat.png', { totalBytes: 81_920, doneBytes: 0 }),
];

const path = (more: Partial<ConnectionPath>): ConnectionPath => ({
  kind: 'direct',
  sameNetwork: false,
  transport: 'udp',
  rttMs: 31,
  sendRate: 0,
  receiveRate: 0,
  loss: 0,
  ...more,
});
const online = (index: number, more: Partial<DeviceView>): DeviceView =>
  device(index, { presence: 'online', ...more });
const pathsOfDevices: readonly DeviceView[] = [
  online(0, { connection: 'connected', path: path({ sameNetwork: true, rttMs: 2.3 }) }),
  online(1, { connection: 'connected', path: path({ sendRate: 3_400_000, loss: 0.02 }) }),
  online(2, { connection: 'connected', path: path({ kind: 'relay', rttMs: 48 }) }),
  online(3, {
    connection: 'connected',
    path: path({ kind: 'relay', transport: 'tcp', rttMs: 148 }),
  }),
  online(4, { connection: 'connected', path: path({ kind: 'relay', rttMs: null }) }),
  online(5, { connection: 'restarting', path: path({ kind: 'relay', transport: 'tls' }) }),
  online(6, { connection: 'connecting' }),
  device(7, { connection: 'waiting', presence: 'offline' }),
];

type Finding = Omit<CheckLine, 'id'>;
/** A report with these findings; what is not named is pending while it runs, else fine. */
function report(found: Partial<Record<CheckLine['id'], Finding>>, more: Partial<CheckReport> = {}) {
  const state = more.state ?? 'done';
  const rest: Finding = { verdict: state === 'done' ? 'good' : 'pending', detail: {} };
  const lines = CHECK_IDS.map((id) => ({ id, ...(found[id] ?? rest) }));
  return { state, startedAt: Date.now() - 20_000, lines, ...more } satisfies CheckReport;
}
const good = (detail: CheckLine['detail']): Finding => ({ verdict: 'good', detail });
const bad = (detail: CheckLine['detail'], step: NonNullable<CheckLine['step']>): Finding => ({
  verdict: 'bad',
  detail,
  step,
});
const note = (detail: CheckLine['detail'], step?: NonNullable<CheckLine['step']>): Finding => ({
  verdict: 'neutral',
  detail,
  ...(step && { step }),
});
const checks = {
  running: report(
    {
      server: good({ rttMs: 12 }),
      version: good({ version: 2 }),
      clock: good({ skewMs: -140 }),
      udp: good({}),
      stun: good({ answered: 2, asked: 2, rttMs: 24 }),
    },
    { state: 'running' },
  ),
  good: report({
    server: good({ rttMs: 12 }),
    version: good({ version: 2 }),
    clock: good({ skewMs: -140 }),
    stun: good({ answered: 2, asked: 2, rttMs: 24 }),
    nat: good({ nat: 'port-restricted', confidence: 0.9 }),
    'turn-udp': good({ answered: 2, asked: 2, rttMs: 31 }),
    'turn-tcp': good({ answered: 2, asked: 2, rttMs: 35 }),
    'turn-tls': note({ skipped: 'none-set' }),
    'relay-throughput': good({ bytesPerSecond: 3_300_000 }),
  }),
  bad: report({
    server: bad({}, 'start-server'),
    version: note({ skipped: 'offline' }),
    clock: note({ skewMs: 4 * MINUTE }, 'set-clock'),
    udp: bad({}, 'try-elsewhere'),
    stun: bad({ answered: 0, asked: 2 }, 'try-elsewhere'),
    nat: bad({ nat: 'blocked', confidence: 0.95 }, 'allow-udp'),
    'turn-udp': bad({ answered: 0, asked: 1 }, 'check-turn'),
    'turn-tcp': bad({ answered: 0, asked: 1 }, 'tell-operator'),
    'turn-tls': note({ skipped: 'none-set' }, 'use-tls'),
    'relay-throughput': note({ bytesPerSecond: 18_000 }, 'slow-relay'),
  }),
};
const TWO_SERVERS = 'https://signal.example.org https://second.example.org';
const noTurn = (line: Finding) => ({
  'turn-udp': line,
  'turn-tcp': line,
  'turn-tls': line,
  'relay-throughput': line,
});
const withSettings = (more: Partial<Snapshot['settings']>) => ({
  ...snapshot().settings,
  ...more,
});

const CODE = '48213-velcro-mango-siren';
const pairing = (state: PairingView, more: Partial<Snapshot> = {}): Scene => ({
  snapshot: snapshot({ pairing: state, ...more }),
});
const showing = (code: string): PairingView => ({
  state: 'showing',
  code,
  link: `chrome-extension://abcdefghijklmnop/popup.html#pair=${code}`,
  expiresAt: Date.now() + 9 * MINUTE + 12_000,
});

const failures = Object.fromEntries(
  (Object.keys(pairingFailures) as PairingFailure[]).map((reason) => [
    `failed-${reason}`,
    pairing({ state: 'failed', reason }),
  ]),
);

export const scenes: Readonly<Record<string, Scene>> = {
  waking: { snapshot: null },
  'devices-0': { snapshot: snapshot({ devices: [] }) },
  'devices-1': { snapshot: snapshot() },
  'devices-8': { snapshot: snapshot({ devices: devices(8) }) },
  refused: { snapshot: snapshot(), answer: { ok: false, code: 'no-answer' } },
  offline: {
    snapshot: snapshot({
      devices: devices(2).map((one) => ({ ...one, presence: 'offline', connection: 'none' })),
      signaling: { state: 'offline', url: 'https://signal.example.org', reason: 'timeout' },
    }),
  },
  'offline-all': {
    snapshot: snapshot({
      devices: devices(2).map((one) => ({ ...one, presence: 'offline', connection: 'none' })),
      signaling: { state: 'offline', url: 'https://second.example.org', reason: 'timeout' },
      settings: withSettings({ signalingUrl: TWO_SERVERS }),
    }),
  },
  'no-server': {
    snapshot: snapshot({
      devices: [],
      signaling: { state: 'offline', url: '', reason: 'off' },
    }),
  },
  'broken-storage': {
    snapshot: snapshot({
      devices: [],
      signaling: { state: 'offline', url: '', reason: 'newer-version' },
      problem: 'newer-version',
    }),
  },
  offers: { snapshot: snapshot({ transfers: [...offers, ...arrived] }) },
  arrived: { snapshot: snapshot({ transfers: arrived }) },
  sending: { snapshot: snapshot({ transfers: everySend }) },
  receiving: { snapshot: snapshot({ transfers: everyReceive }) },
  files: { snapshot: snapshot({ devices: pathsOfDevices.slice(0, 1), transfers: manyFiles }) },
  needs: { snapshot: snapshot({ devices: pathsOfDevices.slice(0, 4), transfers: needs }) },
  over: { snapshot: snapshot({ transfers: over }) },
  sharing: { snapshot: snapshot({ shares: sharing }) },
  'sharing-many': { snapshot: snapshot({ devices: devices(8), shares: sharingMany }) },
  watching: { snapshot: snapshot({ shares: watching }) },
  'shares-over': { snapshot: snapshot({ shares: sharesOver }) },
  'pairing-creating': pairing({ state: 'creating' }),
  'pairing-showing': pairing(showing(CODE)),
  'pairing-longest': pairing(showing('1234567-cluster-volcano-crystal')),
  'pairing-characters': pairing(showing('48213-7K3MZ9QX'), {
    settings: {
      deviceName: 'Laptop',
      signalingUrl: '',
      codeStyle: 'characters',
      privacyMode: false,
      stunServers: '',
      turnServers: '',
      debugLog: false,
      historyDays: 90,
      share: DEFAULT_QUALITY,
    },
  }),
  'pairing-joining': pairing({ state: 'joining' }),
  'pairing-handshaking': pairing({ state: 'handshaking' }),
  'pairing-paired': pairing({
    state: 'paired',
    deviceId: device(0).deviceId,
    name: 'Desktop',
    checkWords: ['velvet', 'orbit', 'salmon'],
  }),
  'pairing-paired-long': pairing({
    state: 'paired',
    deviceId: device(0).deviceId,
    name: NAMES[5] ?? '',
    checkWords: ['labyrinth', 'cinnamon', 'xylophone'],
  }),
  ...failures,
  'send-empty': { snapshot: snapshot() },
  'send-offline': { snapshot: snapshot({ devices: [device(3)] }) },
  'send-sent': {
    snapshot: snapshot({ transfers: everySend.filter(({ state }) => state === 'transferring') }),
    transferId: everySend.find(({ state }) => state === 'transferring')?.transferId ?? '',
  },
  'send-gone': { snapshot: snapshot({ devices: [] }) },
  'devices-paths': { snapshot: snapshot({ devices: pathsOfDevices }) },
  'settings-check-running': { snapshot: snapshot({ check: checks.running }) },
  'settings-check-good': { snapshot: snapshot({ check: checks.good }) },
  'settings-check-bad': {
    snapshot: snapshot({
      check: checks.bad,
      signaling: { state: 'offline', url: 'https://signal.example.org', reason: 'timeout' },
    }),
  },
  'settings-privacy': {
    snapshot: snapshot({ settings: withSettings({ privacyMode: true, debugLog: true }) }),
  },
  'settings-privacy-new': {
    snapshot: snapshot({ devices: [], settings: withSettings({ privacyMode: true }) }),
  },
  'settings-check-no-turn': {
    snapshot: snapshot({
      check: report(noTurn({ ...bad({ skipped: 'none-set' }, 'add-turn') })),
      settings: withSettings({ privacyMode: true }),
    }),
  },
  'settings-check-new': {
    snapshot: snapshot({
      devices: [],
      check: report(noTurn(note({ skipped: 'not-paired' }, 'pair-first'))),
    }),
  },
  'settings-servers': {
    snapshot: snapshot({
      devices: [device(0, { connection: 'waiting' })],
      signaling: { state: 'online', url: 'https://second.example.org' },
      settings: withSettings({ signalingUrl: TWO_SERVERS }),
    }),
  },
  'settings-relay': {
    snapshot: snapshot({
      relayKnown: true,
      settings: withSettings({
        privacyMode: true,
        signalingUrl: TWO_SERVERS,
        turnServers:
          'turn:relay.example.org:3478 anna ••••••••\nturns:relay.example.org:443 anna ••••••••',
      }),
    }),
  },
  'settings-refused': {
    snapshot: snapshot(),
    answer: { ok: false, code: 'no-answer' },
  },
  'settings-full': { snapshot: snapshot({ devices: devices(3) }) },
  'history-full': { snapshot: snapshot({ devices: devices(2) }) },
  'history-many': { snapshot: snapshot({ devices: devices(2) }) },
  'history-empty': { snapshot: snapshot() },
  'history-set-aside': { snapshot: snapshot() },
  'history-choose': { snapshot: snapshot(), answer: { ok: false, code: 'choose-again' } },
  'history-off': { snapshot: snapshot({ settings: withSettings({ historyDays: 0 }) }) },
  'history-broken': { snapshot: snapshot({ problem: 'history-migration-failed' }) },
  'settings-new': {
    snapshot: snapshot({
      devices: [],
      self: { deviceId: '', shortId: '', name: 'Laptop' },
      signaling: { state: 'offline', url: 'http://192.168.1.20:3000', reason: 'timeout' },
      settings: {
        deviceName: 'Laptop',
        signalingUrl: 'http://192.168.1.20:3000',
        codeStyle: 'characters',
        privacyMode: false,
        stunServers: '',
        turnServers: '',
        debugLog: false,
        historyDays: 90,
        share: DEFAULT_QUALITY,
      },
    }),
  },
};
