/**
 * `npm run bench:connect [-- --json FILE]`: how long connecting takes by each path, and coming back,
 * each beside a bare RTCPeerConnection that does the same in the same two browsers, in turns.
 */
import { writeFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ensureParts } from '../scripts/system/parts.ts';
import { BareLink } from '../tests/support/bare-link.ts';
import {
  knownTransfers,
  setRule,
  startPairedDuo,
  untilTransfer,
  type PairedDuo,
  type Side,
} from '../tests/support/duo.ts';
import { intend } from '../tests/support/snapshot.ts';
import { startTurn, type LoopbackTurn } from '../tests/support/turn.ts';
import { clickToConnected, closeWhenIdle, restartPath, watchPaths } from './reach-probes.ts';
import { type Marks, printMedians, round, Samples } from './samples.ts';

const RUNS = 7;

/** Events of a network that follow each other sooner are taken for one change. */
const BETWEEN_CHANGES_MS = 1_500;

/** What each figure is held against, and what it is. All in ms. */
const MARKS = {
  directConnectMs: { unit: 'ms', mark: '< 400', says: 'click to connected, direct, no document' },
  bareDirectMs: { unit: 'ms', says: 'the same, bare' },
  relayConnectMs: { unit: 'ms', mark: '< 800', says: 'click to connected, relay, no document' },
  bareRelayMs: { unit: 'ms', says: 'the same, bare' },
  iceRestartMs: { unit: 'ms', says: 'network changed to another pair in use' },
  bareRestartMs: { unit: 'ms', says: 'the same, bare' },
  reopenMs: {
    unit: 'ms',
    mark: '< 300',
    says: 'click to connected, after an idle connection closed',
  },
  bareReopenMs: { unit: 'ms', says: 'the same, bare: another connection' },
} as const satisfies Marks;

type Figure = keyof typeof MARKS;
const FIGURES = Object.keys(MARKS) as Figure[];

/** What `--json` writes, in this order; the bare ones follow. */
const RATIOS = [
  ['directConnectMs', 'bareDirectMs'],
  ['relayConnectMs', 'bareRelayMs'],
  ['iceRestartMs', 'bareRestartMs'],
  ['reopenMs', 'bareReopenMs'],
] as const;

class ConnectBench extends Samples<Figure> {
  readonly #duo: PairedDuo;
  readonly #turn: LoopbackTurn;

  constructor(duo: PairedDuo, turn: LoopbackTurn) {
    super();
    this.#duo = duo;
    this.#turn = turn;
  }

  async run(): Promise<void> {
    for (let run = 0; run < RUNS; run += 1) {
      await this.#cold();
      this.add('directConnectMs', await this.#click());
      await this.#bare('bareDirectMs', {});
    }
    await this.#relays(true);
    for (let run = 0; run < RUNS; run += 1) {
      await this.#cold();
      this.add('relayConnectMs', await this.#click());
      await this.#expectRelay();
      await this.#bare('bareRelayMs', {
        iceTransportPolicy: 'relay',
        iceServers: [{ ...this.#turn, urls: this.#turn.url }],
      });
    }
    await this.#relays(false);
    await this.#restarts();
    await this.#reopenings();
  }

  get #sides(): readonly [Side, Side] {
    return [this.#duo.laptop, this.#duo.desktop];
  }

  /** No connection, and no document to hold one, on either side: as a click finds it mostly. */
  async #cold(): Promise<void> {
    await Promise.all(this.#sides.map(({ browser }) => browser.closeOffscreen()));
    await this.#untilConnection('none');
  }

  async #untilConnection(state: 'none' | 'connected'): Promise<void> {
    for (const { view } of this.#sides) {
      await view.until(`a connection that is ${state}`, ({ devices }) =>
        devices.some(({ connection }) => connection === state),
      );
    }
  }

  /** A click without a connection. Its text arrives before anything else is measured. */
  async #click(): Promise<number> {
    const { laptop, desktopId } = this.#duo;
    await this.#untilConnection('none');
    return await this.#arrives(() => clickToConnected(laptop.browser, desktopId));
  }

