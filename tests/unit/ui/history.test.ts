import { afterEach, describe, expect, it } from 'vitest';
import { dayOf, dayTitle, rangeOf } from '../../../lib/ui/history/days.ts';
import type { HistoryEntry } from '../../../lib/ui/history/entry.ts';
import {
  entryActions,
  entryMeta,
  entryState,
  entryTitle,
} from '../../../lib/ui/history/entry-view.ts';

const HOUR = 60 * 60 * 1000;

const zone = process.env['TZ'];
afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

describe('days of the person’s calendar', () => {
  // Clocks change at night, at midnight itself, or not at all.
  const ZONES = ['Europe/Berlin', 'America/Sao_Paulo', 'Asia/Beirut', 'Pacific/Apia', 'UTC'];

  it.each(ZONES)(
    'in %s: each moment of more than a year is in exactly one day, in order',
    (name) => {
      process.env['TZ'] = name;
      let before = '';
      for (let ms = Date.UTC(2010, 11, 28); ms < Date.UTC(2012, 2, 30); ms += HOUR / 2) {
        const day = dayOf(ms);
        expect(day >= before, `${day} after ${before}`).toBe(true);
        if (day !== before) {
          const range = rangeOf(day);
          if (!range) throw new Error(`${day} is no day`);
          const [from, to] = range;
          expect(from <= ms && ms < to).toBe(true);
          expect([dayOf(from), dayOf(to - 1)]).toEqual([day, day]);
          expect([dayOf(from - 1), dayOf(to)]).not.toContain(day);
        }
        before = day;
      }
    },
  );

  it('are 23 and 25 hours long where clocks change', () => {
    process.env['TZ'] = 'Europe/Berlin';
    const hours = (day: string) => {
      const [from, to] = rangeOf(day) ?? [0, 0];
      return (to - from) / HOUR;
    };
    expect(['2026-03-29', '2026-06-01', '2026-10-25'].map(hours)).toEqual([23, 24, 25]);
  });

  it('yesterday is the day before, however many hours that had', () => {
    process.env['TZ'] = 'Europe/Berlin';
    // 00:30 on the day after the long one: 24 hours before is still the day before.
    const now = new Date(2026, 9, 26, 0, 30).getTime();
    expect(dayTitle(now, now)).toBe('Today');
    expect(dayTitle(now - 25 * HOUR, now)).toBe('Yesterday');
    expect(dayTitle(now - 26 * HOUR, now)).toBe('Saturday, October 24');
    // 00:30 after the short one: 24 hours before is the day before that.
    const spring = new Date(2026, 2, 30, 0, 30).getTime();
    expect(dayTitle(spring - 23 * HOUR, spring)).toBe('Yesterday');
    expect(dayTitle(spring - 24 * HOUR, spring)).toBe('Saturday, March 28');
  });

  it('of another year are named with it', () => {
    const now = new Date(2026, 0, 1, 12).getTime();
    expect(dayTitle(new Date(2025, 11, 31, 23).getTime(), now)).toBe('Yesterday');
    expect(dayTitle(new Date(2025, 11, 30).getTime(), now)).toBe('Tuesday, December 30, 2025');
  });

  it.each(['', 'x', '2026-13-01', '2026-02-30', '2026-2-3', '20260-01-01'])('%j is none', (typed) =>
    expect(rangeOf(typed)).toBeNull(),
  );
});

function entry(over: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    transferId: 'a'.repeat(32),
    direction: 'out',
    state: 'delivered',
    deviceId: 'd'.repeat(64),
    deviceName: 'Desk',
    kind: 'files',
    title: 'a.txt',
    names: ['a.txt'],
    count: 1,
    totalBytes: 2048,
    createdAt: 0,
    endedAt: new Date(2026, 10, 21, 14, 5).getTime(),
    downloadId: null,
    ...over,
  } as HistoryEntry;
}

const received = (over: Partial<HistoryEntry> = {}) =>
  entry({ direction: 'in', state: 'saved', downloadId: 7, ...over } as Partial<HistoryEntry>);

const types = (...args: Parameters<typeof entryActions>) =>
  entryActions(...args).map(({ type }) => type);

describe('an entry', () => {
  it('is called by its first file and how many more, a page by its title', () => {
    expect(entryTitle(entry({ count: 4 }))).toBe('a.txt and 3 more');
    expect(entryTitle(entry({ kind: 'page', caption: 'An article' }))).toBe('An article');
    expect(entryTitle(entry({ title: '' }))).toBe('Untitled');
  });

  it('says with whom, how much and when; of words not how much', () => {
    const plain = (one: HistoryEntry) => entryMeta(one).replaceAll(/\s/gu, ' ');
    expect(plain(entry())).toBe('To Desk · 2 KiB · 2:05 PM');
    expect(plain(received({ kind: 'text', deviceName: '' }))).toBe('From Removed device · 2:05 PM');
    expect(entryState(received())).toBe('Saved');
    expect(entryState(received({ kind: 'link' }))).toBe('Received');
  });

  it('that was saved can be shown while its file is there', () => {
    expect(types(received(), true, true)).toEqual(['show']);
    expect(types(received(), true, false)).toEqual([]);
    expect(types(received({ downloadId: null }), true, true)).toEqual([]);
  });

  it('that was sent can be sent again while its device is paired', () => {
    expect(types(entry(), true, false)).toEqual(['send-again']);
    expect(types(entry(), false, false)).toEqual([]);
    const text = entry({ kind: 'text', text: 'words' });
    expect(types(text, true, false)).toEqual(['copy', 'send-again']);
    // Too long to be kept.
    expect(types(entry({ kind: 'text' }), true, false)).toEqual([]);
  });

  it('[TR13] only web addresses are opened', () => {
    const link = (text: string) => entryActions(received({ kind: 'link', text }), false, false);
    expect(link('https://a.example/')).toEqual([{ type: 'open', url: 'https://a.example/' }]);
    for (const text of ['javascript:alert(1)', 'file:///etc/passwd', 'data:text/html,x']) {
      expect(link(text)).toEqual([{ type: 'copy', text }]);
    }
    // What somebody sent as a text is not opened, whatever it looks like.
    const text = received({ kind: 'text', text: 'https://a.example/', downloadId: null });
    expect(types(text, false, false)).toEqual(['copy']);
  });
});
