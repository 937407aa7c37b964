import { maskTurnServers } from '../../lib/ice/servers.ts';
import type { SettingsView } from '../../lib/messaging/snapshot.ts';
import { DEFAULT_QUALITY } from '../../lib/share/quality.ts';
import type { Settings } from '../../lib/storage/schemas.ts';

/** The settings as views see them: no password leaves background. */
export function settingsView(settings: Settings, deviceName: string): SettingsView {
  const { signalingUrl, codeStyle, privacyMode, stunServers, turnServers } = settings;
  const { debugLog, historyDays } = settings;
  return {
    deviceName,
    signalingUrl,
    codeStyle,
    privacyMode,
    stunServers,
    turnServers: maskTurnServers(turnServers),
    debugLog,
    historyDays,
    share: settings.share ?? DEFAULT_QUALITY,
  };
}