  /** Sends a line of text, whether there is a connection or not; nothing is measured. */
  async #text(): Promise<void> {
    const { laptop, desktopId } = this.#duo;
    const text = 'A line of text';
    await this.#arrives(() =>
      intend(laptop.browser, { type: 'send/text', deviceId: desktopId, text }),
    );
  }

  async #arrives<T>(send: () => Promise<T>): Promise<T> {
    const { laptop, desktop } = this.#duo;
    const [known, knownThere] = await Promise.all([
      knownTransfers(laptop),
      knownTransfers(desktop),
    ]);
    const sent = await send();
    await untilTransfer(desktop, knownThere, ['saved']);
    await untilTransfer(laptop, known, ['delivered']);
    return sent;
  }

  async #bare(figure: Figure, configuration: RTCConfiguration): Promise<void> {
    const link = await this.#bareLink(configuration);
    try {
      this.add(figure, (await link.connect()) ?? Number.NaN);
    } finally {
      await link.close();
    }
  }

  async #bareLink(configuration: RTCConfiguration = {}): Promise<BareLink> {
    const [laptop, desktop] = this.#sides;
    const pages = await Promise.all([laptop.browser.driver(), desktop.browser.driver()]);
    return await BareLink.prepare(pages, configuration);
  }

  /** In privacy mode everything goes over the relay, also where a direct path is there. */
  async #relays(privacyMode: boolean): Promise<void> {
    const { url, username, credential } = this.#turn;
    const turnServers = privacyMode ? `${url} ${username} ${credential}` : '';
    for (const { browser } of this.#sides) {
      await intend(browser, { type: 'settings/set', settings: { privacyMode, turnServers } });
    }
  }

  async #expectRelay(): Promise<void> {
    const path = await this.#duo.laptop.view.until(
      'the path',
      ({ devices }) => devices.find(({ path }) => path !== null)?.path,
    );
    if (path.kind !== 'relay') throw new Error('not over the relay');
  }

  async #restarts(): Promise<void> {
    const { browser } = this.#duo.laptop;
    await this.#cold();
    await watchPaths(browser);
    await this.#click();
    const bare = await this.#bareLink();
    try {
      await bare.connect();
      for (let run = 0; run < RUNS; run += 1) {
        this.add('iceRestartMs', await restartPath(browser));
        await this.#untilConnection('connected');
        await pause(BETWEEN_CHANGES_MS);
        this.add('bareRestartMs', (await bare.restart()) ?? Number.NaN);
      }
    } finally {
      await bare.close();
    }
  }

  async #reopenings(): Promise<void> {
    for (const { browser } of this.#sides) await closeWhenIdle(browser);
    // Only what happens from here on counts the shorter time.
    await this.#text();
    for (let run = 0; run < RUNS; run += 1) {
      this.add('reopenMs', await this.#click());
      await this.#bare('bareReopenMs', {});
    }
  }
}

async function measure(): Promise<Record<string, number>> {
  const turn = await startTurn();
  try {
    const duo = await startPairedDuo();
    try {
      await setRule(duo.desktop, duo.laptopId, 'always');
      const bench = new ConnectBench(duo, turn);
      await bench.run();
      return bench.medians(FIGURES);
    } finally {
      await duo.close();
    }
  } finally {
    await turn.stop();
  }
}

const { values } = parseArgs({ args: argv.slice(2), options: { json: { type: 'string' } } });
const missing = ensureParts(['chromium', 'coturn'], console.log);
if (missing.length > 0) throw new Error(`missing: ${missing.join(', ')}`);
const medians = await measure();
printMedians(`Medians of ${RUNS}, on loopback`, MARKS, medians);
for (const [ours, bare] of RATIOS) {
  const ratio = round((medians[ours] ?? Number.NaN) / (medians[bare] ?? Number.NaN));
  console.log(`${ours} is ${ratio} times ${bare}`);
}
if (values.json !== undefined) {
  const ordered = RATIOS.flat().toSorted(
    (a, b) => Number(a.startsWith('bare')) - Number(b.startsWith('bare')),
  );
  const figures = Object.fromEntries(ordered.map((figure) => [figure, medians[figure]]));
  await writeFile(values.json, `${JSON.stringify(figures)}\n`);
}
