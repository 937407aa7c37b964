import type { Decision, OfferFacts } from '../../lib/devices/rules.ts';
import type { BackgroundCall, OffscreenState } from '../../lib/messaging/background-calls.ts';
import type { OffscreenCall } from '../../lib/messaging/offscreen-calls.ts';
import type { StoredRecords } from '../../lib/storage/records.ts';
import type { DecisionRecord } from '../../lib/storage/schemas.ts';
import type { Notices } from './notices.ts';

/** An offer is gone after ten minutes ([TR12]); an answer that did not get through is useless then. */
const DECISION_LIFE_MS = 10 * 60 * 1000;

export interface OffersDeps {
  readonly decisions: StoredRecords<DecisionRecord>;
  readonly notices: Notices;
  /** The device's rule, evaluated in `devices`. */
  readonly rule: (deviceId: string, offer: OfferFacts) => Decision;
  readonly nameOf: (deviceId: string) => string;
  readonly call: (call: OffscreenCall) => Promise<unknown>;
  readonly showBadge: (count: number) => Promise<void>;
  readonly now: () => number;
}

/** Offers that wait for a person: asked once, answered once, however often anything is repeated. */
export class Offers {
  readonly #deps: OffersDeps;
  /** Undefined until the document first said what is offered. */
  #open: ReadonlySet<string> | undefined;
  #badge: number | undefined;

  constructor(deps: OffersDeps) {
    this.#deps = deps;
  }

  async onOffer(offer: Extract<BackgroundCall, { type: 'offer' }>): Promise<Decision> {
    const decided = this.#deps.decisions.get(offer.transferId);
    if (decided?.decision === 'accept') return 'accept';
    if (decided) {
      await this.#tell(offer.transferId, decided.decision);
      return 'ask';
    }
    if (this.#deps.rule(offer.deviceId, offer) === 'accept') return 'accept';
    await this.#deps.notices.offer(offer, this.#deps.nameOf(offer.deviceId));
    return 'ask';
  }

  /** The first answer counts; it is written down before the document hears of it. */
  async decide(transferId: string, decision: DecisionRecord['decision']): Promise<void> {
    const { decisions, now, notices } = this.#deps;
    const first = decisions.get(transferId);
    if (!first) await decisions.set(transferId, { decision, at: now() });
    await notices.answered(transferId);
    await this.#tell(transferId, first?.decision ?? decision);
  }

  /** Answers that an earlier worker wrote down and could not pass on. */
  async recover(): Promise<void> {
    for (const [transferId, { decision, at }] of [...this.#deps.decisions.all]) {
      if (this.#deps.now() - at > DECISION_LIFE_MS) await this.#deps.decisions.delete(transferId);
      else await this.#tell(transferId, decision);
    }
  }

  /** Brings badge and notifications in line with what the document says is offered. */
  async onTransfers(transfers: OffscreenState['transfers']): Promise<void> {
    const offered = transfers.filter(
      (transfer) => transfer.direction === 'in' && transfer.state === 'offered',
    );
    const open = new Set(offered.map(({ transferId }) => transferId));
    const before = this.#open;
    this.#open = open;
    await this.#badgeOf(open.size);
    for (const transferId of before ?? (await this.#deps.notices.offersShown())) {
      if (!open.has(transferId)) await this.#deps.notices.offerGone(transferId);
    }
    for (const offer of offered) {
      // One whose answer is under way is not asked about again.
      if (this.#deps.decisions.get(offer.transferId)) continue;
      const locked = offer.lock !== undefined;
      if (this.#deps.rule(offer.deviceId, { ...offer, locked }) === 'accept') continue;
      await this.#deps.notices.offer({ ...offer, locked }, this.#deps.nameOf(offer.deviceId));
    }
  }

  async #badgeOf(count: number): Promise<void> {
    if (count === this.#badge) return;
    this.#badge = count;
    await this.#deps.showBadge(count);
  }

  async #tell(transferId: string, decision: DecisionRecord['decision']): Promise<void> {
    await this.#deps.call({ type: 'transfer/decide', transferId, decision });
    await this.#deps.decisions.delete(transferId);
  }
}
