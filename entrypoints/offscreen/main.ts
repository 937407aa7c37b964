/**
 * The offscreen document: keys, handshakes, peer connections and the engine's worker, joined. It
 * lives while something is under way; background makes it and closes it.
 */
import { browser } from '../../lib/browser/index.ts';
import { shortDeviceId } from '../../lib/crypto/identity.ts';
import type { OffscreenConnection, OffscreenState } from '../../lib/messaging/background-calls.ts';
import type { EngineReport } from '../../lib/messaging/engine.ts';
import { receiveHandOvers } from '../../lib/messaging/hand-over.ts';
import type { OffscreenCall, Presence } from '../../lib/messaging/offscreen-calls.ts';
import { pairingView } from '../../lib/messaging/pairing-view.ts';
import { callBackground, listenInOffscreen, tellBackground } from '../../lib/messaging/rpc.ts';
import type { ConnectionView, PairingView } from '../../lib/messaging/snapshot.ts';
import type { ShareStreams } from '../../lib/messaging/share-streams.ts';
import { StatePublisher } from '../../lib/messaging/state-publisher.ts';
import { TransferBoard } from '../../lib/messaging/transfer-board.ts';
import { PeerLinks } from '../../lib/rtc/peer-links.ts';
import { CodeError, parseCode } from '../../lib/session/code.ts';
import type { DeviceState, SessionEvent } from '../../lib/session/events.ts';
import { IdleWatch } from '../../lib/session/idle-watch.ts';
import { PresenceFeed } from '../../lib/session/presence-feed.ts';
import { WakeWatch } from '../../lib/session/wake-watch.ts';
import { KeyStore } from '../../lib/storage/keys.ts';
import { copyText } from './clipboard.ts';
import { EngineClient } from './engine-client.ts';
import { Incoming } from './incoming.ts';
import { Outgoing } from './outgoing.ts';
import { PairRooms } from './pair-rooms.ts';
import { Paths } from './paths.ts';
import { LaserFeed } from './laser-feed.ts';
import { DocumentReach } from './reach.ts';
import { DocumentLanes } from './lanes.ts';
import { logLanes, logPath, logSession } from './session-log.ts';
import { clock, createSessions } from './sessions.ts';
import { DocumentShares } from './shares.ts';

let deviceName = '';
let ownId = '';
/** A code that could not even be read: the pairing machine never sees it. */
let unreadableCode: Extract<PairingView, { state: 'failed' }> | null = null;
let engineStarted = () => {};
const engineReady = new Promise<void>((resolve) => (engineStarted = resolve));

const publisher = new StatePublisher(state, (now) => callBackground({ type: 'state', state: now }));
const board = new TransferBoard(() => {
  publisher.changed();
  idle.touch();
});
const engine = new EngineClient(
  (report) => void onReport(report),
  (sessionId) => lanes.drop(sessionId),
);
const keys = new KeyStore();
const rooms = new PairRooms(keys);
const reach = new DocumentReach({
  busy: () => board.busy() || shares.busy || pairingRuns(),
  changed: () => {
    void publisher.now();
    idle.touch();
  },
  pathsInDoubt: () => {
    lanes.shake();
    for (const deviceId of connectedDevices()) engine.post({ type: 'path-changed', deviceId });
    core.sessions.shake();
    shares.shaken();
  },
  privacyChanged: () => core.remake(),
});
const links = new PeerLinks(engine, () => reach.source);
const lanes = new DocumentLanes({
  engine,
  reach: links,
  direct: (sessionId) => {
    const session = core.sessions.sessions().find((each) => each.sessionId === sessionId);
    return session !== undefined && paths.of(session.deviceId)?.kind === 'direct';
  },
});
const shares = new DocumentShares({
  engine,
  reach: links,
  log: (...line) => reach.log(...line),
  pursue: (deviceId) => core.sessions.pursue(deviceId),
  changed(how) {
    if (how === 'at-once') void publisher.now();
    else publisher.changed();
    idle.touch();
  },
  pointed: (pointed) => lasers.show(pointed),
});
const lasers = new LaserFeed((pointed) => callBackground({ type: 'share/pointer', ...pointed }));
const core = createSessions({
  keys,
  rooms,
  links,
  deviceName: () => deviceName,
  wanted,
});
const paths = new Paths({
  connected: connectedDevices,
  read: (deviceId) => core.sessions.path(deviceId),
  changed: (deviceId, before, path) => {
    logPath(reach.log, deviceId, before, path);
    if (before !== null && before.kind !== path.kind)
      engine.post({ type: 'path-changed', deviceId });
    publisher.changed();
  },
});
const presence = new PresenceFeed(core, (deviceId) => {
  if (wanted(deviceId)) core.sessions.pursue(deviceId);
});
const outgoing = new Outgoing(engine, board);
const incoming = new Incoming(engine, board);
const idle = new IdleWatch({
  clock,
  busy: () => board.busy() || shares.busy || pairingRuns() || reach.checking,
  connected: connectedDevices,
  closeDevice: (deviceId) => core.sessions.closeDevice(deviceId, 'idle'),
  idle: () => void callBackground({ type: 'idle' }).catch(() => {}),
});

