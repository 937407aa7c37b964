import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readFromPage } from '../../../lib/messaging/read-port.ts';
import { FakePort, FakeRuntime } from './fake-runtime.ts';

const held = vi.hoisted(() => ({ runtime: undefined as unknown }));
vi.mock('../../../lib/browser/index.ts', () => ({
  browser: {
    get runtime() {
      return held.runtime;
    },
  },
}));

let runtime: FakeRuntime;
beforeEach(() => {
  runtime = new FakeRuntime();
  held.runtime = runtime;
});

/** A read under way, its port connected, with `begin` said. */
async function begun(signal = new AbortController().signal) {
  const port = new FakePort('read:id');
  const reading = readFromPage('id', signal);
  runtime.onConnect.emit(port);
  await Promise.resolve();
  port.onMessage.emit({ type: 'begin', mime: 'image/png', name: 'cat.png' });
  return { port, ...(await reading) };
}

describe('reading what a page shows', () => {
  it('takes piece by piece, each only when the last was taken', async () => {
    const { port, mime, name, stream } = await begun();
    expect({ mime, name }).toEqual({ mime: 'image/png', name: 'cat.png' });
    expect(port.posted).toEqual([]);
    const reader = stream.getReader();
    const first = reader.read();
    await vi.waitFor(() => expect(port.posted).toEqual([{ type: 'next' }]));
    port.onMessage.emit({ type: 'piece', base64: 'AQI=' });
    expect([...((await first).value ?? [])]).toEqual([1, 2]);
    expect(port.posted).toHaveLength(1);
    const second = reader.read();
    port.onMessage.emit({ type: 'end' });
    expect((await second).done).toBe(true);
    expect(port.disconnected).toBe(true);
  });

  it('takes only the port with its one-time id, of our own extension', async () => {
    const reading = readFromPage('id', new AbortController().signal);
    const failed = vi.fn();
    reading.catch(failed);
    const wrong = [
      new FakePort('read:other'),
      new FakePort('read:id', { id: 'another-extension' }),
    ];
    for (const port of wrong) {
      runtime.onConnect.emit(port);
      expect(port.onMessage.listeners.size).toBe(0);
    }
    expect(runtime.onConnect.listeners.size).toBe(1);
    runtime.onConnect.emit(new FakePort('read:id'));
    expect(runtime.onConnect.listeners.size).toBe(0);
    expect(failed).not.toHaveBeenCalled();
  });

  it.each([
    ['a page that cannot read it', { type: 'failed', code: 'unreadable' }, 'unreadable'],
    ['[BP1] nonsense', { type: 'begin', mime: 5 }, 'bad-message'],
    ['a piece before the beginning', { type: 'piece', base64: 'AQI=' }, 'bad-message'],
  ])('%s is a typed error', async (_what, message, code) => {
    const reading = readFromPage('id', new AbortController().signal);
    const port = new FakePort('read:id');
    runtime.onConnect.emit(port);
    await Promise.resolve();
    port.onMessage.emit(message);
    await expect(reading).rejects.toMatchObject({ code });
    expect(port.disconnected).toBe(true);
  });

  it('a page that goes away in the middle ends the stream with a typed error', async () => {
    const { port, stream } = await begun();
    const read = stream.getReader().read();
    await vi.waitFor(() => expect(port.posted).toHaveLength(1));
    port.onDisconnect.emit();
    await expect(read).rejects.toMatchObject({ code: 'gone' });
  });

  it('[EN4] bad base64 is a typed error', async () => {
    const { port, stream } = await begun();
    const read = stream.getReader().read();
    await vi.waitFor(() => expect(port.posted).toHaveLength(1));
    port.onMessage.emit({ type: 'piece', base64: '!!' });
    await expect(read).rejects.toMatchObject({ code: 'bad-message' });
    expect(port.disconnected).toBe(true);
  });

  it('a page that falls silent is given up, and its script sent away', async () => {
    vi.useFakeTimers();
    const { port, stream } = await begun();
    const read = stream.getReader().read();
    const given = expect(read).rejects.toMatchObject({ code: 'timeout' });
    await vi.advanceTimersByTimeAsync(30_000);
    await given;
    expect(port.disconnected).toBe(true);
    vi.useRealTimers();
  });

  it('a person who cancels ends it in the middle', async () => {
    const abort = new AbortController();
    const { port, stream } = await begun(abort.signal);
    const read = stream.getReader().read();
    abort.abort();
    await expect(read).rejects.toMatchObject({ code: 'cancelled' });
    expect(port.disconnected).toBe(true);
  });

  it('ends at once when the script could not be put into the page', async () => {
    const abort = new AbortController();
    const reading = readFromPage('id', abort.signal);
    abort.abort();
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    expect(runtime.onConnect.listeners.size).toBe(0);
  });
});
