import type { Party } from './states.ts';

/** Who has paused a transfer. One's own word outlasts a session, the peer's does not. */
export class Pauses {
  #me = false;
  #peer = false;

  get mine(): boolean {
    return this.#me;
  }

  get by(): Party | 'both' | null {
    if (this.#me) return this.#peer ? 'both' : 'me';
    return this.#peer ? 'peer' : null;
  }

  set(by: Party, paused: boolean): void {
    if (by === 'me') this.#me = paused;
    else this.#peer = paused;
  }
}
