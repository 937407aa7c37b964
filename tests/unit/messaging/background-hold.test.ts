import { beforeEach, expect, it, vi } from 'vitest';
import { holdBackground } from '../../../lib/messaging/background-hold.ts';
import { FakePort, FakeRuntime, ORIGIN, OWN_ID } from './fake-runtime.ts';

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

function open(name: string, url = `${ORIGIN}popup.html`): FakePort {
  const port = new FakePort(name, { id: OWN_ID, url });
  runtime.onConnect.emit(port);
  return port;
}

it('connects again whenever background dies, so that there is another one', () => {
  holdBackground();
  expect(runtime.ports.map(({ name }) => name)).toEqual(['offscreen']);
  runtime.ports[0]?.onDisconnect.emit();
  expect(runtime.ports).toHaveLength(2);
  runtime.ports[1]?.onDisconnect.emit();
  expect(runtime.ports).toHaveLength(3);
});

it('lets go of the views that the dead one had, once, and of nothing else', () => {
  holdBackground();
  const view = open('view');
  const gone = open('view');
  gone.onDisconnect.emit();
  const others = [open('watch/1'), open('view', 'https://example.com/'), open('read/1')];
  runtime.ports[0]?.onDisconnect.emit();
  expect(view.disconnected).toBe(true);
  for (const port of [gone, ...others]) expect(port.disconnected).toBe(false);
  const next = open('view');
  expect(next.disconnected).toBe(false);
  runtime.ports[1]?.onDisconnect.emit();
  expect(next.disconnected).toBe(true);
});
