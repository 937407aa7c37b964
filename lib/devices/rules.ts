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
