import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingParts } from '../../scripts/system/parts.ts';
import { expectCalm } from '../support/duo.ts';
import { LAB_PARTS, startLabDuo, type LabDuo } from '../support/nat-lab/duo.ts';
import { FILE_BYTES, moveTo, pairLab, trip, type LabIds } from '../support/nat-lab/trip.ts';

/** Of everything that is not the file: checks on many pairs, allocations. */
const LITTLE = 512 * 1024;

describe.skipIf(missingParts(LAB_PARTS).length > 0)('two homes, each behind a router', () => {
  let duo: LabDuo;
  let ids: LabIds;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallow-reach-'));
    duo = await startLabDuo({ a: 'routed', b: 'routed' });
    ids = await pairLab(duo);
  });
  afterAll(async () => {
    if (duo !== undefined) expectCalm(duo.laptop, duo.desktop);
    await duo?.close();
    await rm(folder, { recursive: true });
  });

  it('[IC4] both port-restricted, no relay: connects directly', async () => {
    await moveTo(duo, ['port-restricted', 'port-restricted'], []);
    const { laptopPath, words, desktopTraffic } = await trip(duo, ids, folder);
    expect(laptopPath).toMatchObject({ kind: 'direct', transport: 'udp', sameNetwork: false });
    expect(words).toContain('Direct');
    expect(desktopTraffic.peer).toBeGreaterThan(FILE_BYTES);
    expect(desktopTraffic.serverUdp).toBeLessThan(LITTLE);
  });

  it('[IC4] port-restricted and symmetric: connects over the relay', async () => {
    await moveTo(duo, ['port-restricted', 'symmetric'], ['udp', 'tcp']);
    const { laptopPath, words, desktopTraffic } = await trip(duo, ids, folder);
    expect(laptopPath).toMatchObject({ kind: 'relay', transport: 'udp' });
    expect(words).toContain('Relay');
    expect(desktopTraffic.serverUdp).toBeGreaterThan(FILE_BYTES);
    expect(desktopTraffic.peer).toBeLessThan(LITTLE);
  });

  it('[IC4] no UDP on one side: connects over the relay, by TCP there', async () => {
    await moveTo(duo, ['udp-blocked', 'full-cone'], ['udp', 'tcp']);
    const { laptopPath, words, laptopTraffic, desktopTraffic } = await trip(duo, ids, folder);
    expect(laptopPath).toMatchObject({ kind: 'relay', transport: 'tcp' });
    expect(words).toContain('Relay');
    expect(laptopTraffic.relayTcp).toBeGreaterThan(FILE_BYTES);
    expect(laptopTraffic.serverUdp).toBe(0);
    expect(desktopTraffic.peer).toBeLessThan(LITTLE);
  });
});
