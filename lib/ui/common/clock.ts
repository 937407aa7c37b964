import { createSignal, onCleanup, type Accessor } from 'solid-js';

/** The time, read again every `intervalMs`, for countdowns and "2 minutes ago". */
export function createClock(intervalMs: number): Accessor<number> {
  const [now, setNow] = createSignal(Date.now());
  const timer = setInterval(() => setNow(Date.now()), intervalMs);
  onCleanup(() => clearInterval(timer));
  return now;
}
