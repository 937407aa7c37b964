import { errorCode } from '../errors/index.ts';
import type { PairingFailure } from './errors.ts';

/** What a failed send says about the peer and the server. The error may come from another context. */
export function sendFailure(error: unknown): 'peer-left' | 'server-away' {
  const code = errorCode(error);
  return code === 'target-offline' || code === 'not-in-room' ? 'peer-left' : 'server-away';
}

/** What a refused nameplate means to the person ([SV11], [SV12]). */
export function nameplateFailure(error: unknown): PairingFailure {
  switch (errorCode(error)) {
    case 'nameplate-unknown':
      return 'code-unknown';
    case 'nameplate-expired':
      return 'code-expired';
    case 'nameplate-used':
      return 'code-used';
    case 'nameplate-taken':
    case 'room-full':
      return 'code-taken';
    case 'too-many-guesses':
    case 'too-many-nameplates':
    case 'rate-limited':
      return 'too-many-tries';
    default:
      return 'server-away';
  }
}
