import { TallowError } from '../../lib/errors/index.ts';
import {
  parseStunServers,
  parseTurnServers,
  unmaskTurnServers,
  type ParsedServers,
} from '../../lib/ice/servers.ts';
import type { Intent } from '../../lib/messaging/intents.ts';
import { planPage, textOrLink } from '../../lib/platform/click-plan.ts';
import { showDownload } from '../../lib/platform/downloads.ts';
import { PlatformError } from '../../lib/platform/errors.ts';
import {
  frontPage,
  openHistory,
  openLink,
  openSettings,
  openWindow,
} from '../../lib/platform/tabs.ts';
import { parseServerList } from '../../lib/signaling/server-list.ts';
import type { App } from './app.ts';
import {
  clearHistory,
  removeEntry,
  sendAgain,
  shortenHistory,
  showInFolder,
} from './history-intents.ts';
import { freshId } from './sends.ts';
import { isShareIntent, onShareIntent } from './share-intents.ts';

export class IntentError extends TallowError<
  'nothing-to-open' | 'bad-url' | 'device-unknown' | 'bad-stun-servers' | 'bad-turn-servers'
> {}

/** What a person asked for in a view. Resolves when it is done or safely under way. */
export async function onIntent(app: App, intent: Intent): Promise<void> {
  const { offscreen, devices } = app;
  if (isShareIntent(intent)) return await onShareIntent(app, intent);
  switch (intent.type) {
    case 'pair/show-code':
      await offscreen.call({ type: 'pair/create', style: intent.style });
      return;
    case 'pair/enter-code':
      await offscreen.call({ type: 'pair/join', code: intent.code });
      return;
    case 'pair/cancel':
      await offscreen.callIfOpen({ type: 'pair/cancel' });
      return;
    case 'device/remove':
      // The document first: the keys go, and the peer is told while there is a way to it.
      await offscreen.call({ type: 'device/remove', deviceId: intent.deviceId });
      await devices.drop(intent.deviceId, 'all');
      return;
    case 'device/rename':
      assertKnown(app, intent.deviceId);
      return await devices.rename(intent.deviceId, intent.name);
    case 'device/rule':
      assertKnown(app, intent.deviceId);
      return await devices.setRule(intent.deviceId, intent.rule);
    case 'device/share-rule':
      assertKnown(app, intent.deviceId);
      return await devices.setShareRule(intent.deviceId, intent.rule);
    case 'device/strip':
      assertKnown(app, intent.deviceId);
      return await devices.setStripMetadata(intent.deviceId, intent.on);
    case 'send/text':
      await app.sends.begin(intent.deviceId, textOrLink(intent.text));
      return;
    case 'send/page': {
      const { url, title } = await frontPage();
      const plan = planPage(url, title);
      if (plan.type === 'nothing') throw new PlatformError('no-page');
      await app.sends.begin(intent.deviceId, plan);
      return;
    }
    case 'open/send':
      return await openWindow(sendPagePath(intent.deviceId, intent.again));
    case 'open/sources':
      return await openSources(intent.transferId);
    case 'open/settings':
      return await openSettings();
    case 'open/history':
      return await openHistory();
    case 'transfer/decide':
      return await app.offers.decide(intent.transferId, intent.decision);
    case 'transfer/unlock': {
      const { transferId, password } = intent;
      await offscreen.call({ type: 'transfer/unlock', transferId, password });
      return;
    }
    case 'transfer/cancel':
      await offscreen.call(intent);
      if (intent.fileId === undefined) await app.sends.forget([intent.transferId]);
      return;
    case 'transfer/pause':
    case 'transfer/resume':
    case 'transfer/sources':
      // A document that is gone is made anew: what it had under way goes on from its own storage.
      await offscreen.call(intent);
      return;
    case 'transfer/retry':
      return await retryOnce(app, intent);
    case 'transfer/dismiss':
      return await dismiss(app, intent.transferId);
    case 'transfer/open':
      return await openTransfer(app, intent.transferId);
    case 'history/show':
      return await showInFolder(app, intent.transferId);
    case 'history/remove':
      return await removeEntry(app, intent.transferId);
    case 'history/clear':
      return await clearHistory(app);
    case 'transfer/send-again':
      return await sendAgain(app, intent.transferId);
    case 'offscreen/ensure':
      return await offscreen.ensureForHandOver();
    case 'check/run':
      await offscreen.call({
        type: 'check/run',
        server: { ...app.connection.server, paired: app.devices.confirmed().length > 0 },
      });
      return;
    case 'log/clear':
      return await app.debugLog.clear();
    case 'settings/set':
      return await changeSettings(app, intent.settings);
  }
}

type Retry = Extract<Intent, { type: 'transfer/retry' }>;

/** Asked for of a document that may have to be made first: a second press meanwhile is the same. */
const retrying = new Map<string, Promise<void>>();

