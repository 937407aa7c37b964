/**
 * The engine's worker: owns every data channel, chunk crypto, hashing and OPFS. It knows sessions
 * and transfers; what a popup or a server is, it does not.
 */
import { randomBytes, wipe } from '../../lib/crypto/bytes.ts';
import { isTallowError } from '../../lib/errors/index.ts';
import { OpfsSinks } from '../../lib/files/opfs-sinks.ts';
import { OutboxSources } from '../../lib/files/outbox-sources.ts';
import { TransferLedger } from '../../lib/files/transfer-ledger.ts';
import { TransferRecords } from '../../lib/files/transfer-records.ts';
import type { EngineReport, EngineRequest } from '../../lib/messaging/engine.ts';
import { bindChannel } from '../../lib/session/bound-channel.ts';
import { Engine } from '../../lib/transfer/engine.ts';
import { OutboxDesk } from './outbox-desk.ts';
import { bindingOf, rawChannel, WorkerLanes, type RawChannel } from './worker-lanes.ts';
import { WorkerMedia } from './worker-media.ts';

const report = (message: EngineReport) => postMessage(message);

const sources = new OutboxSources({ report });

const engine = new Engine({
  store: new TransferRecords(),
  sinks: new OpfsSinks(),
  sources,
  ledger: new TransferLedger(),
  clock: {
    now: () => Date.now(),
    after(ms, task) {
      const timer = setTimeout(task, ms);
      return () => clearTimeout(timer);
    },
  },
  random: randomBytes,
  onEvent(event) {
    sources.observe(event);
    if (event.type === 'lane-task' && event.task.type === 'lane-drop') {
      lanes.drop(event.sessionId, event.task.pcId);
    }
    report({ type: 'event', event });
  },
});
const lanes = new WorkerLanes({
  addLane: (sessionId, pcId, channel) => engine.addLane(sessionId, pcId, channel),
  laneNews: (sessionId, news) => engine.laneNews(sessionId, news),
  bindingFailed: (sessionId) => report({ type: 'binding-failed', sessionId }),
});

const media = new WorkerMedia(report);

const outbox = new OutboxDesk({ engine, sources, report });

/** Channels of connections whose peer is not authenticated yet. */
const waiting = new Map<string, { control: RawChannel; lane: RawChannel }>();

async function secure(request: Extract<EngineRequest, { type: 'secure' }>): Promise<void> {
  const { sessionId, deviceId, role, pcId, keys, maxMessageSize } = request;
  const channels = waiting.get(sessionId);
  waiting.delete(sessionId);
  if (!channels) return wipe(keys.bind, keys.control, keys.fileRoot, keys.media);
  const binding = bindingOf(keys.bind, role, pcId, request);
  try {
    const [control, lane] = await Promise.all(
      [channels.control, channels.lane].map((channel) => {
        channel.maxMessageSize = maxMessageSize;
        return bindChannel(channel, binding);
      }),
    );
    if (!control || !lane) throw new Error('two channels were bound');
    const { fixedLanes } = request;
    lanes.open(sessionId, role, keys.bind);
    media.open(sessionId, role, keys);
    engine.attachSession({
      ...{ sessionId, deviceId, role, keys, pcId, control, lanes: [lane] },
      ...(fixedLanes !== undefined && { fixedLanes }),
    });
    report({ type: 'attached', sessionId, deviceId });
  } catch {
    channels.control.close();
    channels.lane.close();
    report({ type: 'binding-failed', sessionId });
  } finally {
    wipe(keys.bind, keys.control, keys.fileRoot, keys.media);
  }
}

async function handle(request: EngineRequest): Promise<void> {
  // What is asked of a transfer comes after its beginning, which writes down where its files are.
  if ('transferId' in request) await outbox.settled(request.transferId);
  switch (request.type) {
    case 'channels':
      waiting.set(request.sessionId, {
        control: rawChannel(request.control),
        lane: rawChannel(request.lane),
      });
      return;
    case 'lane-channel':
      return lanes.take(request);
    case 'lane-secure':
      return lanes.secure(request);
    case 'media-channel':
    case 'media-secure':
    case 'media-drop':
    case 'media-keys':
    case 'frames-port':
      return await media.handle(request);
    case 'share-post':
      return engine.postShare(request.sessionId, request.message);
    case 'share-breach':
      return engine.failSession(request.sessionId, request.code);
    case 'path-changed':
      return engine.pathChanged(request.deviceId);
    case 'lane-news':
      return engine.laneNews(request.sessionId, request.news);
    case 'secure':
      return secure(request);
    case 'drop': {
      const channels = waiting.get(request.sessionId);
      waiting.delete(request.sessionId);
      channels?.control.close();
      channels?.lane.close();
      lanes.close(request.sessionId);
      media.close(request.sessionId);
      engine.detachSession(request.sessionId, request.reason);
      return;
    }
    case 'send':
    case 'give':
    case 'sources':
    case 'again':
    case 'forget-sources':
      return await outbox.handle(request);
    case 'reach':
      if (request.how === 'connecting') engine.connecting(request.deviceId);
      else if (request.how === 'offline') engine.offline(request.deviceId);
      else {
        const { deviceId, how } = request;
        engine.unreachable(deviceId, how === 'unreachable' ? 'device-unreachable' : how);
      }
      return;
    case 'decide':
      return engine.decide(request.transferId, request.decision);
    case 'unlock':
      return await engine.unlock(request.transferId, request.password);
    case 'cancel':
      return engine.cancel(request.transferId, request.fileId);
    case 'pause':
      return engine.pause(request.transferId, request.fileId);
    case 'resume':
      return engine.resume(request.transferId, request.fileId);
    case 'retry': {
      const { transferId, freshId, force, fileId } = request;
      return engine.retry(transferId, freshId, {
        ...(force !== undefined && { force }),
        ...(fileId !== undefined && { fileId }),
      });
    }
    case 'dismiss':
      return engine.remove(request.transferId);
    case 'remove-device':
      return engine.removeDevice(request.deviceId);
    case 'save': {
      const { transferId, fileId, outcome } = request;
      if (outcome.type === 'saving') return engine.markSaving(transferId, fileId);
      if (outcome.type === 'saved') return engine.markSaved(transferId, fileId);
      return engine.saveFailed(transferId, fileId, outcome.what);
    }
  }
}

const started = start();

async function start(): Promise<void> {
  await engine.start();
  await sources.tidy(engine.snapshots().map(({ transferId }) => transferId));
  report({ type: 'started' });
}

/** A request for a transfer that is gone meanwhile is refused; nobody waits for the answer. */
function ignoreRefusal(error: unknown): void {
  if (!isTallowError(error)) throw error;
}

/** Channels must be taken in the message's own task; everything else waits for the store. */
const AT_ONCE = new Set<EngineRequest['type']>([
  'channels',
  'lane-channel',
  'media-channel',
  'frames-port',
  'drop',
]);

addEventListener('message', (event: MessageEvent<EngineRequest>) => {
  const request = event.data;
  if (AT_ONCE.has(request.type)) void handle(request);
  else void started.then(() => handle(request)).catch(ignoreRefusal);
});
