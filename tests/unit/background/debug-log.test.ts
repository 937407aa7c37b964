import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { debugLogText } from '../../../entrypoints/background/log-export.ts';
import { watchSignaling, watchTransfers } from '../../../entrypoints/background/log-watch.ts';
import { onCall } from '../../../entrypoints/background/on-call.ts';
import { onIntent } from '../../../entrypoints/background/on-intent.ts';
import type { App } from '../../../entrypoints/background/app.ts';
import type { LogEntry } from '../../../lib/log/entry.ts';
import { createLogger } from '../../../lib/log/logger.ts';
import { sizeClass } from '../../../lib/log/size-class.ts';
import { browser } from '../../../lib/browser/index.ts';
import { DESK, FakeWorld, pair, PHONE, TRANSFER, transfer } from './fakes.ts';

let world: FakeWorld;
let app: App;

const line = (message: string, more: Partial<LogEntry> = {}): LogEntry => ({
  at: world.now,
  category: 'Connection',
  message,
  ...more,
});
const switchTo = (debugLog: boolean) =>
  onIntent(app, { type: 'settings/set', settings: { debugLog } });
const hand = (...entries: LogEntry[]) => onCall(app, { type: 'log', entries });
/** Without what the connection to the server says of itself. */
const kept = () => app.debugLog.entries.filter(({ category }) => category !== 'Signaling');
const messages = () => kept().map(({ message }) => message);

beforeEach(async () => {
  vi.useFakeTimers();
  world = new FakeWorld();
  vi.spyOn(browser.runtime, 'getManifest').mockReturnValue({
    version: '1.2.3',
    name: 'x',
    manifest_version: 3,
  });
  app = await world.startWorker();
  await pair(app, DESK, 'Desk');
});
afterEach(() => void vi.useRealTimers());

describe('the debug log of background', () => {
  it('[LG1] is off by default: nothing is kept, nothing is written', async () => {
    app.log('Session', 'a');
    await hand(line('b'));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(app.debugLog.entries).toEqual([]);
    expect(world.session.data['debug-log']).toBeUndefined();
  });

  it('[LG1] keeps its own lines and those of the document in the order of their times', async () => {
    await switchTo(true);
    world.now += 10;
    app.log('Session', 'second');
    await hand(line('third', { at: world.now + 5 }), line('first', { at: world.now - 5 }));
    expect(messages()).toEqual(['first', 'second', 'third']);
  });

  it('[LG1] is written a second later, once for many lines, and the next worker has it', async () => {
    await switchTo(true);
    const before = world.session.writes.length;
    for (let index = 0; index < 20; index += 1) app.log('NAT', `line ${index}`, { device: DESK });
    await vi.advanceTimersByTimeAsync(900);
    expect(world.session.writes).toHaveLength(before);
    await vi.advanceTimersByTimeAsync(200);
    expect(world.session.writes).toHaveLength(before + 1);
    app = await world.startWorker();
    expect(messages()).toHaveLength(20);
    app.log('NAT', 'the same device', { device: DESK });
    expect(app.debugLog.entries.at(-1)?.fields).toEqual({ device: 'device-1' });
  });

  it('[LG1] is emptied when it is switched off, also where it was written', async () => {
    await switchTo(true);
    app.log('NAT', 'line', { device: DESK });
    await vi.advanceTimersByTimeAsync(1_000);
    app.log('NAT', 'line that is not written yet');
    await switchTo(false);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(app.debugLog.entries).toEqual([]);
    expect(world.session.data['debug-log']).toBeUndefined();
    await hand(line('too late'));
    expect(app.debugLog.entries).toEqual([]);
  });

  it('[LG1] is emptied by the next worker where the one that switched it off died over it', async () => {
    await switchTo(true);
    app.log('NAT', 'line', { device: DESK });
    await vi.advanceTimersByTimeAsync(1_000);
    await app.stores.settings.set({ ...app.stores.settings.get(), debugLog: false });
    expect(world.session.data['debug-log']).toBeDefined();
    app = await world.startWorker();
    expect(app.debugLog.entries).toEqual([]);
    await vi.advanceTimersByTimeAsync(0);
    expect(world.session.data['debug-log']).toBeUndefined();
    await switchTo(true);
    app.log('NAT', 'new', { device: PHONE });
    expect(kept().map(({ fields }) => fields)).toEqual([{ device: 'device-1' }]);
  });

  it('[LG1] is emptied by a person and goes on', async () => {
    await switchTo(true);
    app.log('NAT', 'old', { device: DESK });
    await onIntent(app, { type: 'log/clear' });
    expect(messages()).toEqual([]);
    app.log('NAT', 'new', { device: PHONE });
    expect(app.debugLog.entries[0]?.fields).toEqual({ device: 'device-1' });
  });

  it('[LG1] keeps the newest two thousand', async () => {
    await switchTo(true);
    for (let index = 0; index < 2_005; index += 1) app.log('NAT', `line ${index}`);
    expect(app.debugLog.entries).toHaveLength(2_000);
    expect(messages()[0]).toBe('line 5');
  });

  it('[LG1] a store that is full costs lines, nothing else', async () => {
    await switchTo(true);
    world.session.failing = true;
    app.log('NAT', 'a');
    await vi.advanceTimersByTimeAsync(1_000);
    world.session.failing = false;
    app.log('NAT', 'b');
    await vi.advanceTimersByTimeAsync(1_000);
    app = await world.startWorker();
    expect(messages()).toEqual(['a', 'b']);
  });

  it('[LG1] what is stored and does not fit is left', async () => {
    world.session.data['debug-log'] = { entries: [{ at: 'yesterday' }], labels: {} };
    app = await world.startWorker();
    expect(app.debugLog.entries).toEqual([]);
  });

  it('[LG2] [LG3] redacts and numbers what the document hands over', async () => {
    await switchTo(true);
    await hand(
      line('Path 10.0.0.7', { fields: { device: DESK, to: '203.0.113.9:40000', rttMs: 3 } }),
    );
    expect(kept()).toMatchObject([
      { message: 'Path [address]', fields: { device: 'device-1', to: '[address]', rttMs: 3 } },
    ]);
  });
});

