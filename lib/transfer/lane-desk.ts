import { toHex } from '../protocol/base64.ts';
import type { ByteChannel } from '../protocol/byte-channel.ts';
import { MAX_LANE_CANDIDATES, MAX_LANES, PC_ID_BYTES } from '../protocol/limits.ts';
import type { LaneMessage } from '../protocol/messages.ts';
import { RateLimit } from '../protocol/rate-limit.ts';
import {
  LANE_CLOSE_MS,
  LANE_CONNECT_MS,
  LANE_OFFER_WINDOW_MS,
  MAX_LANE_OFFERS,
} from './constants.ts';
import { SessionError } from './errors.ts';
import type { Lanes } from './lanes.ts';
import type { Clock, RandomBytes } from './ports.ts';

/** What the document, which makes the connections, is to do for a lane. */
export type LaneTask =
  /** Make a connection of this id and answer with its `lane-offer`. */
  | { readonly type: 'lane-open'; readonly pcId: string }
  /** Of the peer. `lane-offer` wants a connection and its `lane-answer`. */
  | Exclude<LaneMessage, { type: 'lane-close' }>
  /** The lane is over: close its connection. */
  | { readonly type: 'lane-drop'; readonly pcId: string };

/**
 * What the document says about a lane: descriptions and candidates of its own for the peer, or that
 * there will be no connection.
 */
export type LaneNews =
  | Exclude<LaneMessage, { type: 'lane-close' }>
  | { readonly type: 'lane-failed'; readonly pcId: string };

/** What a session's link is to its lanes. */
export interface LaneDeskOwner {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly lanes: Lanes;
  post(message: LaneMessage): void;
  /** A chunk frame of the peer. Answers its bytes of ciphertext. @throws SessionError, ProtocolError */
  onFrame(frame: Uint8Array): number;
  onTask(task: LaneTask): void;
  /** A lane of one's own did not come up, or one that was up is gone. */
  onLost(): void;
  /** The number of lanes that are up changed. */
  onCount(): void;
  /** One came up and is bound. */
  onUp(): void;
  fail(error: unknown): void;
}

type State =
  /** Of one's own: the document makes its offer, the peer does not know of it. */
  | { readonly type: 'begun' }
  /** Offered; the channel is not bound yet. */
  | { readonly type: 'coming'; answered: boolean }
  | { readonly type: 'up'; readonly channel: ByteChannel }
  /** We said what came over it and wait for the peer's word ([LN4]). */
  | { readonly type: 'closing'; readonly channel: ByteChannel | null };

interface FurtherLane {
  readonly pcId: string;
  /** Offered by this side. */
  readonly own: boolean;
  state: State;
  /** Candidates of the peer. */
  candidates: number;
  /** Bytes of ciphertext that came over it. */
  received: number;
  stopTimer: () => void;
}

/** Ids of lanes that are over: words about them may still be on their way. */
const PAST_LANES = 256;

/** A session's further lanes, from offer to settlement ([LN1] to [LN4]). */
export class LaneDesk {
  readonly #owner: LaneDeskOwner;
  readonly #lanes = new Map<string, FurtherLane>();
  readonly #past = new Set<string>();
  readonly #offers: RateLimit;
  #state: 'open' | 'closed' = 'open';

  constructor(owner: LaneDeskOwner) {
    this.#owner = owner;
    this.#offers = new RateLimit(owner.clock, MAX_LANE_OFFERS, LANE_OFFER_WINDOW_MS);
  }

  /** `lane-0` and those that are up or coming. */
  get count(): number {
    return 1 + this.#counted().length;
  }

  /** Further lanes that this side offered and that are up or coming. */
  get own(): number {
    return this.#counted().filter((lane) => lane.own).length;
  }

