/**
 * The lab itself, without a line of the extension's: what a bare connection of the browser can do
 * between which routers. Where this fails, what `reach.test.ts` says is worth nothing.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingParts } from '../../scripts/system/parts.ts';
import { BareLink } from '../support/bare-link.ts';
import { LAB_PARTS, startLabDuo, type LabDuo } from '../support/nat-lab/duo.ts';
import { expectedPath, LAB_PAIRS, type RelayWay } from '../support/nat-lab/expected.ts';
import { LAB_STUN_SERVERS } from '../support/nat-lab/servers.ts';

/** A bare connection that can be made is made in a third of a second here. */
const NO_PATH_MS = 5_000;

describe.skipIf(missingParts(LAB_PARTS).length > 0)('a bare connection in the lab', () => {
  let duo: LabDuo;

  beforeAll(async () => {
    duo = await startLabDuo({ a: 'full-cone', b: 'full-cone' });
  });
  afterAll(() => duo?.close());

  async function connect(ways: readonly RelayWay[]): Promise<string> {
    const pages = await Promise.all([duo.laptop.browser.driver(), duo.desktop.browser.driver()]);
    const link = await BareLink.prepare(pages, {
      iceServers: [
        ...LAB_STUN_SERVERS.split('\n').map((urls) => ({ urls })),
        ...ways.map((way) => {
          const [urls = '', username = '', credential = ''] = duo.turn.lines[way].split(' ');
          return { urls, username, credential };
        }),
      ],
    });
    try {
      if ((await link.connect(NO_PATH_MS)) === undefined) return 'none';
      const { local, remote } = await link.selected();
      return local === 'relay' || remote === 'relay' ? 'relay' : 'direct';
    } finally {
      await link.close();
    }
  }

  it.for(LAB_PAIRS)('%s and %s', async ([laptop, desktop]) => {
    await duo.setModes({ a: laptop, b: desktop });
    for (const ways of [[], ['udp', 'tcp', 'tls']] as const satisfies RelayWay[][]) {
      const expected = expectedPath([laptop, desktop], ways);
      expect(await connect(ways), `relays: ${ways.join(', ') || 'none'}`).toBe(expected.kind);
    }
  });

  it('gives each kind of router the mapping that its name promises', async () => {
    const page = await duo.laptop.browser.driver();
    const mappings = () =>
      page.evaluate(async (urls) => {
        const connection = new RTCPeerConnection({
          iceServers: urls.map((url) => ({ urls: url })),
        });
        const ports = new Set<number>();
        connection.addEventListener('icecandidate', ({ candidate }) => {
          if (candidate?.type === 'srflx') ports.add(candidate.port ?? 0);
        });
        connection.createDataChannel('probe');
        const over = new Promise<void>((resolve) => {
          connection.addEventListener('icegatheringstatechange', () => {
            if (connection.iceGatheringState === 'complete') resolve();
          });
        });
        await connection.setLocalDescription();
        await over;
        connection.close();
        return ports.size;
      }, LAB_STUN_SERVERS.split('\n'));
    const found: Record<string, number> = {};
    for (const mode of ['full-cone', 'port-restricted', 'symmetric', 'udp-blocked'] as const) {
      await duo.setModes({ a: mode, b: 'full-cone' });
      found[mode] = await mappings();
    }
    expect(found).toEqual({ 'full-cone': 1, 'port-restricted': 1, symmetric: 2, 'udp-blocked': 0 });
  });
});
