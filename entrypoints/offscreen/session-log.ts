import type { ConnectionPath } from '../../lib/ice/path.ts';
import type { Log } from '../../lib/log/entry.ts';
import type { DeviceState, SessionEvent } from '../../lib/session/events.ts';

const STATE_LINES: Readonly<Record<DeviceState['type'], string>> = {
  idle: 'Idle',
  rendezvous: 'Looking for the device',
  handshaking: 'Handshake',
  connecting: 'Connecting',
  connected: 'Connected',
  restarting: 'Restarting',
  waiting: 'Waiting',
  closed: 'Closed',
};

/** What sessions do, as lines of the debug log. */
export function logSession(log: Log, event: SessionEvent): void {
  switch (event.type) {
    case 'state': {
      const { state, deviceId } = event;
      const detail = 'reason' in state ? state.reason : 'for' in state ? state.for : '';
      return log('Session', STATE_LINES[state.type], {
        device: deviceId,
        ...(detail !== '' && { detail }),
      });
    }
    case 'session-up':
      return log('Session', 'Session up', named(event.session));
    case 'session-down':
      return log('Session', 'Session down', { ...named(event.session), reason: event.reason });
    case 'reach':
      return log('Connection', 'Told to what waits', { device: event.deviceId, reach: event.how });
    case 'doubt':
      return log('Connection', 'Path lost or in doubt', { device: event.deviceId });
    case 'pair-confirmed':
      return log('Session', 'Pair confirmed', { device: event.deviceId });
    case 'removed-by-peer':
      return log('Session', 'Removed by the other device', { device: event.deviceId });
  }
}

/** The path of a connection, when it is another one than before. */
export function logPath(
  log: Log,
  deviceId: string,
  before: ConnectionPath | null,
  path: ConnectionPath,
): void {
  const same =
    before?.kind === path.kind &&
    before.transport === path.transport &&
    before.sameNetwork === path.sameNetwork;
  if (same) return;
  log('Connection', 'Path', {
    device: deviceId,
    kind: path.kind,
    transport: path.transport,
    sameNetwork: path.sameNetwork,
    rttMs: path.rttMs,
  });
}

/** Lanes of a session that are up: another number than before. */
export function logLanes(log: Log, sessionId: string, count: number): void {
  log('Connection', 'Lanes', { session: sessionId, count });
}

function named({ sessionId, deviceId }: { sessionId: string; deviceId: string }) {
  return { session: sessionId, device: deviceId };
}
