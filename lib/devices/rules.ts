import type { TransferKind } from '../protocol/kinds.ts';

/** What happens to an offer of a device. More kinds of rule are further members. */
export const DEVICE_RULES = ['ask', 'always'] as const;
export type DeviceRule = (typeof DEVICE_RULES)[number];

/** What a rule may look at. */
export interface OfferFacts {
  readonly kind: TransferKind;
  readonly count: number;
  readonly totalBytes: number;
}

export type Decision = 'accept' | 'ask';

/** The one place where rules are evaluated. */
export function decide(rule: DeviceRule, _offer: OfferFacts): Decision {
  switch (rule) {
    case 'always':
      return 'accept';
    case 'ask':
      return 'ask';
  }
}
