import type { OffscreenState } from './background-calls.ts';
import { callBackground } from './rpc.ts';

/** At most four states a second, the first change of a quiet time at once. */
const INTERVAL_MS = 250;

/** Sends this document's state to background, the latest only, never two at a time. */
export class StatePublisher {
  readonly #state: () => OffscreenState;
  #running = false;
  #again = false;

  constructor(state: () => OffscreenState) {
    this.#state = state;
  }

  changed(): void {
    this.#again = true;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#again) {
      this.#again = false;
      // Background may be dying or starting: its next start asks for the whole state by itself.
      await callBackground({ type: 'state', state: this.#state() }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    }
    this.#running = false;
  }
}