core.sessions.subscribe((event) => {
  logSession(reach.log, event);
  shares.onSession(event);
  if (endedWithoutPath(event)) reach.doubtNat();
  if (event.type === 'removed-by-peer')
    engine.post({ type: 'remove-device', deviceId: event.deviceId });
  if (event.type === 'doubt')
    return void callBackground({ type: 'signaling/probe' }).catch(() => {});
  if (event.type === 'reach')
    return engine.post({ type: 'reach', deviceId: event.deviceId, how: event.how });
  wake.needed = connectedDevices().length > 0;
  paths.refresh();
  reach.quiet();
  void publisher.now();
  idle.touch();
});
core.pairing.subscribe(() => {
  unreadableCode = null;
  void publisher.now();
  idle.touch();
});

const wake = new WakeWatch(clock, () => reach.doubt('Awake after sleep'));

function endedWithoutPath(event: SessionEvent): boolean {
  return (
    event.type === 'state' && event.state.type === 'closed' && event.state.reason === 'link-failed'
  );
}

function wanted(deviceId: string): boolean {
  return board.waitsFor(deviceId) || shares.waitsFor(deviceId);
}

function connectedDevices(): string[] {
  return core.sessions.sessions().map(({ deviceId }) => deviceId);
}

function pairingRuns(): boolean {
  const { type } = core.pairing.state;
  return type !== 'idle' && type !== 'failed' && type !== 'paired';
}

const CONNECTION_OF: Readonly<Record<DeviceState['type'], ConnectionView>> = {
  idle: 'none',
  closed: 'none',
  waiting: 'waiting',
  rendezvous: 'connecting',
  handshaking: 'connecting',
  connecting: 'connecting',
  connected: 'connected',
  restarting: 'restarting',
};

function state(): OffscreenState {
  const connections: Record<string, OffscreenConnection> = {};
  for (const deviceId of rooms.devices()) {
    const shown = CONNECTION_OF[core.sessions.stateOf(deviceId).type];
    if (shown !== 'none') connections[deviceId] = { state: shown, path: paths.of(deviceId) };
  }
  return {
    self: { deviceId: ownId, shortId: ownId === '' ? '' : shortDeviceId(ownId) },
    pairing: unreadableCode ?? pairingView(core.pairing.state),
    connections,
    transfers: board.views(),
    shares: shares.views(),
    outbox: outgoing.outbox,
    check: reach.report,
    ...(keys.setAside > 0 && { problem: 'keys-set-aside' as const }),
  };
}

async function onReport(report: EngineReport): Promise<void> {
  switch (report.type) {
    case 'started':
      return engineStarted();
    case 'binding-failed':
      return core.sessions.closeSession(report.sessionId, 'binding-failed');
    case 'outbox':
      outgoing.outbox = report.outbox;
      return publisher.changed();
    case 'opened':
      return outgoing.opened(report.transferId);
    case 'not-kept':
      return outgoing.notKept(report.transferId);
    case 'refused':
      return outgoing.refused(report.transferId, report.code);
    case 'taken':
      return outgoing.taken(report.transferId);
    case 'attached':
      return;
    case 'media-bound':
    case 'media-unbound':
      return shares.onReport(report);
    case 'event':
      break;
  }
  const { event } = report;
  if (shares.onEngine(event)) return;
  switch (event.type) {
    case 'lane-task':
      return lanes.onTask(event.sessionId, event.task);
    case 'lanes':
      return logLanes(reach.log, event.sessionId, event.count);
    case 'need-session':
      return core.sessions.pursue(event.deviceId);
    case 'session-error':
      return core.sessions.closeSession(event.sessionId, 'bad-peer');
    case 'removed-by-peer':
      shares.removeDevice(event.deviceId);
      core.sessions.forget(event.deviceId);
      await keys.discard(event.deviceId, 'all');
      await rooms.reload();
      await tellBackground({ type: 'device/dropped', deviceId: event.deviceId, what: 'all' });
      return;
    default:
      return incoming.onEvent(event);
  }
}

