import { randomBytes, toBase64 } from '../../lib/crypto/bytes.ts';
import { rvRoot } from '../../lib/crypto/rendezvous.ts';
import { callBackground, tellBackground } from '../../lib/messaging/rpc.ts';
import type { PeerLinks } from '../../lib/rtc/peer-links.ts';
import { createSessionCore, type SessionCore } from '../../lib/session/core.ts';
import type { Clock, PairStore, SignalPort } from '../../lib/session/ports.ts';
import type { KeyStore } from '../../lib/storage/keys.ts';
import type { PairRooms } from './pair-rooms.ts';

/** Joins the session core to this document: background signals, the key store keeps the pairs. */

/** Wall clock and timers of this document. */
export const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

const signal: SignalPort = {
  async send({ roomId, target }, event, data) {
    // The session room only uses the events of the protocol; group events are the server's.
    if (event.startsWith('group-')) throw new Error('not an event of a session');
    await callBackground({ type: 'signal/send', event: event as SentEvent, roomId, target, data });
  },
  createNameplate: (nonceC) => callBackground({ type: 'nameplate/create', nonceC }),
  joinNameplate: (nameplate) => callBackground({ type: 'nameplate/join', nameplate }),
  async endNameplate(nameplate) {
    await callBackground({ type: 'nameplate/end', nameplate });
  },
  async releaseNameplate(nameplate) {
    await callBackground({ type: 'nameplate/release', nameplate });
  },
};
type SentEvent = 'offer' | 'answer' | 'ice-candidate' | 'pqc-public-key' | 'pqc-ciphertext';

/** The key store, telling background of what changes in its registry. */
function pairStore(keys: KeyStore, rooms: PairRooms): PairStore {
  return {
    secrets: (deviceId, slot) => keys.secrets(deviceId, slot),
    async savePending(pair) {
      const root = rvRoot(pair.pskRoot);
      await keys.savePending(pair);
      await rooms.reload();
      await tellBackground({
        type: 'device/paired',
        deviceId: pair.deviceId,
        name: pair.name,
        rvRoot: toBase64(root),
        checkWords: [...pair.checkWords],
        state: 'pending',
      });
    },
    async confirm(deviceId) {
      await keys.confirm(deviceId);
      await rooms.reload();
      await tellBackground({ type: 'device/confirmed', deviceId });
    },
    async discard(deviceId, what) {
      await keys.discard(deviceId, what);
      await rooms.reload();
      await tellBackground({ type: 'device/dropped', deviceId, what });
    },
  };
}

export function createSessions(deps: {
  keys: KeyStore;
  rooms: PairRooms;
  links: PeerLinks;
  deviceName: () => string;
  wanted: (deviceId: string) => boolean;
}): SessionCore {
  return createSessionCore({
    signal,
    links: deps.links,
    identity: {
      staticKey: async () => (await deps.keys.identity()).key,
      deviceName: async () => deps.deviceName(),
    },
    pairs: pairStore(deps.keys, deps.rooms),
    rooms: deps.rooms,
    clock,
    random: randomBytes,
    wanted: deps.wanted,
  });
}
