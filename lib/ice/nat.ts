/** What kind of NAT a device is behind, as far as a browser can tell (docs/PROTOCOL.md [NT1]). */

export const NAT_TYPES = [
  /** Endpoint-independent mapping and filtering, or no NAT at all. */
  'full-cone',
  /** Endpoint-independent mapping; lets in whom it sent to, from any port. */
  'restricted',
  /** Endpoint-independent mapping; lets in exactly the address and port it sent to. */
  'port-restricted',
  /** Another mapping for each destination. */
  'symmetric',
  /** No UDP to the outside. */
  'blocked',
  'unknown',
] as const;
export type NatType = (typeof NAT_TYPES)[number];

export interface NatProfile {
  readonly type: NatType;
  /** From 0 (a guess) to 1. */
  readonly confidence: number;
}

export const UNKNOWN_NAT: NatProfile = { type: 'unknown', confidence: 0 };
