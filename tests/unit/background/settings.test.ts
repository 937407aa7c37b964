import { beforeEach, describe, expect, it } from 'vitest';
import type { App } from '../../../entrypoints/background/app.ts';
import { onIntent } from '../../../entrypoints/background/on-intent.ts';
import type { Intent } from '../../../lib/messaging/intents.ts';
import type { ViewUpdate } from '../../../lib/messaging/snapshot.ts';
import { EMPTY_STATE, FakeWorld } from './fakes.ts';

const SECRET = 'pa55word-of-anna';
const LINE = `turn:relay.example.org:3478 anna ${SECRET}`;

let world: FakeWorld;
let app: App;
let told: ViewUpdate[];

beforeEach(async () => {
  world = new FakeWorld();
  app = await world.startWorker();
  told = [];
  app.hub.attach({ postMessage: (update) => told.push(update as ViewUpdate) });
});

type NewSettings = Extract<Intent, { type: 'settings/set' }>['settings'];
const set = (settings: NewSettings) => onIntent(app, { type: 'settings/set', settings });

/** What a page that opens now is told. */
function shown() {
  let first: ViewUpdate | undefined;
  app.hub.attach({ postMessage: (update) => (first ??= update as ViewUpdate) });
  if (first?.type !== 'full') throw new Error('no snapshot');
  return first.snapshot.settings;
}

describe('TURN servers', () => {
  it('[LG2] no password reaches a view, on connect or with a change', async () => {
    await set({ turnServers: `${LINE}\n# turn:old.example.org bert ${SECRET}` });
    await set({ privacyMode: true });
    expect(shown().turnServers).toMatch(/^turn:relay\.example\.org:3478 anna •+\n/);
    await Promise.resolve();
    expect(told.length).toBeGreaterThan(1);
    expect(JSON.stringify([told, shown()])).not.toContain(SECRET);
    expect(app.stores.settings.get().turnServers).toContain(LINE);
  });

  it('an edited list keeps the passwords that it shows as a mask', async () => {
    await set({ turnServers: LINE });
    await set({ turnServers: `${shown().turnServers}\nturns:b.example.org user other` });
    expect(app.stores.settings.get().turnServers).toBe(`${LINE}\nturns:b.example.org user other`);
  });

  it('a mask under another address gets no password: it would go to that server', async () => {
    await set({ turnServers: LINE });
    const elsewhere = shown().turnServers.replace('relay.example.org', 'evil.example.org');
    await expect(set({ turnServers: elsewhere })).rejects.toMatchObject({
      code: 'bad-turn-servers',
    });
    expect(app.stores.settings.get().turnServers).toBe(LINE);
  });

  it.each([
    { turnServers: 'relay.example.org anna secret' },
    { turnServers: 'turn:relay.example.org' },
    { turnServers: 'turn:relay.example.org anna ••••••••' },
  ])('a bad list is refused whole: %j', async (settings) => {
    await expect(set({ ...settings, privacyMode: true })).rejects.toMatchObject({
      code: 'bad-turn-servers',
    });
    expect(app.stores.settings.get()).toMatchObject({ turnServers: '', privacyMode: false });
  });
});

it('a setting that is changed leaves those that are chosen elsewhere as they are', async () => {
  const share = { quality: '4k', content: 'motion' } as const;
  await onIntent(app, { type: 'share/quality', settings: share });
  await set({ deviceName: 'Büro' });
  expect(shown()).toMatchObject({ deviceName: 'Büro', share });
});

describe('STUN servers and signaling servers', () => {
  it.each(['https://stun.example.org', 'stun:a b', 'stun:x:0'])(
    'STUN: %s is refused',
    async (stunServers) => {
      await expect(set({ stunServers })).rejects.toMatchObject({ code: 'bad-stun-servers' });
    },
  );

  it('STUN: none at all is allowed', async () => {
    await set({ stunServers: '' });
    expect(app.stores.settings.get().stunServers).toBe('');
  });

  it('signaling: several addresses', async () => {
    await set({ signalingUrl: 'https://a.example wss://b.example:8443/x' });
    expect(app.stores.settings.get().signalingUrl).toBe('https://a.example wss://b.example:8443/x');
  });

  it.each([
    'https://a.example ftp://b.example',
    'https://a.example nonsense',
    'https://me:pw@a.example',
  ])('signaling: %s is refused', async (signalingUrl) => {
    await expect(set({ signalingUrl })).rejects.toMatchObject({ code: 'bad-url' });
  });
});

describe('the connection check', () => {
  const check = (state: 'running' | 'done') => ({ state, startedAt: 1, lines: [] });
  const seen = async () => {
    await Promise.resolve();
    let first: ViewUpdate | undefined;
    app.hub.attach({ postMessage: (update) => (first ??= update as ViewUpdate) });
    return first?.type === 'full' ? first.snapshot.check : undefined;
  };

  it('outlives the document that made it, once it is done', async () => {
    await app.offscreen.ensure();
    await app.onState({ ...EMPTY_STATE, check: check('running') });
    expect(await seen()).toMatchObject({ state: 'running' });
    await world.documentDies();
    expect(await seen()).toBeNull();
    await app.offscreen.ensure();
    await app.onState({ ...EMPTY_STATE, check: check('done') });
    await world.documentDies();
    expect(await seen()).toMatchObject({ state: 'done' });
  });
});
