import type { TransferKind } from '../protocol/kinds.ts';

/** What happens to an offer of a device. More kinds of rule are further members. */
export const DEVICE_RULES = ['ask', 'always'] as const;
export type DeviceRule = (typeof DEVICE_RULES)[number];

/** What a rule may look at. */
export interface OfferFacts {
  readonly kind: TransferKind;
  readonly count: number;
  readonly totalBytes: number;
  /** It asks for a password, which only a person can give ([PW1]). */
  readonly locked?: boolean;
}

export type Decision = 'accept' | 'ask';

/** The one place where rules are evaluated. */
export function decide(rule: DeviceRule, offer: OfferFacts): Decision {
  if (offer.locked === true) return 'ask';
  switch (rule) {
    case 'always':
      return 'accept';
    case 'ask':
      return 'ask';
  }
}

/** What a rule may look at in a share that is offered. */
export interface ShareFacts {
  /** The sharer encrypts frames above SRTP. */
  readonly frames: boolean;
}

/** [SH3] Without that protection a person is asked, whatever the rule. */
export function decideShare(rule: DeviceRule, { frames }: ShareFacts): Decision {
  if (!frames) return 'ask';
  switch (rule) {
    case 'always':
      return 'accept';
    case 'ask':
      return 'ask';
  }
}
