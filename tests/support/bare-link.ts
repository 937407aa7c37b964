/**
 * A bare RTCPeerConnection between pages of two browsers, its signaling through the test itself:
 * what the network and the browser give, without any line of ours.
 */
import type { Page } from 'puppeteer';
import { within } from './wait.ts';

const OPEN_TIMEOUT_MS = 20_000;

type Signal =
  | { readonly type: 'description'; readonly value: RTCSessionDescriptionInit }
  | { readonly type: 'candidate'; readonly value: RTCIceCandidateInit }
  /** The channel is open, or ICE was restarted and has its new pair. */
  | { readonly type: 'up' }
  | { readonly type: 'failed' };

interface World {
  readonly bareSignal: (signal: Signal) => Promise<void>;
  bare?: { connection: RTCPeerConnection; take: (signal: Signal) => Promise<void> };
}

/** Ends of the pair that carries the data. */
export interface SelectedPair {
  readonly local: RTCIceCandidateType;
  readonly remote: RTCIceCandidateType;
  /** How the local end reaches its relay, when it is one. */
  readonly relayProtocol?: string;
}

/** A binding of a page lasts as long as the page: whom it calls changes with each link. */
const listeners = new WeakMap<Page, (signal: Signal) => Promise<void>>();

async function listen(page: Page, listener: (signal: Signal) => Promise<void>): Promise<void> {
  const known = listeners.has(page);
  listeners.set(page, listener);
  if (known) return;
  await page.exposeFunction('bareSignal', async (signal: Signal) => {
    // A page or connection that is closed meanwhile has no use for it.
    await listeners
      .get(page)?.(signal)
      .catch(() => undefined);
  });
}

export class BareLink {
  readonly #pages: readonly [Page, Page];
  #up: PromiseWithResolvers<boolean> = Promise.withResolvers();

  private constructor(pages: readonly [Page, Page]) {
    this.#pages = pages;
  }

  /** Prepares both ends; nothing goes over the network before `connect`. */
  static async prepare(
    pages: readonly [Page, Page],
    configuration: RTCConfiguration = {},
  ): Promise<BareLink> {
    const link = new BareLink(pages);
    const [first, second] = pages;
    await listen(first, (signal) => link.#relay(signal, second));
    await listen(second, (signal) => link.#relay(signal, first));
    await Promise.all(pages.map((page) => page.evaluate(prepareEnd, configuration)));
    return link;
  }

  async #relay(signal: Signal, to: Page): Promise<void> {
    if (signal.type === 'up') return this.#up.resolve(true);
    if (signal.type === 'failed') return this.#up.resolve(false);
    await to.evaluate((taken) => (globalThis as unknown as World).bare?.take(taken), signal);
  }

  /** Milliseconds until the channel was open; undefined when there is no way through. */
  async connect(timeoutMs = OPEN_TIMEOUT_MS): Promise<number | undefined> {
    return await this.#measured(timeoutMs, () =>
      this.#pages[0].evaluate(async () => {
        const { bare, bareSignal } = globalThis as unknown as World;
        if (bare === undefined) throw new Error('not prepared');
        const { connection } = bare;
        const channel = connection.createDataChannel('bare');
        channel.addEventListener('open', () => void bareSignal({ type: 'up' }));
        await connection.setLocalDescription();
        const value = connection.localDescription?.toJSON() as RTCSessionDescriptionInit;
        void bareSignal({ type: 'description', value });
      }),
    );
  }

  /** Milliseconds from the restart until another pair than before carries the connection. */
  async restart(timeoutMs = OPEN_TIMEOUT_MS): Promise<number | undefined> {
    this.#up = Promise.withResolvers();
    return await this.#measured(timeoutMs, () =>
      this.#pages[0].evaluate(async () => {
        const { bare, bareSignal } = globalThis as unknown as World;
        if (bare === undefined) throw new Error('not prepared');
        const { connection } = bare;
        const ice = connection.sctp?.transport.iceTransport;
        // ICE may also move between pairs of one generation, which is no restart.
        const generation = () => ice?.getSelectedCandidatePair()?.local.usernameFragment;
        const before = generation();
        // The event of another pair comes once, perhaps before the pair can be read: so it is asked.
        const look = () => {
          const now = generation();
          if (now !== undefined && now !== before) void bareSignal({ type: 'up' });
          else if (connection.connectionState !== 'closed') setTimeout(look, 1);
        };
        look();
        await connection.setLocalDescription(await connection.createOffer({ iceRestart: true }));
        const value = connection.localDescription?.toJSON() as RTCSessionDescriptionInit;
        void bareSignal({ type: 'description', value });
      }),
    );
  }

  async #measured(timeoutMs: number, begin: () => Promise<void>): Promise<number | undefined> {
    const start = performance.now();
    await begin();
    const up = await within('a bare connection', timeoutMs, this.#up.promise).catch(() => false);
    return up ? performance.now() - start : undefined;
  }

  /** As the first page sees it. */
  async selected(): Promise<SelectedPair> {
    return await this.#pages[0].evaluate(async () => {
      const stats = [
        ...((await (globalThis as unknown as World).bare?.connection.getStats()) ?? []),
      ].map(([, entry]) => entry as Record<string, string>);
      const transport = stats.find(({ type }) => type === 'transport');
      const pair = stats.find(({ id }) => id === transport?.['selectedCandidatePairId']);
      const end = (key: string) => stats.find(({ id }) => id === pair?.[key]);
      const [local, remote] = [end('localCandidateId'), end('remoteCandidateId')];
      if (local === undefined || remote === undefined) throw new Error('no selected pair');
      return {
        local: local['candidateType'] as RTCIceCandidateType,
        remote: remote['candidateType'] as RTCIceCandidateType,
        ...(local['relayProtocol'] !== undefined && { relayProtocol: local['relayProtocol'] }),
      };
    });
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#pages.map((page) =>
        page.evaluate(() => (globalThis as unknown as World).bare?.connection.close()),
      ),
    );
  }
}

/** Runs in a page. */
function prepareEnd(configuration: RTCConfiguration): void {
  const world = globalThis as unknown as World;
  const connection = new RTCPeerConnection(configuration);
  const early: RTCIceCandidateInit[] = [];
  connection.addEventListener('icecandidate', ({ candidate }) => {
    if (candidate === null || candidate.candidate === '') return;
    void world.bareSignal({ type: 'candidate', value: candidate.toJSON() });
  });
  connection.addEventListener('connectionstatechange', () => {
    if (connection.connectionState === 'failed') void world.bareSignal({ type: 'failed' });
  });
  const take = async (signal: Signal): Promise<void> => {
    if (signal.type === 'candidate') {
      if (connection.remoteDescription === null) early.push(signal.value);
      else await connection.addIceCandidate(signal.value);
    }
    if (signal.type !== 'description') return;
    await connection.setRemoteDescription(signal.value);
    if (signal.value.type === 'offer') {
      await connection.setLocalDescription();
      const value = connection.localDescription?.toJSON() as RTCSessionDescriptionInit;
      void world.bareSignal({ type: 'description', value });
    }
    for (const candidate of early.splice(0)) await connection.addIceCandidate(candidate);
  };
  world.bare = { connection, take };
}