  /** Bytes that came over further lanes: while they grow, the peer uses them. */
  get received(): number {
    return [...this.#lanes.values()].reduce((sum, lane) => sum + lane.received, 0);
  }

  /** Offers one more; false where [LN1] leaves no room. */
  offer(): boolean {
    if (this.count >= MAX_LANES) return false;
    const pcId = toHex(this.#owner.random(PC_ID_BYTES));
    this.#begin(pcId, true);
    this.#owner.onTask({ type: 'lane-open', pcId });
    return true;
  }

  /** Closes the one that this side offered last. */
  closeOwn(): void {
    const last = this.#counted().findLast((lane) => lane.own);
    if (last !== undefined) this.#end(last, 'not-needed');
  }

  /** From the peer. @throws SessionError */
  onMessage(message: LaneMessage): void {
    if (message.type === 'lane-offer') return this.#onOffer(message);
    const { pcId } = message;
    const lane = this.#lanes.get(pcId);
    if (lane === undefined && this.#past.has(pcId)) return;
    if (lane === undefined || lane.state.type === 'begun') {
      throw new SessionError('out-of-state', 'an unknown lane');
    }
    switch (message.type) {
      case 'lane-close':
        return this.#onClose(lane, message.received);
      case 'lane-answer':
        if (lane.state.type === 'closing') return;
        if (!lane.own || lane.state.type !== 'coming' || lane.state.answered) {
          throw new SessionError('out-of-state', 'an answer to nothing');
        }
        lane.state.answered = true;
        return this.#owner.onTask(message);
      case 'lane-candidate':
      case 'lane-candidates-end':
        if (++lane.candidates > MAX_LANE_CANDIDATES) {
          throw new SessionError('over-limit', 'candidates');
        }
        if (lane.state.type === 'closing') return;
        if (lane.own && lane.state.type === 'coming' && !lane.state.answered) {
          throw new SessionError('out-of-state', 'a candidate before its description');
        }
        return this.#owner.onTask(message);
    }
  }

  /** From the document. What is over meanwhile is ignored. */
  onNews(news: LaneNews): void {
    const lane = this.#lanes.get(news.pcId);
    if (lane === undefined || lane.state.type === 'closing') return;
    if (news.type === 'lane-failed') return this.#end(lane);
    if (news.type === 'lane-offer' && lane.state.type === 'begun') {
      lane.state = { type: 'coming', answered: false };
    }
    this.#owner.post(news);
  }

  /**
   * The lane's channel, bound by its own proof ([LN2]). One that nobody knows is taken as well: a
   * transport other than WebRTC needs no offer.
   */
  add(pcId: string, channel: ByteChannel): void {
    if (this.#state === 'closed' || this.#past.has(pcId)) return channel.close();
    const lane = this.#lanes.get(pcId) ?? this.#begin(pcId, false);
    // Chunks are cut already: a lane that cannot carry them is none.
    const fits = channel.maxMessageSize >= this.#owner.lanes.maxMessageSize;
    if (lane.state.type !== 'coming' || !fits) {
      channel.close();
      this.#end(lane);
      return;
    }
    lane.stopTimer();
    lane.state = { type: 'up', channel };
    channel.onClose = () => this.#end(lane);
    this.#owner.lanes.add(channel);
    this.#owner.onUp();
    this.#owner.onCount();
    // Last: frames that came before are delivered now, and may end the session.
    channel.onMessage = (frame) => {
      try {
        lane.received += this.#owner.onFrame(frame);
      } catch (error) {
        this.#owner.fail(error);
      }
    };
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    for (const { pcId, state, stopTimer } of this.#lanes.values()) {
      stopTimer();
      // Those that are up are closed with all lanes; their connections are the document's.
      if (state.type !== 'closing') this.#owner.onTask({ type: 'lane-drop', pcId });
    }
    this.#lanes.clear();
  }

  #counted(): FurtherLane[] {
    return [...this.#lanes.values()].filter(({ state }) => state.type !== 'closing');
  }

  #begin(pcId: string, own: boolean): FurtherLane {
    const lane: FurtherLane = {
      pcId,
      own,
      state: own ? { type: 'begun' } : { type: 'coming', answered: false },
      candidates: 0,
      received: 0,
      stopTimer: this.#owner.clock.after(LANE_CONNECT_MS, () => this.#end(lane)),
    };
    this.#lanes.set(pcId, lane);
    return lane;
  }

  #onOffer(message: Extract<LaneMessage, { type: 'lane-offer' }>): void {
    const { pcId } = message;
    if (this.#lanes.has(pcId) || this.#past.has(pcId)) {
      throw new SessionError('out-of-state', 'a lane offered twice');
    }
    if (!this.#offers.take()) throw new SessionError('over-limit', 'lanes');
    // Both sides may offer at once, each within the limit: no breach, and no lane.
    if (this.count >= MAX_LANES) {
      this.#remember(pcId);
      this.#owner.post({ type: 'lane-close', pcId, received: 0 });
      return;
    }
    this.#begin(pcId, false);
    this.#owner.onTask(message);
  }

  /** [LN4] This side is done with the lane; what was lost of its own chunks the peer will say. */
  #end(lane: FurtherLane, why: 'lost' | 'not-needed' = 'lost'): void {
    const { pcId, state } = lane;
    if (this.#state === 'closed' || state.type === 'closing') return;
    lane.stopTimer();
    if (state.type === 'begun') {
      this.#forget(pcId);
      this.#owner.onTask({ type: 'lane-drop', pcId });
      return this.#owner.onLost();
    }
    const channel = state.type === 'up' ? state.channel : null;
    lane.state = { type: 'closing', channel };
    lane.stopTimer = this.#owner.clock.after(LANE_CLOSE_MS, () => {
      this.#owner.fail(new SessionError('channel-closed', 'no word about a lane'));
    });
    this.#owner.post({ type: 'lane-close', pcId, received: lane.received });
    if (channel !== null) {
      channel.onMessage = null;
      channel.onClose = null;
      this.#owner.lanes.end(channel);
      channel.close();
    }
    this.#owner.onTask({ type: 'lane-drop', pcId });
    if (why === 'lost') this.#owner.onLost();
    if (channel !== null) this.#owner.onCount();
  }

  #onClose(lane: FurtherLane, received: number): void {
    // The peer's own one: it has no more use for it.
    this.#end(lane, lane.own ? 'lost' : 'not-needed');
    const { pcId, state } = lane;
    const channel = state.type === 'closing' ? state.channel : null;
    lane.stopTimer();
    this.#forget(pcId);
    const settled = channel === null ? received === 0 : this.#owner.lanes.settle(channel, received);
    if (!settled) throw new SessionError('out-of-state', 'more came than was sent');
  }

  #forget(pcId: string): void {
    this.#lanes.delete(pcId);
    this.#remember(pcId);
  }

  #remember(pcId: string): void {
    this.#past.add(pcId);
    const [oldest] = this.#past;
    if (this.#past.size > PAST_LANES && oldest !== undefined) this.#past.delete(oldest);
  }
}
