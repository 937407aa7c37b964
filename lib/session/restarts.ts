/**
 * ICE restarts of one link, ours and the peer's, one at a time ([IC6], [IC7]): new candidates over
 * the sealed signaling, while DTLS and the channels stay.
 */
import { copyBytes } from '../crypto/bytes.ts';
import type { Rung } from '../ice/strategy.ts';
import { RateLimit } from '../protocol/rate-limit.ts';
import { PEER_RESTARTS, PEER_RESTARTS_MS } from './constants.ts';
import type { Clock, Link } from './ports.ts';
import type { SealedMessage } from './sealed-messages.ts';

type Description = Extract<SealedMessage, { type: 'offer' | 'answer' }>;

interface RestartsDeps {
  readonly link: Link;
  readonly clock: Clock;
  /** [IC7] When both have offered, this side gives up its own. */
  readonly yields: boolean;
  readonly send: (message: Description) => void;
  readonly failed: (reason: 'bad-peer' | 'link-failed') => void;
}

export class Restarts {
  readonly #deps: RestartsDeps;
  /** Calls to the link that describe it run in turn; each sees what the one before has done. */
  #turn: Promise<void> = Promise.resolve();
  #count = 0;
  /** The number of the peer's last one: they only grow. */
  #theirs = 0;
  readonly #limit: RateLimit;
  /** Ours that is to be answered; none, or given up for the peer's. */
  #open: number | undefined;
  #life: 'on' | 'ended' = 'on';

  constructor(deps: RestartsDeps) {
    this.#deps = deps;
    const { clock } = deps;
    // Each costs us a gathering, and allocations on somebody's relay.
    this.#limit = new RateLimit({ now: () => clock.monotonic() }, PEER_RESTARTS, PEER_RESTARTS_MS);
  }

  /** Resolves when the link is not being described: a candidate may belong to what is under way. */
  idle(): Promise<void> {
    return this.#turn;
  }

  /** Asks the peer for a restart; a newer one takes the place of one that is not answered yet. */
  begin(rung: Rung): void {
    const restart = ++this.#count;
    this.#open = restart;
    const { link } = this.#deps;
    void this.#inTurn(async () => {
      if (this.#open !== restart) return;
      const sdp = await link.restart(rung);
      // The peer's own offer may have come meanwhile, and ours given way to it.
      if (this.#isOpen(restart)) {
        this.#deps.send({ type: 'offer', pcId: copyBytes(link.pcId), restart, sdp });
      }
    }, 'link-failed');
  }

  /** Takes the peer's offer. @returns whether it was answered, and not ignored for our own. */
  async offered({ restart, sdp }: Description): Promise<boolean> {
    if (restart <= this.#theirs || !this.#limit.take()) {
      this.#deps.failed('bad-peer');
      return false;
    }
    this.#theirs = restart;
    if (this.#open !== undefined && !this.#deps.yields) return false;
    this.#open = undefined;
    const { link } = this.#deps;
    return await this.#inTurn(async () => {
      const answer = await link.answer(sdp);
      if (this.#life === 'on') {
        this.#deps.send({ type: 'answer', pcId: copyBytes(link.pcId), restart, sdp: answer });
      }
    }, 'bad-peer');
  }

  /** Takes the peer's answer. @returns whether it was the one to our present offer. */
  async answered({ restart, sdp }: Description): Promise<boolean> {
    if (restart > this.#count) {
      this.#deps.failed('bad-peer');
      return false;
    }
    // To an offer that a later one has replaced.
    if (!this.#isOpen(restart)) return false;
    this.#open = undefined;
    return await this.#inTurn(() => this.#deps.link.acceptAnswer(sdp), 'bad-peer');
  }

  end(): void {
    this.#life = 'ended';
    this.#open = undefined;
  }

  #isOpen(restart: number): boolean {
    return this.#life === 'on' && this.#open === restart;
  }

  /** @returns whether it was done; the session fails otherwise, for the given reason. */
  #inTurn(work: () => Promise<void>, reason: 'bad-peer' | 'link-failed'): Promise<boolean> {
    const done = this.#turn.then(async () => {
      if (this.#life === 'ended') return false;
      try {
        await work();
        return this.#life === 'on';
      } catch {
        if (this.#life === 'on') this.#deps.failed(reason);
        return false;
      }
    });
    this.#turn = done.then(() => undefined);
    return done;
  }
}
