import { MAX_MEDIA_CANDIDATES } from '../protocol/limits.ts';
import { ShareError } from './errors.ts';
import type { MediaMessage } from './ports.ts';

/** What the connection is to its share. */
interface ConnectionOwner {
  /** To the peer. */
  post(message: MediaMessage): void;
  /** [SH5] Sharer: the document is to make a restart's offer. */
  restart(): void;
}

type Description =
  /** The document makes an offer; the peer has not seen it. */
  | 'begun'
  /** The offer is with the one who answers. */
  | 'offered'
  | 'agreed';

/**
 * One media connection, as control sees it: which description and which candidates are due ([SH5]).
 * Only the sharer offers, so that no two offers can meet.
 */
export class MediaConnection {
  readonly pcId: string;
  readonly #owner: ConnectionOwner;
  readonly #side: 'sharer' | 'viewer';
  #description: Description;
  /** Once: candidates of the peer have something they belong to. */
  #answered: boolean;
  #restartWanted = false;
  /** Since the last description, of the peer and of this end. */
  #candidates = 0;
  #ownCandidates = 0;
  /** Both proofs were right ([SH4]). */
  bound = false;
  path: 'new' | 'connected' | 'lost' = 'new';
  flowing = false;
  /** The frame transform of this end runs. */
  protecting = false;

  constructor(pcId: string, side: 'sharer' | 'viewer', owner: ConnectionOwner) {
    this.pcId = pcId;
    this.#owner = owner;
    this.#side = side;
    this.#description = side === 'sharer' ? 'begun' : 'offered';
    this.#answered = side === 'viewer';
  }

  /** Sharer. One offer is under way at a time: the next waits for the answer. */
  restart(): void {
    if (this.#description !== 'agreed') {
      this.#restartWanted = true;
      return;
    }
    this.#description = 'begun';
    this.#owner.restart();
  }

  /** Own, from the document: goes to the peer if it is its turn. */
  describe(message: MediaMessage): void {
    if (message.type === 'media-offer') {
      if (this.#side !== 'sharer' || this.#description !== 'begun') return;
      this.#description = 'offered';
    } else if (message.type === 'media-answer') {
      if (this.#side !== 'viewer' || this.#description !== 'offered') return;
      this.#description = 'agreed';
    } else if (++this.#ownCandidates > MAX_MEDIA_CANDIDATES) return;
    if (message.type === 'media-offer' || message.type === 'media-answer') this.#ownCandidates = 0;
    this.#owner.post(message);
  }

  /** Of the peer. @throws ShareError */
  receive(message: MediaMessage): void {
    switch (message.type) {
      case 'media-offer':
        if (this.#side !== 'viewer' || this.#description !== 'agreed') {
          throw new ShareError('out-of-state', 'an offer out of turn');
        }
        this.#description = 'offered';
        this.#candidates = 0;
        return;
      case 'media-answer':
        if (this.#side !== 'sharer' || this.#description !== 'offered') {
          throw new ShareError('out-of-state', 'an answer to nothing');
        }
        this.#description = 'agreed';
        this.#answered = true;
        this.#candidates = 0;
        return;
      case 'media-candidate':
      case 'media-candidates-end':
        if (!this.#answered) {
          throw new ShareError('out-of-state', 'a candidate before its description');
        }
        if (++this.#candidates > MAX_MEDIA_CANDIDATES) {
          throw new ShareError('over-limit', 'candidates');
        }
    }
  }

  /** After the document was given the answer: what waited for it. */
  settled(): void {
    if (!this.#restartWanted) return;
    this.#restartWanted = false;
    this.restart();
  }
}
