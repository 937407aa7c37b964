import { exportLog } from '../../lib/log/export.ts';
import { browserVersion } from '../../lib/platform/device-name.ts';
import { browser } from '../../lib/browser/index.ts';
import { parseServerList } from '../../lib/signaling/server-list.ts';
import type { App } from './app.ts';

/** The debug log as the file that a person hands on ([LG4]). */
export function debugLogText(app: App): string {
  const { privacyMode, signalingUrl, stunServers, turnServers, debugLog } =
    app.stores.settings.get();
  const { view } = app.connection;
  const { nat, stun, turn } = app.reach.config;
  return exportLog(
    {
      version: browser.runtime.getManifest().version,
      browser: browserVersion(navigator.userAgent),
      exportedAt: app.now(),
      enabled: debugLog,
      facts: {
        'Signaling server': view.state === 'offline' ? `offline (${view.reason})` : view.state,
        'Signaling servers set': parseServerList(signalingUrl).length,
        'Devices paired': app.devices.confirmed().length,
        'Devices online': app.connection.online.size,
        'Privacy mode': privacyMode ? 'on' : 'off',
        'Own STUN lines': linesIn(stunServers),
        'Own TURN lines': linesIn(turnServers),
        'STUN addresses in use': stun.length,
        'TURN addresses in use': turn.length,
        NAT: nat === null ? 'unknown' : `${nat.type}, confidence ${nat.confidence.toFixed(2)}`,
      },
    },
    app.debugLog.entries,
  );
}

function linesIn(text: string): number {
  return text.split('\n').filter((line) => line.trim() !== '').length;
}
