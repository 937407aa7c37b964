import { describe, expect, it, vi } from 'vitest';
import type { LogEntry } from '../../../lib/log/entry.ts';
import { exportLog, formatEntry } from '../../../lib/log/export.ts';
import { Labels } from '../../../lib/log/labels.ts';
import { createLogger, labelEntry } from '../../../lib/log/logger.ts';
import { Ring } from '../../../lib/log/ring.ts';

const ID = 'ab'.repeat(32);
const entry: LogEntry = { at: 0, category: 'Session', message: 'Connected' };

describe('[LG1] the logger', () => {
  it('[LG1] does no work while it is off', () => {
    const sink = vi.fn();
    const now = vi.fn(() => 1);
    const fields = vi.fn(() => ({ a: 1 }));
    createLogger({ enabled: () => false, now, sink })('NAT', 'Probe', fields);
    expect([sink, now, fields].map((spy) => spy.mock.calls.length)).toEqual([0, 0, 0]);
  });

  it('[LG1] writes time, category, message and fields, and asks for fields only then', () => {
    const sink = vi.fn();
    const log = createLogger({ enabled: () => true, now: () => 5, sink });
    log('NAT', 'Probe answered', () => ({ rttMs: 12, from: '203.0.113.9:3478', own: true }));
    expect(sink).toHaveBeenCalledWith({
      at: 5,
      category: 'NAT',
      message: 'Probe answered',
      fields: { rttMs: 12, from: '[address]', own: true },
    });
  });

  it('[LG1] can be switched on and off at any time', () => {
    let on = false;
    const sink = vi.fn();
    const log = createLogger({ enabled: () => on, now: () => 0, sink });
    log('Transfer', 'one');
    on = true;
    log('Transfer', 'two');
    on = false;
    log('Transfer', 'three');
    expect(sink.mock.calls).toEqual([[{ at: 0, category: 'Transfer', message: 'two' }]]);
  });

  it('[LG1] never throws', () => {
    const fail = () => {
      throw new Error('no');
    };
    const log = createLogger({ enabled: () => true, now: () => 0, sink: fail });
    expect(() => log('Session', 'x', fail)).not.toThrow();
    expect(() => log('Session', 'x')).not.toThrow();
  });
});

describe('[LG3] labels', () => {
  it('[LG3] number ids in the order of appearance, for each kind', () => {
    const labels = new Labels();
    expect(labels.of('device', ID)).toBe('device-1');
    expect(labels.of('device', 'other')).toBe('device-2');
    expect(labels.of('session', ID)).toBe('session-1');
    expect(labels.of('device', ID)).toBe('device-1');
  });

  it('[LG3] go on where they were after a restart', () => {
    const labels = new Labels();
    labels.of('device', ID);
    labels.of('device', 'b');
    const again = new Labels(structuredClone(labels.stored));
    expect(again.of('device', 'b')).toBe('device-2');
    expect(again.of('device', 'c')).toBe('device-3');
  });

  it('[LG3] forget the oldest rather than grow', () => {
    const labels = new Labels();
    for (let index = 0; index < 3_000; index += 1) labels.of('transfer', `t${index}`);
    expect(labels.stored.known).toHaveLength(1_000);
    // Never the same label for two ids.
    expect(labels.of('transfer', 't0')).toBe('transfer-3001');
  });

  it('[LG3] an id leaves only as its label, whatever it is, on both sides of the hand-over', () => {
    const lines: LogEntry[] = [];
    const log = createLogger({
      enabled: () => true,
      now: () => 0,
      sink: (line) => lines.push(line),
    });
    log('Session', `Device ${ID} at 10.0.0.7`, {
      device: ID,
      server: 'https://signal.example.org',
      note: `about ${ID}`,
      [ID]: 1,
    });
    const labels = new Labels();
    const kept = lines.map((line) => labelEntry(line, (kind, id) => labels.of(kind, id)));
    expect(kept).toEqual([
      {
        at: 0,
        category: 'Session',
        message: 'Device [id] at [address]',
        fields: { device: 'device-1', server: 'server-1', note: 'about [id]', '[id]': 1 },
      },
    ]);
  });
});

describe('[LG1] the ring', () => {
  it('[LG1] keeps the newest, oldest first', () => {
    const ring = new Ring<number>(3);
    expect(ring.items).toEqual([]);
    for (let value = 1; value <= 3; value += 1) ring.push(value);
    expect(ring.items).toEqual([1, 2, 3]);
    ring.push(4);
    ring.push(5);
    expect(ring.items).toEqual([3, 4, 5]);
    expect(ring.size).toBe(3);
    ring.clear();
    ring.push(6);
    expect(ring.items).toEqual([6]);
  });

  it('[LG1] needs room for one', () => {
    expect(() => new Ring(0)).toThrow(RangeError);
  });
});

describe('[LG4] the exported file', () => {
  const about = {
    version: '1.2.3',
    browser: 'Chrome 133',
    exportedAt: Date.UTC(2026, 10, 21, 14, 0),
    enabled: true,
    facts: { 'Privacy mode': true, 'TURN servers': 2 },
  };

  it('[LG4] has a head and a line for each entry', () => {
    const fields = {
      device: 'device-1',
      path: 'relay',
      rttMs: 48,
      why: 'network changed',
      old: null,
    };
    const text = exportLog(about, [entry, { ...entry, at: 1_500, fields }]);
    expect(text.split('\n')).toEqual([
      'Tallow Send debug log',
      'Version: 1.2.3',
      'Browser: Chrome 133',
      'Exported: 2026-11-21T14:00:00.000Z',
      'Debug log: on',
      'Privacy mode: true',
      'TURN servers: 2',
      'Addresses, keys, codes, names and contents are left out. Devices, sessions and transfers are numbered.',
      '',
      '1970-01-01T00:00:00.000Z [Session] Connected',
      '1970-01-01T00:00:01.500Z [Session] Connected device=device-1 path=relay rttMs=48 why="network changed" old=null',
      '',
    ]);
  });

  it('[LG4] says so when there is nothing, and when it is off', () => {
    expect(exportLog(about, [])).toContain('Nothing has happened');
    expect(exportLog({ ...about, enabled: false }, [])).toContain('The debug log is off.');
  });

  it('[LG4] survives a clock out of all range', () => {
    expect(formatEntry({ ...entry, at: Number.POSITIVE_INFINITY })).toBe(
      'no-time [Session] Connected',
    );
  });
});
