import { MAX_TRANSFERS_UNDER_WAY } from '../protocol/limits.ts';
import type { ToReceiver } from '../protocol/messages.ts';
import { SMALL_TRANSFER_BYTES, SMALL_TRANSFER_PLACES } from './constants.ts';
import { SessionError } from './errors.ts';
import type { ChunkJob } from './lanes.ts';
import { OfferAssembly } from './offer-assembly.ts';
import type { Offer } from './offer.ts';
import type { SendTransfer } from './sender.ts';
import type { SessionLink } from './session-link.ts';

export type OfferPart = Extract<ToReceiver, { type: 'offer-begin' | 'offer-items' | 'offer-end' }>;

/** What an attached session holds besides its link: what is offered over it, either way. */
export class SessionDesk {
  readonly link: SessionLink;
  /** Offered and not over, in turn: each pull begins with the next one. */
  readonly #sends: SendTransfer[] = [];
  #turn = 0;
  /** The offer whose pages are arriving. */
  #assembly: OfferAssembly | null = null;

  constructor(link: SessionLink) {
    this.link = link;
  }

  /** [TR14] Whether one more may be offered: some places are only for what is soon over. */
  hasRoom(small: boolean): boolean {
    const reserved = small ? 0 : SMALL_TRANSFER_PLACES;
    return this.#sends.length < MAX_TRANSFERS_UNDER_WAY - reserved;
  }

  offer(transfer: SendTransfer): void {
    this.#sends.push(transfer);
    transfer.attach(this.link);
  }

  /** It is over: another may take its place. */
  drop(transferId: string): void {
    const at = this.#sends.findIndex((send) => send.transferId === transferId);
    if (at >= 0) this.#sends.splice(at, 1);
  }

  /** What is soon over goes first; the others take turns. */
  nextChunk(): ChunkJob | null {
    for (const send of this.#sends) {
      if (send.bytesLeft > SMALL_TRANSFER_BYTES) continue;
      const job = send.nextChunk();
      if (job !== null) return job;
    }
    for (let tried = 0; tried < this.#sends.length; tried++) {
      this.#turn = (this.#turn + 1) % this.#sends.length;
      const job = this.#sends[this.#turn]?.nextChunk() ?? null;
      if (job !== null) return job;
    }
    return null;
  }

  /**
   * A part of an incoming offer; with its last one the offer.
   *
   * @param admit throws where an offer of this id may not begin
   * @throws SessionError
   */
  takeOffer(message: OfferPart, admit: (transferId: string) => void): Offer | null {
    const assembly = this.#assembly;
    if (message.type === 'offer-begin') {
      if (assembly !== null) throw new SessionError('out-of-state', 'an offer within an offer');
      admit(message.transferId);
      this.#assembly = new OfferAssembly(message);
      return null;
    }
    if (assembly?.transferId !== message.transferId) throw new SessionError('unknown-transfer');
    if (message.type === 'offer-items') {
      assembly.add(message.items);
      return null;
    }
    this.#assembly = null;
    return assembly.end();
  }

  /** The offer that is arriving is taken back; false when it is another one. */
  withdrawOffer(transferId: string): boolean {
    if (this.#assembly?.transferId !== transferId) return false;
    this.#assembly = null;
    this.link.forget(transferId);
    return true;
  }
}
