import { browser } from '../browser/index.ts';

/** Fires while the browser runs, wakes a dead worker. */
export const KEEP_ALARM = 'keep';

/** The shortest period that browsers grant. */
const KEEP_PERIOD_MINUTES = 0.5;

/** Creating an alarm again would restart its period, so that it might never fire. */
export async function ensureKeepAlarm(): Promise<void> {
  if (await browser.alarms.get(KEEP_ALARM)) return;
  await browser.alarms.create(KEEP_ALARM, { periodInMinutes: KEEP_PERIOD_MINUTES });
}
