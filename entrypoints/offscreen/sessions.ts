import { randomBytes, toBase64 } from '../../lib/crypto/bytes.ts';
import { rvRoot } from '../../lib/crypto/rendezvous.ts';
import { errorCode } from '../../lib/errors/index.ts';
import { callBackground } from '../../lib/messaging/rpc.ts';
import type { OffscreenCall, Presence } from '../../lib/messaging/offscreen-calls.ts';
import type { PeerLinks } from '../../lib/rtc/peer-links.ts';
import { createSessionCore, type SessionCore } from '../../lib/session/core.ts';
import type { Clock, PairStore, SignalPort } from '../../lib/session/ports.ts';
import type { KeyStore } from '../../lib/storage/keys.ts';
import type { PairRooms } from './pair-rooms.ts';

/** Joins the session core to this document: background signals, the key store keeps the pairs. */

const clock: Clock = {
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
      await callBackground({
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
      await callBackground({ type: 'device/confirmed', deviceId });
    },
    async discard(deviceId, what) {
      await keys.discard(deviceId, what);
      await rooms.reload();
      await callBackground({ type: 'device/dropped', deviceId, what });
    },
  };
}

export function createSessions(deps: {
  keys: KeyStore;
  rooms: PairRooms;
  links: PeerLinks;
  deviceName: () => string;
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
  });
}

/** Turns background's level-triggered presence into the core's edges. */
export class PresenceFeed {
  readonly #core: SessionCore;
  #peers = new Map<string, Presence['peers'][number]>();

  constructor(core: SessionCore) {
    this.#core = core;
  }

  /** Devices that newly have a socket in one of our rooms. */
  apply(presence: Presence): string[] {
    const next: typeof this.#peers = new Map(
      presence.peers.map((peer) => [`${peer.roomId} ${peer.socketId}`, peer]),
    );
    if (!presence.online) {
      this.#peers = new Map();
      this.#core.signalingLost();
      return [];
    }
    for (const [key, { roomId, socketId }] of this.#peers)
      if (!next.has(key)) this.#core.peerLeft({ roomId, socketId });
    const arrived: string[] = [];
    for (const [key, { roomId, socketId, deviceId }] of next) {
      if (this.#peers.has(key)) continue;
      this.#core.peerJoined({ roomId, socketId });
      if (deviceId !== null) arrived.push(deviceId);
    }
    this.#peers = next;
    return arrived;
  }

  signal({ roomId, from, data }: Extract<OffscreenCall, { type: 'signal' }>): void {
    this.#core.signal({ roomId, from, data });
  }
}

/** First retry after this long, then twice as long each time, while the device is present. */
const RETRY_MS = 2_000;
const MAX_RETRIES = 4;

/**
 * Brings up a session for a transfer that needs one, again while the device is there. A device that
 * is away is no failure: the transfer waits for it to appear.
 */
export class Connector {
  readonly #core: SessionCore;
  readonly #hint: (deviceId: string, how: 'connecting' | 'offline' | 'unreachable') => void;
  readonly #running = new Set<string>();

  constructor(
    core: SessionCore,
    hint: (deviceId: string, how: 'connecting' | 'offline' | 'unreachable') => void,
  ) {
    this.#core = core;
    this.#hint = hint;
  }

  async reach(deviceId: string): Promise<void> {
    if (this.#running.has(deviceId)) return;
    this.#running.add(deviceId);
    try {
      for (let attempt = 0; ; attempt += 1) {
        const outcome = await this.#try(deviceId);
        if (outcome === 'connected') return;
        if (outcome === 'offline') return this.#hint(deviceId, 'offline');
        if (attempt === MAX_RETRIES) return this.#hint(deviceId, 'unreachable');
        await new Promise<void>((resolve) => {
          clock.schedule(RETRY_MS * 2 ** attempt, resolve);
        });
      }
    } finally {
      this.#running.delete(deviceId);
    }
  }

  async #try(deviceId: string): Promise<'connected' | 'offline' | 'failed'> {
    this.#hint(deviceId, 'connecting');
    try {
      await this.#core.sessions.connect(deviceId);
      return 'connected';
    } catch (error) {
      const code = errorCode(error);
      return code === 'peer-offline' || code === 'peer-left' || code === 'server-away'
        ? 'offline'
        : 'failed';
    }
  }
}
