import { defineBackground } from 'wxt/utils/define-background';
import { browser } from '../../lib/browser/index.ts';
import { errorCode } from '../../lib/errors/index.ts';
import { listenInBackground } from '../../lib/messaging/rpc.ts';
import { KEEP_ALARM, PRUNE_ALARM } from '../../lib/platform/alarms.ts';
import type { App } from './app.ts';
import { onMenuClick } from './menu-click.ts';
import { onNoticeButton, onNoticeClick } from './notification-click.ts';
import { debugLogText } from './log-export.ts';
import { showTrouble } from './notices.ts';
import { onCall } from './on-call.ts';
import { onIntent } from './on-intent.ts';
import { watchNetwork } from '../../lib/platform/network.ts';
import { onPort } from './ports.ts';
import { SEND_PAGE_COMMAND, sendPage } from './send-page-command.ts';
import { SHARE_TAB_COMMAND, shareTab } from './share-click.ts';
import { startApp } from './start.ts';
import { STOP_SHARING_COMMAND, watchTabs } from './share-events.ts';

/**
 * The service worker. It may die at any line: every listener is registered before anything is
 * awaited, or the event that woke the worker would be lost, and then waits for the stored state.
 */
export default defineBackground(() => {
  const ready = startApp();
  ready.then(
    (app) => app.resume(),
    (error: unknown) => showTrouble(errorCode(error)),
  );
  /** Events have nobody to tell of a failure; whoever asked through a view or a call is answered. */
  const whenReady = (work: (app: App) => Promise<unknown>): void => {
    ready.then(work).catch(() => undefined);
  };

  listenInBackground({
    onCall: async (call) => onCall(await ready, call),
    onIntent: async (intent) => onIntent(await ready, intent),
    onLogExport: async () => debugLogText(await ready),
  });
  browser.runtime.onConnect.addListener((port) => onPort(ready, port));
  // Both wake the worker at the browser's start and after an update, which may have lost the menu.
  const buildMenus = (): void => whenReady((app) => app.menus.rebuild({ anew: true }));
  browser.runtime.onInstalled.addListener(buildMenus);
  browser.runtime.onStartup.addListener(buildMenus);
  browser.runtime.onStartup.addListener(() => whenReady((app) => app.tabShares.forget()));
  browser.contextMenus.onClicked.addListener((info, tab) => {
    onMenuClick(ready, info, tab).catch(() => undefined);
  });
  browser.commands.onCommand.addListener((command, tab) => {
    if (command === SEND_PAGE_COMMAND) whenReady((app) => sendPage(app, tab));
    if (command === SHARE_TAB_COMMAND) shareTab(ready, tab).catch(() => undefined);
    if (command === STOP_SHARING_COMMAND) whenReady((app) => app.shares.stopAll());
  });
  browser.notifications.onClicked.addListener((id) => {
    whenReady((app) => onNoticeClick(app, id));
  });
  browser.notifications.onButtonClicked.addListener((id, button) => {
    whenReady((app) => onNoticeButton(app, id, button));
  });
  browser.downloads.onChanged.addListener(({ id, state }) => {
    if (state) whenReady((app) => app.saves.changed(id));
  });
  // Answers the browser's question of a click whose worker died meanwhile.
  browser.permissions.onAdded.addListener(() => {
    whenReady((app) => app.sends.recover());
    whenReady((app) => app.tabShares.allowed());
  });
  watchTabs(whenReady);
  watchNetwork(globalThis, {
    onChange: () => whenReady((app) => app.networkChanged()),
    onDoubt: () => whenReady((app) => app.connection.probe()),
  });
  browser.alarms.onAlarm.addListener(({ name }) => {
    if (name === KEEP_ALARM) whenReady((app) => app.keep());
    if (name === PRUNE_ALARM) whenReady((app) => app.history.prune());
  });
});
