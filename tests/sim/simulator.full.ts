import { simulatedRuns } from './runs.ts';

// Ten times as many runs as `npm test` has, of other seeds.
simulatedRuns(1_000_001, 20_000);
