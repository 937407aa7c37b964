import type { Runtime } from 'webextension-polyfill';

type Listener<Arguments extends unknown[]> = (...args: Arguments) => unknown;

class FakeEvent<Arguments extends unknown[]> {
  readonly listeners = new Set<Listener<Arguments>>();
  addListener(listener: Listener<Arguments>) {
    this.listeners.add(listener);
  }
  removeListener(listener: Listener<Arguments>) {
    this.listeners.delete(listener);
  }
  emit(...args: Arguments): unknown[] {
    return [...this.listeners].map((listener) => listener(...args));
  }
}

/** One end of a port; what is posted into it is kept in `posted`. */
export class FakePort {
  readonly posted: unknown[] = [];
  readonly onMessage = new FakeEvent<[unknown]>();
  readonly onDisconnect = new FakeEvent<[]>();
  disconnected = false;
  readonly name: string;
  readonly sender: Partial<Runtime.MessageSender>;
  constructor(name: string, sender: Partial<Runtime.MessageSender> = { id: OWN_ID }) {
    this.name = name;
    this.sender = sender;
  }
  postMessage(message: unknown) {
    this.posted.push(message);
  }
  disconnect() {
    this.disconnected = true;
  }
}

export const OWN_ID = 'own-extension';
export const ORIGIN = `chrome-extension://${OWN_ID}/`;

/** The part of `browser.runtime` that messaging uses. */
export class FakeRuntime {
  readonly id = OWN_ID;
  readonly onMessage = new FakeEvent<[unknown, Partial<Runtime.MessageSender>]>();
  readonly onConnect = new FakeEvent<[FakePort]>();
  readonly ports: FakePort[] = [];
  answer: (message: unknown) => unknown = () => undefined;
  getURL(path: string) {
    return ORIGIN + path;
  }
  async sendMessage(message: unknown) {
    return this.answer(message);
  }
  connect({ name }: { name: string }) {
    const port = new FakePort(name);
    this.ports.push(port);
    return port;
  }
}
