import { browser } from '../browser/index.ts';

/** Fires while the browser runs, wakes a dead worker. */
export const KEEP_ALARM = 'keep';

/** The shortest period that browsers grant. */
const KEEP_PERIOD_MINUTES = 0.5;

/** Once a day: what is too old goes. */
export const PRUNE_ALARM = 'prune';
const PRUNE_PERIOD_MINUTES = 24 * 60;

/** Creating an alarm again would restart its period, so that it might never fire. */
export async function ensureAlarms(): Promise<void> {
  await Promise.all([
    ensure(KEEP_ALARM, KEEP_PERIOD_MINUTES),
    ensure(PRUNE_ALARM, PRUNE_PERIOD_MINUTES),
  ]);
}

async function ensure(name: string, periodInMinutes: number): Promise<void> {
  if (await browser.alarms.get(name)) return;
  await browser.alarms.create(name, { periodInMinutes });
}