describe('the exported log', () => {
  it('[LG4] tells version, browser, settings and lines, and no address, name or secret', async () => {
    await onIntent(app, {
      type: 'settings/set',
      settings: {
        debugLog: true,
        privacyMode: true,
        signalingUrl: 'https://signal.example.org wss://other.example.org',
        stunServers: 'stun:198.51.100.7:3478',
        turnServers: 'turn:relay.example.org:3478 anna s3cret-passw0rd',
      },
    });
    app.log('Session', 'Paired', { device: DESK });
    await onCall(app, { type: 'device/dropped', deviceId: PHONE, what: 'all' });
    const text = debugLogText(app);
    expect(text).toContain('Version: 1.2.3');
    expect(text).toMatch(/Browser: \w+/);
    expect(text).toContain('Privacy mode: on');
    expect(text).toContain('Signaling servers set: 2');
    expect(text).toContain('Own TURN lines: 1');
    expect(text).toContain('[Session] Paired device=device-1');
    expect(text).toContain('[Session] Device removed device=device-2 what=all');
    for (const hidden of ['example', '198.51', 'anna', 's3cret', 'Desk', DESK, PHONE]) {
      expect(text).not.toContain(hidden);
    }
  });

  it('[LG4] says that the log is off', () => {
    expect(debugLogText(app)).toContain('The debug log is off.');
  });
});

describe('what background logs', () => {
  const lines: LogEntry[] = [];
  const log = createLogger({
    enabled: () => true,
    now: () => 0,
    sink: (entry) => lines.push(entry),
  });
  beforeEach(() => void (lines.length = 0));

  it('[Signaling] changes of the server and of who is there, each once', () => {
    const watch = watchSignaling(log);
    const url = 'https://a.example';
    watch({ state: 'connecting', url }, 0);
    watch({ state: 'online', url }, 0);
    watch({ state: 'online', url }, 0);
    watch({ state: 'online', url }, 2);
    watch({ state: 'offline', url, reason: 'unreachable' }, 2);
    watch({ state: 'connecting', url: 'https://b.example' }, 0);
    watch({ state: 'online', url: 'https://b.example' }, 0);
    watch({ state: 'connecting', url: 'https://b.example' }, 0);
    expect(lines.map(({ message, fields }) => ({ message, ...fields }))).toEqual([
      { message: 'Connecting', server: url },
      { message: 'Online', server: url },
      { message: 'Devices online', count: 2 },
      { message: 'Offline', server: url, reason: 'unreachable' },
      { message: 'Trying another server', server: 'https://b.example' },
      { message: 'Devices online', count: 0 },
      { message: 'Online', server: 'https://b.example' },
      { message: 'Lost, connecting again', server: 'https://b.example' },
    ]);
    expect(lines.every(({ category }) => category === 'Signaling')).toBe(true);
  });

  it('[Transfer] states by kind and rough size, never a name', () => {
    const watch = watchTransfers(log);
    watch([]);
    watch([transfer({ state: 'offered', title: 'secret plans.pdf', totalBytes: 3_000_000 })]);
    watch([transfer({ state: 'transferring' } as never)]);
    watch([transfer({ state: 'transferring' } as never)]);
    watch([transfer({ state: 'failed', reason: 'no-space' } as never)]);
    expect(lines.map(({ fields }) => fields?.['state'])).toEqual([
      'offered',
      'transferring',
      'failed',
    ]);
    expect(lines[0]).toEqual({
      at: 0,
      category: 'Transfer',
      message: 'Receiving',
      fields: {
        transfer: TRANSFER,
        device: DESK,
        state: 'offered',
        kind: 'files',
        count: 1,
        size: 'under 16 MiB',
      },
    });
    expect(lines[2]?.fields?.['reason']).toBe('no-space');
    expect(JSON.stringify(lines)).not.toContain('plans');
  });

  it('[Transfer] what was there before this worker is no news', () => {
    const watch = watchTransfers(log);
    watch([transfer()]);
    expect(lines).toEqual([]);
  });

  it.each([
    [0, 'under 64 KiB'],
    [65_535, 'under 64 KiB'],
    [65_536, 'under 1 MiB'],
    [2 ** 32 - 1, 'under 4 GiB'],
    [2 ** 32, '4 GiB or more'],
  ])('%d bytes are %s', (bytes, words) => expect(sizeClass(bytes)).toBe(words));
});
