import { describe, it } from 'vitest';
import { ONLY_SEED, simulatedRuns } from './runs.ts';

if (ONLY_SEED === undefined) simulatedRuns(1001, 1000);
else describe.skip('only one seed is looked at', () => it('elsewhere', () => undefined));
