/** The rendezvous rooms to be in now, and when that changes: docs/PROTOCOL.md section 3, [RC2]. */
import { fromBase64 } from '../crypto/bytes.ts';
import {
  RENDEZVOUS_OVERLAP_MS,
  rendezvousDays,
  rendezvousId,
  roomName,
} from '../crypto/rendezvous.ts';
import type { DeviceRecord, Pairing } from './record.ts';
import type { PairSlot, RoomOwner } from './slots.ts';

const DAY_MS = 86_400_000;

/** @param serverNow the server's clock, where known. */
export function roomsOf(
  records: Iterable<DeviceRecord>,
  now: number,
  serverNow?: number,
): Map<string, RoomOwner> {
  const days = rendezvousDays(now, serverNow);
  const rooms = new Map<string, RoomOwner>();
  for (const record of records) {
    for (const [slot, { rvRoot }] of pairingsOf(record)) {
      const root = fromBase64(rvRoot);
      for (const day of days) {
        rooms.set(roomName(rendezvousId(root, day)), { deviceId: record.deviceId, slot });
      }
    }
  }
  return rooms;
}

function pairingsOf({ state }: DeviceRecord): [PairSlot, Pairing][] {
  switch (state.type) {
    case 'pending':
      return [['pending', state.pairing]];
    case 'paired':
      return [['paired', state.pairing]];
    case 'pairing-again':
      return [
        ['paired', state.pairing],
        ['pending', state.next],
      ];
  }
}

/** The next moment (our clock, ms) at which the set of days is another; for an alarm. */
export function nextRoomChange(now: number, serverNow?: number): number {
  const midnight = Math.floor(now / DAY_MS) * DAY_MS;
  const moments = [
    midnight + RENDEZVOUS_OVERLAP_MS,
    midnight + DAY_MS - RENDEZVOUS_OVERLAP_MS,
    midnight + DAY_MS,
  ];
  if (serverNow !== undefined) {
    moments.push(now + DAY_MS - (serverNow % DAY_MS));
  }
  return Math.min(...moments.filter((moment) => moment > now));
}