async function retryOnce(app: App, intent: Retry): Promise<void> {
  const key = JSON.stringify(intent);
  let under = retrying.get(key);
  if (under === undefined) {
    under = retry(app, intent).finally(() => retrying.delete(key));
    retrying.set(key, under);
  }
  await under;
}

/** What was sent and goes as a whole once more takes the place of what failed in the list. */
async function retry(app: App, intent: Retry): Promise<void> {
  const { transferId, fileId, force } = intent;
  const before = app.transfers.view.find((transfer) => transfer.transferId === transferId);
  await app.offscreen.call({ ...intent, freshId: freshId() });
  const replaced = before?.direction === 'out' && before.retryable === true;
  if (replaced && fileId === undefined && force !== true) await dismiss(app, transferId);
}

async function dismiss(app: App, transferId: string): Promise<void> {
  // The document forgets it too, or it would be there again with its next state.
  await app.offscreen.call({ type: 'transfer/dismiss', transferId });
  await app.sends.forget([transferId]);
  await app.transfers.forget([transferId]);
}

/** The page on which files are allowed or chosen again: a browser asks only there, upon a click. */
export async function openSources(transferId: string): Promise<void> {
  await openWindow(`send.html?transfer=${transferId}`);
}

/** @throws IntentError `device-unknown`: not paired, or not yet. */
function assertKnown({ devices }: App, deviceId: string): void {
  if (!devices.has(deviceId)) throw new IntentError('device-unknown');
}

/**
 * Opens the link, copies the text, shows the file in its folder, or saves what could not be saved.
 * @throws IntentError
 */
export async function openTransfer(app: App, transferId: string): Promise<void> {
  const received = await app.stores.texts.get(transferId);
  if (received?.kind === 'text') {
    await app.offscreen.call({ type: 'clipboard/write', text: received.text });
    return;
  }
  if (received) return await openLink(received.text);
  const saved = app.stores.saved.get(transferId);
  const view = app.transfers.view.find((transfer) => transfer.transferId === transferId);
  if (view?.direction === 'in' && view.state === 'needs-you') {
    await app.saves.again(transferId);
    await app.offscreen.call({ type: 'save/retry', transferId });
    return;
  }
  if (!saved) throw new IntentError('nothing-to-open');
  await showDownload(saved.downloadId);
}

type NewSettings = Extract<Intent, { type: 'settings/set' }>['settings'];

async function changeSettings(app: App, wanted: NewSettings): Promise<void> {
  const { settings } = app.stores;
  const before = settings.get();
  const next = {
    ...before,
    deviceName: wanted.deviceName ?? before.deviceName,
    signalingUrl: wanted.signalingUrl?.trim() ?? before.signalingUrl,
    codeStyle: wanted.codeStyle ?? before.codeStyle,
    privacyMode: wanted.privacyMode ?? before.privacyMode,
    stunServers: wanted.stunServers ?? before.stunServers,
    turnServers:
      wanted.turnServers === undefined
        ? before.turnServers
        : unmaskTurnServers(wanted.turnServers, before.turnServers),
    debugLog: wanted.debugLog ?? before.debugLog,
    historyDays: wanted.historyDays ?? before.historyDays,
  };
  // Only what was asked for: an old list that is bad by now must not keep the rest from being set.
  if (wanted.signalingUrl !== undefined && !isServerList(next.signalingUrl))
    throw new IntentError('bad-url');
  if (wanted.stunServers !== undefined && !allGood(parseStunServers(next.stunServers)))
    throw new IntentError('bad-stun-servers');
  if (wanted.turnServers !== undefined && !allGood(parseTurnServers(next.turnServers)))
    throw new IntentError('bad-turn-servers');
  await settings.set(next);
  if (before.debugLog && !next.debugLog) await app.debugLog.clear();
  if (next.historyDays < before.historyDays) await shortenHistory(app);
  if (next.deviceName !== before.deviceName) {
    await app.offscreen.callIfOpen({ type: 'configure', deviceName: app.deviceName });
  }
  app.connection.use(next.signalingUrl);
  app.reach.update();
  app.hub.changed();
}

function sendPagePath(deviceId: string, again: string | undefined): string {
  return `send.html?${new URLSearchParams({ device: deviceId, ...(again && { again }) })}`;
}

const SERVER_PROTOCOLS: readonly string[] = ['http:', 'https:', 'ws:', 'wss:'];

/** One address or several, parted by spaces or commas; empty switches signaling off. */
function isServerList(text: string): boolean {
  return parseServerList(text).every(isServerUrl);
}

/** With a password in it, it would be shown and sent around. */
function isServerUrl(text: string): boolean {
  const url = URL.parse(text);
  if (!url || url.username !== '' || url.password !== '') return false;
  return SERVER_PROTOCOLS.includes(url.protocol);
}

function allGood({ problems }: ParsedServers): boolean {
  return problems.length === 0;
}
