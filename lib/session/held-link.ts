/**
 * A link whose peer may not hear from it yet: candidates wait, in order and bounded, until the
 * handshake allows them ([RC8]), and the link's state waits with them.
 */
import { toHex } from '../crypto/bytes.ts';
import { CANDIDATE_BUFFER } from './constants.ts';
import type { Link, LinkCandidate, LinkFactory, LinkOptions, LinkState } from './ports.ts';

export interface LinkEvents {
  onCandidate(candidate: LinkCandidate | null): void;
  onState(state: LinkState): void;
}

export interface HeldLink {
  readonly link: Link;
  readonly sessionId: string;
  readonly offerer: boolean;
  /** Hands over what has waited, then everything as it comes. Once. */
  attach(events: LinkEvents): void;
  /** Idempotent; no event afterwards. */
  close(): void;
}

export function holdLink(
  factory: LinkFactory,
  options: Pick<LinkOptions, 'pcId' | 'offerer' | 'remoteNat'>,
): HeldLink {
  const sessionId = toHex(options.pcId);
  const candidates: (LinkCandidate | null)[] = [];
  let state: LinkState | undefined;
  let events: LinkEvents | undefined;
  let life: 'open' | 'closed' = 'open';

  const link = factory.create({
    ...options,
    sessionId,
    onCandidate(candidate) {
      if (life === 'closed') return;
      if (events !== undefined) events.onCandidate(candidate);
      else if (candidates.length < CANDIDATE_BUFFER) candidates.push(candidate);
    },
    onState(next) {
      if (life === 'closed') return;
      state = next;
      events?.onState(next);
    },
  });

  return {
    link,
    sessionId,
    offerer: options.offerer,
    attach(target) {
      events = target;
      for (const candidate of candidates.splice(0)) target.onCandidate(candidate);
      if (state !== undefined) target.onState(state);
    },
    close() {
      if (life === 'closed') return;
      life = 'closed';
      link.close();
    },
  };
}
