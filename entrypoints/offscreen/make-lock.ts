import { LOCK_SALT_LENGTH, stretchPassword } from '../../lib/crypto/lock-keys.ts';
import { randomBytes } from '../../lib/crypto/bytes.ts';
import type { SendRequest } from '../../lib/transfer/events.ts';

/**
 * What a transfer keeps of the password it asks for ([PW2]): from here on the password is nowhere.
 *
 * @throws LockError `bad-password`
 */
export async function makeLock(password: string): Promise<NonNullable<SendRequest['lock']>> {
  const salt = randomBytes(LOCK_SALT_LENGTH);
  return { salt, secret: await stretchPassword(password, salt) };
}
