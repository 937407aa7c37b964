/** Two browsers with the extension, each at home behind its router, and the servers between them. */
import { findChromium } from '../../../scripts/system/chromium.ts';
import { ExtensionBrowser } from '../browser.ts';
import { ensureBuild, TEST } from '../builds.ts';
import { configure } from '../pair.ts';
import { Follower } from '../snapshot.ts';
import { until } from '../wait.ts';
import { NatLab, type Home } from './lab.ts';
import { LAB_SIGNALING_URL, LAB_STUN_SERVERS, startLabSignaling, startLabTurn } from './servers.ts';
import type { LabTurn } from './servers.ts';
import type { NatMode } from './rules.ts';
import type { Side } from '../duo.ts';

export interface LabDuo {
  readonly lab: NatLab;
  /**
   * Both go to another network. `noticed`: they are without one for as long as their browsers need
   * to tell of it. `unnoticed`: the routers are swapped within a moment, as by a laptop that was
   * carried from one plug to another with nothing open.
   */
  setModes(modes: Readonly<Record<Home, NatMode>>, move?: Move): Promise<void>;
  readonly turn: LabTurn;
  /** The device of home A. */
  readonly laptop: Side;
  /** The device of home B. */
  readonly desktop: Side;
  close(): Promise<void>;
}

export type Move = 'noticed' | 'unnoticed';

/** The system parts without which there is no lab. */
export const LAB_PARTS = [
  'chromium',
  'iproute2',
  'iptables',
  'coturn',
  'openssl',
  'namespaces',
] as const;

export async function startLabDuo(modes: Readonly<Record<Home, NatMode>>): Promise<LabDuo> {
  const extension = await ensureBuild(TEST);
  const lab = await NatLab.start(modes);
  const open: { close(): Promise<void> }[] = [lab];
  const close = async (): Promise<void> => {
    for (let last = open.pop(); last !== undefined; last = open.pop()) await last.close();
  };
  try {
    await startLabSignaling(lab);
    const turn = await startLabTurn(lab);
    open.push({ close: () => turn.stop() });
    const side = async (name: string, home: Home): Promise<Side> => {
      const browser = await launchAt(lab, home, { extension, name });
      open.push(browser);
      await configure(browser, {
        signalingUrl: LAB_SIGNALING_URL,
        deviceName: name,
        stunServers: LAB_STUN_SERVERS,
      });
      const view = await Follower.open(browser);
      await view.until('the server', ({ signaling }) => signaling.state === 'online');
      return { browser, view };
    };
    const [laptop, desktop] = await Promise.all([side('Laptop', 'a'), side('Desktop', 'b')]);
    const setModes: LabDuo['setModes'] = async (wanted, move = 'noticed') => {
      const browsers = [laptop.browser, desktop.browser];
      if (move === 'noticed') {
        await lab.unplug();
        await Promise.all(browsers.map((browser) => untilOnLine(browser, false)));
      }
      await lab.setModes(wanted);
      await Promise.all(browsers.map((browser) => untilOnLine(browser, true)));
      await Promise.all(browsers.map(untilNetworkSeen));
    };
    return { lab, turn, laptop, desktop, setModes, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function launchAt(
  lab: NatLab,
  home: Home,
  options: { readonly extension: string; readonly name: string },
): Promise<ExtensionBrowser> {
  const chromium = findChromium();
  if (chromium === undefined) throw new Error('no Chromium found (set CHROME_PATH)');
  return await ExtensionBrowser.launch({
    ...options,
    executablePath: await lab.on(home, chromium),
    loopback: false,
    // In a user namespace we are root, whoever we are outside.
    // The relay's certificate is signed by nobody.
    args: ['--no-sandbox', '--ignore-certificate-errors'],
  });
}

async function untilOnLine(browser: ExtensionBrowser, wanted: boolean): Promise<void> {
  const page = await browser.driver();
  await until(`${browser.name}: navigator.onLine to be ${wanted}`, () =>
    page.evaluate((expected) => navigator.onLine === expected, wanted),
  );
}

/** Chromium looks for networks every two seconds; one that it has not seen yet it does not use. */
async function untilNetworkSeen(browser: ExtensionBrowser): Promise<void> {
  const page = await browser.driver();
  await until(`${browser.name}: a candidate of its network`, () =>
    page.evaluate(async () => {
      const connection = new RTCPeerConnection();
      try {
        connection.createDataChannel('probe');
        await connection.setLocalDescription();
        await new Promise<void>((resolve) => {
          connection.addEventListener('icecandidate', ({ candidate }) => {
            if (candidate === null || candidate.candidate !== '') resolve();
          });
        });
        return connection.localDescription?.sdp.includes('a=candidate') === true;
      } finally {
        connection.close();
      }
    }),
  );
}
