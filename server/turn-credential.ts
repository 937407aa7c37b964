import { createHmac, randomBytes } from 'node:crypto';

/** So that two credentials are told apart in the relay's quotas, and nothing about who has them. */
const ID_BYTES = 12;

export interface TurnCredential {
  /** `<unix seconds at which it ends>:<fresh random id>` */
  readonly username: string;
  /** base64(HMAC-SHA1(secret, username)) */
  readonly credential: string;
}

/**
 * A credential that the TURN server can check by itself (draft-uberti-behave-turn-rest-00, which
 * coturn calls `use-auth-secret`). SHA-1 is what that form fixes; as an HMAC it is not broken.
 */
export function timeLimitedCredential(
  secret: string,
  nowMs: number,
  ttlSeconds: number,
  id: string = randomBytes(ID_BYTES).toString('base64url'),
): TurnCredential {
  const username = `${Math.floor(nowMs / 1_000) + ttlSeconds}:${id}`;
  return { username, credential: passwordOf(secret, username) };
}

/** base64(HMAC-SHA1(secret, username)), as coturn computes it too. */
export function passwordOf(secret: string, username: string): string {
  return createHmac('sha1', secret).update(username).digest('base64');
}