async function onCall(call: OffscreenCall): Promise<unknown> {
  await ready;
  switch (call.type) {
    case 'state/get':
      return state();
    case 'transfer/names':
      return board.snapshot(call.transferId)?.files.map(({ path }) => path) ?? [];
    case 'configure':
      deviceName = call.deviceName;
      return;
    case 'presence':
      return applyPresence(call.presence);
    case 'reach':
      return reach.use(call.reach);
    case 'network-changed':
      return reach.networkChanged();
    case 'check/run':
      // Not awaited: the report comes with the state, line by line.
      return void reach.check(call.server);
    case 'signal':
      return core.signal({ roomId: call.roomId, from: call.from, data: call.data });
    case 'pair/create':
      core.pairing.create({ format: call.style, remember: true });
      return publisher.now();
    case 'pair/join':
      join(call.code);
      return publisher.now();
    case 'pair/cancel':
      unreadableCode = null;
      core.pairing.cancel();
      core.pairing.dismiss();
      return publisher.now();
    case 'nameplate/expired':
      return core.pairing.nameplateExpired(call.nameplate);
    case 'device/remove':
      shares.removeDevice(call.deviceId);
      engine.post({ type: 'remove-device', deviceId: call.deviceId });
      return removeDevice(call.deviceId);
    case 'send/text':
      return outgoing.text(call);
    case 'send/fetch':
      // Not awaited: the answer says that it is taken, not that it is done.
      return void outgoing.fetched(call);
    case 'send/read':
      return void outgoing.read(call);
    case 'send/read-failed':
      return outgoing.readFailed(call.requestId);
    case 'send/again':
      return outgoing.again(call);
    case 'sources/forget':
      return engine.post({ type: 'forget-sources', transferIds: call.transferIds });
    case 'transfer/decide':
      return incoming.decide(call.transferId, call.decision);
    case 'transfer/unlock': {
      const { transferId, password } = call;
      return engine.post({ type: 'unlock', transferId, password });
    }
    case 'transfer/cancel':
      if (call.fileId === undefined && outgoing.cancel(call.transferId)) return;
      return engine.post({ type: 'cancel', ...partOf(call) });
    case 'transfer/pause':
      return engine.post({ type: 'pause', ...partOf(call) });
    case 'transfer/resume':
      return engine.post({ type: 'resume', ...partOf(call) });
    case 'transfer/retry':
      return engine.post({
        type: 'retry',
        ...partOf(call),
        freshId: call.freshId,
        ...(call.force === true && { force: true }),
      });
    case 'transfer/sources':
      return outgoing.sources(call);
    case 'transfer/dismiss':
      outgoing.cancel(call.transferId);
      board.remove(call.transferId);
      return engine.post({ type: 'dismiss', transferId: call.transferId });
    case 'save/done':
      return incoming.saved(call.transferId, call.fileId);
    case 'save/failed':
      return incoming.saveFailed(call.transferId, call.fileId, call.code);
    case 'save/retry':
      return incoming.saveAgain(call.transferId);
    case 'clipboard/write':
      return copyText(call.text);
    case 'share/start':
      return shares.start(call);
    case 'share/accept':
      shares.accept(call.shareId);
      // Or it would be shown to nobody, and the sharer believe that it is watched.
      return shares.expectPage(call.shareId);
    case 'share/decline':
      return shares.decline(call.shareId);
    case 'share/stop':
      return shares.stop(call.shareId);
    case 'share/dismiss':
      return shares.dismiss(call.shareId);
    case 'share/unprotected':
      return shares.goOnUnprotected(call.shareId);
    case 'share/allow-pointer':
      return shares.allowPointer(call.shareId, call.allowed);
    case 'share/quality':
      return shares.setQuality(call.settings);
    case 'share/title':
      return shares.renamed(call.sourceId, call.title);
    case 'share/source-gone':
      return shares.sourceGone(call.sourceId);
    case 'share/page-gone':
      return shares.pageGone();
  }
}

/** A transfer, or one file of it; calls hold more than a message to the engine has. */
function partOf(call: { transferId: string; fileId?: number }): {
  transferId: string;
  fileId?: number;
} {
  const { transferId, fileId } = call;
  return { transferId, ...(fileId !== undefined && { fileId }) };
}

function join(code: string): void {
  try {
    parseCode(code);
  } catch (error) {
    if (!(error instanceof CodeError)) throw error;
    unreadableCode = { state: 'failed', reason: 'bad-code', detail: error.code };
    return;
  }
  core.pairing.join(code, { remember: true });
}

/** A pair that was only just made is taken back by its own pairing, which still holds the room. */
function removeDevice(deviceId: string): Promise<void> {
  const pairing = core.pairing.state;
  const fresh = pairing.type === 'confirm-words' || pairing.type === 'paired';
  if (fresh && pairing.deviceId === deviceId) return core.pairing.reject();
  return core.sessions.remove(deviceId);
}

function applyPresence(next: Presence): void {
  rooms.serverOffset = next.clockOffset;
  presence.apply(next);
}

/** A port that wakes background again whenever it dies, so that rooms are joined while we live. */
function holdBackground(): void {
  browser.runtime.connect({ name: 'offscreen' }).onDisconnect.addListener(holdBackground);
}

async function start(): Promise<void> {
  // Side by side: a person's click waits for all of them.
  const [identity] = await Promise.all([keys.identity(), rooms.reload(), engineReady]);
  ownId = identity.deviceId;
  const begin = await tellBackground({ type: 'ready' });
  deviceName = begin.deviceName;
  reach.use(begin.reach);
  applyPresence(begin.presence);
}

// For pages of this extension, which see this window.
Object.assign(globalThis, { tallowShares: shares satisfies ShareStreams });
listenInOffscreen(onCall);
const ready = start();
receiveHandOvers(async (handOver) => {
  await ready;
  await outgoing.files(handOver);
});
// What waits to be sent is not to be cleared away when the disk gets full.
void navigator.storage.persist();
holdBackground();
void ready.then(() => {
  void publisher.now();
  idle.touch();
});
