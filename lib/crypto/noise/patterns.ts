/**
 * Handshake patterns as token tables (Noise revision 34 §7 and §9; hfs extension for `e1` and
 * `ekem1`). The token order is the protocol: PROTOCOL.md sections PR and RC print the same tables.
 */

/** `psk` always mixes key and hash; with any psk in a pattern, `e` also mixes the key (§9.2). */
export type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'ss' | 'psk' | 'e1' | 'ekem1';

export interface HandshakePattern {
  /** As it stands in the protocol name. */
  readonly name: 'XX' | 'KK' | 'KKpsk0' | 'XXhfs+psk0' | 'KKhfs+psk0';
  /** Whether both statics are known before, initiator's first (the KK family). */
  readonly preStatics: 'none' | 'both';
  /** The first is the initiator's, then they alternate. */
  readonly messages: readonly (readonly Token[])[];
}

export const XX: HandshakePattern = {
  name: 'XX',
  preStatics: 'none',
  messages: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']],
};

export const KK: HandshakePattern = {
  name: 'KK',
  preStatics: 'both',
  messages: [
    ['e', 'es', 'ss'],
    ['e', 'ee', 'se'],
  ],
};

export const KK_PSK0: HandshakePattern = {
  name: 'KKpsk0',
  preStatics: 'both',
  messages: [
    ['psk', 'e', 'es', 'ss'],
    ['e', 'ee', 'se'],
  ],
};

/** First contact, n1 n2 n3. */
export const XX_HFS_PSK0: HandshakePattern = {
  name: 'XXhfs+psk0',
  preStatics: 'none',
  messages: [
    ['psk', 'e', 'e1'],
    ['e', 'ee', 'ekem1', 's', 'es'],
    ['s', 'se'],
  ],
};

/** Paired devices, k1 k2. */
export const KK_HFS_PSK0: HandshakePattern = {
  name: 'KKhfs+psk0',
  preStatics: 'both',
  messages: [
    ['psk', 'e', 'e1', 'es', 'ss'],
    ['e', 'ee', 'ekem1', 'se'],
  ],
};

export function patternUses(pattern: HandshakePattern, token: Token): boolean {
  return pattern.messages.some((tokens) => tokens.includes(token));
}

/** `Noise_…_AESGCM_SHA256`, with the KEM named where the pattern has one. */
export function protocolName(pattern: HandshakePattern): string {
  const dh = patternUses(pattern, 'ekem1') ? '25519+MLKEM768' : '25519';
  return `Noise_${pattern.name}_${dh}_AESGCM_SHA256`;
}
