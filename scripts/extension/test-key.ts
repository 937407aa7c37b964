/**
 * The public key that test builds carry, so that the extension's id is known before it is loaded.
 * Its private half was thrown away: nothing can be signed with it, and released builds have no key.
 */
export const TEST_KEY =
  'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAw2TjYG/ffH4sVBwMwVhcmFk0gzKtUfpb/W+Hx9Npnth+/RCHHlX23blQ3cZbREAgnf+PzzZZPwE4eYNhoV0av6o3wi21WnWgM712IbWIw6wB9BgGtlzXRKUZ+9ZeuNppxYF48U1fL61A7O+Jm15fIhjCoqIY8ZDIAOj2QVu9Igr4or6Qh5Ayiwy0SRv0JU/zPINiDEu4HrOZ2+b5al+MzfXklVvWPPLFnpaQh/aLsTci905kFrVQoszVS3sJYDOYdtIgVb+ejV4xLTsEKAIx4qNi1RGO9g28uhg5L0E1SagBGxLODUvSwDNYdK6G7UltvdbPQ2Op1W84NjJDWBYsTQIDAQAB';

/** What Chromium makes of `TEST_KEY`: the first 16 bytes of its SHA-256, digits written a to p. */
export const TEST_EXTENSION_ID = 'jbgmagjbldhphboibifjfaglbicgikek';
