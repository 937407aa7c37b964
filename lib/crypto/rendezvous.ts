/**
 * Where two paired devices meet, anew every day: PROTOCOL.md section RC. The background imports this
 * file, so it stays free of curves and KEMs.
 */
import { assertLength, concat, toHex, u32be, utf8, type Bytes } from './bytes.ts';
import { hkdfSha256 } from './hash.ts';

const DAY_MS = 86_400_000;
/** Near midnight, and for clocks that disagree, both days' rooms are joined. */
export const RENDEZVOUS_OVERLAP_MS = 2 * 60 * 60 * 1000;

/** Made at pairing from `pskRoot`; all that presence needs. 32 bytes. */
export function rvRoot(pskRoot: Uint8Array): Bytes {
  assertLength(pskRoot, 32, 'pskRoot');
  return hkdfSha256(pskRoot, undefined, utf8('tallow-rv-root-v2'), 32);
}

/** 16 bytes. @param day of `rendezvousDay`. */
export function rendezvousId(root: Uint8Array, day: number): Bytes {
  assertLength(root, 32, 'rvRoot');
  return hkdfSha256(root, undefined, concat(utf8('tallow-rv-v2'), u32be(day)), 16);
}

/** `floor(unix seconds / 86400)`. */
export function rendezvousDay(nowMs: number): number {
  return Math.floor(nowMs / DAY_MS);
}

/**
 * The days whose rooms to be in now, without repeats, today's first: the neighbour's within two hours
 * of UTC midnight, and the server's where its clock is more than two hours from ours.
 */
export function rendezvousDays(nowMs: number, serverNowMs?: number): number[] {
  const today = rendezvousDay(nowMs);
  const days = [today];
  const sinceMidnight = nowMs - today * DAY_MS;
  if (sinceMidnight < RENDEZVOUS_OVERLAP_MS) days.push(today - 1);
  if (DAY_MS - sinceMidnight <= RENDEZVOUS_OVERLAP_MS) days.push(today + 1);
  if (serverNowMs !== undefined && Math.abs(serverNowMs - nowMs) > RENDEZVOUS_OVERLAP_MS) {
    days.push(rendezvousDay(serverNowMs));
  }
  return [...new Set(days)].filter((day) => day >= 0);
}

/** The signaling server's name for the room: `r` and 32 hex digits. */
export function roomName(rv: Uint8Array): string {
  assertLength(rv, 16, 'rendezvous id');
  return `r${toHex(rv)}`;
}
