import type { PairingView } from './snapshot.ts';
import type { PairingState } from '../session/events.ts';

/** The pairing machine's state as views see it. */
export function pairingView(state: PairingState): PairingView {
  switch (state.type) {
    case 'showing':
      return {
        state: 'showing',
        code: state.code,
        link: new URL(state.link, location.href).href,
        expiresAt: state.expiresAt,
      };
    // The peer has not said its own `paired` yet: words are shown once both sides hold the pair.
    case 'confirm-words':
      return { state: 'handshaking' };
    case 'paired':
      return {
        state: 'paired',
        deviceId: state.deviceId,
        name: state.name,
        checkWords: state.words,
      };
    case 'failed':
      return { state: 'failed', reason: state.reason };
    case 'idle':
    case 'creating':
    case 'joining':
    case 'handshaking':
      return { state: state.type };
  }
}
