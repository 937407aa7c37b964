/** The Noise part of a reconnection, k1 and k2: docs/PROTOCOL.md section 3, [RC1], [RC4]. */
import { wipe, type Bytes } from '../crypto/bytes.ts';
import type { NoiseRole } from '../crypto/direction.ts';
import type { DhKey } from '../crypto/keys.ts';
import { nobleMlKem768 } from '../crypto/ml-kem.ts';
import { chooseProtocol, type ProtocolOffer } from '../crypto/negotiation.ts';
import { NoiseHandshake } from '../crypto/noise/handshake.ts';
import { KK_HFS_PSK0 } from '../crypto/noise/patterns.ts';
import { reconnectPrologue, reconnectPsk, reconnectRole } from '../crypto/reconnect-context.ts';
import type { IdentityPort, PairSecrets, PairSlot, PairStore } from './ports.ts';

export interface KnownPair extends PairSecrets {
  readonly role: NoiseRole;
  readonly staticKey: DhKey;
}

/**
 * Both static keys, the secret, and who is the initiator; the caller wipes `pskRoot`.
 *
 * @throws CryptoError `bad-key` for one's own key as the peer's.
 */
export async function loadPair(
  identity: IdentityPort,
  pairs: PairStore,
  deviceId: string,
  slot: PairSlot,
): Promise<KnownPair | undefined> {
  const [staticKey, secrets] = await Promise.all([
    identity.staticKey(),
    pairs.secrets(deviceId, slot),
  ]);
  if (secrets === undefined) return undefined;
  try {
    const role = reconnectRole(staticKey.publicKey, secrets.remoteStatic);
    return { ...secrets, staticKey, role };
  } catch (error) {
    wipe(secrets.pskRoot);
    throw error;
  }
}

export interface KkContext extends KnownPair {
  /** 16 bytes, of the room that carries k1. */
  readonly rv: Uint8Array;
  readonly own: { readonly nonce: Bytes; readonly offer: ProtocolOffer };
  readonly remote: { readonly nonce: Bytes; readonly offer: ProtocolOffer };
}

/** @throws CryptoError `no-common-version`. */
export function startKk(context: KkContext): NoiseHandshake {
  const [initiator, responder] =
    context.role === 'initiator' ? [context.own, context.remote] : [context.remote, context.own];
  // The one suite there is has no parameter; a second one would be chosen from here.
  chooseProtocol(initiator.offer, responder.offer);
  const psk = reconnectPsk(context.pskRoot, initiator.nonce, responder.nonce);
  try {
    return new NoiseHandshake({
      pattern: KK_HFS_PSK0,
      role: context.role,
      prologue: reconnectPrologue({
        rv: context.rv,
        nI: initiator.nonce,
        nR: responder.nonce,
        initiator: initiator.offer,
        responder: responder.offer,
      }),
      psk,
      s: context.staticKey,
      rs: context.remoteStatic,
      kem: nobleMlKem768(),
    });
  } finally {
    wipe(psk);
  }
}
