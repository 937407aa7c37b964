import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../lib/crypto/bytes.ts';
import {
  rendezvousDay,
  rendezvousDays,
  rendezvousId,
  roomName,
  rvRoot,
} from '../../../lib/crypto/rendezvous.ts';
import { layout, nodeHkdf } from './node-oracle.ts';
import { codeOf, counting } from './support.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (iso: string): number => Date.parse(iso);
/** 2026-11-21 is day 20,778. */
const TODAY = 20_778;
const NOON = at('2026-11-21T12:00:00Z');

describe('rendezvous', () => {
  it('[RC2] root and id are the HKDFs of section 3', () => {
    const pskRoot = counting(32, 1);
    const none = new Uint8Array(0);
    const root = rvRoot(pskRoot);
    expect(toHex(root)).toBe(nodeHkdf(pskRoot, none, layout('tallow-rv-root-v2'), 32));
    const id = rendezvousId(root, TODAY);
    expect(toHex(id)).toBe(nodeHkdf(root, none, layout('tallow-rv-v2', 'x:0000512a'), 16));
    expect(toHex(rendezvousId(root, TODAY + 1))).not.toBe(toHex(id));
    expect(codeOf(() => rvRoot(counting(31)))).toBe('bad-length');
    expect(codeOf(() => rendezvousId(root, -1))).toBe('out-of-range');
  });

  it('[SV3] the room is r and 32 hex digits', () => {
    expect(roomName(fromHex('00ff'.repeat(8)))).toBe(`r${'00ff'.repeat(8)}`);
    expect(codeOf(() => roomName(counting(32)))).toBe('bad-length');
  });

  it.each([
    ['at noon', '2026-11-21T12:00:00Z', [TODAY]],
    ['at midnight', '2026-11-21T00:00:00Z', [TODAY, TODAY - 1]],
    ['just before two', '2026-11-21T01:59:59.999Z', [TODAY, TODAY - 1]],
    ['at two', '2026-11-21T02:00:00Z', [TODAY]],
    ['just before ten at night', '2026-11-21T21:59:59.999Z', [TODAY]],
    ['at ten at night', '2026-11-21T22:00:00Z', [TODAY, TODAY + 1]],
    ['just before midnight', '2026-11-21T23:59:59.999Z', [TODAY, TODAY + 1]],
  ])('[RC2] days %s', (_, iso, days) => {
    expect(rendezvousDay(at(iso))).toBe(TODAY);
    expect(rendezvousDays(at(iso))).toEqual(days);
    expect(rendezvousDays(at(iso), at(iso) + 2 * HOUR)).toEqual(days);
  });

  it("[RC2] the server's day too, where its clock is more than two hours away", () => {
    expect(rendezvousDays(NOON, NOON + 3 * DAY)).toEqual([TODAY, TODAY + 3]);
    expect(rendezvousDays(NOON, NOON - 3 * DAY)).toEqual([TODAY, TODAY - 3]);
    expect(rendezvousDays(NOON, NOON + 3 * HOUR)).toEqual([TODAY]);
    expect(rendezvousDays(at('2026-11-21T23:00:00Z'), at('2026-11-22T02:00:00Z'))).toEqual([
      TODAY,
      TODAY + 1,
    ]);
  });

  it('[RC2] two devices whose clocks differ by up to two hours share a day at any time', () => {
    for (let minutes = 0; minutes < 24 * 60; minutes += 7) {
      for (const skew of [0, 30, 60, 119, 120]) {
        const one = rendezvousDays(at('2026-11-21T00:00:00Z') + minutes * 60_000);
        const other = rendezvousDays(at('2026-11-21T00:00:00Z') + (minutes - skew) * 60_000);
        expect(
          one.some((day) => other.includes(day)),
          `${minutes} ${skew}`,
        ).toBe(true);
      }
    }
  });

  it('[RC2] a clock at 1970 asks for no negative day', () => {
    expect(rendezvousDays(0)).toEqual([0]);
  });
});
