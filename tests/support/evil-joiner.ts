/**
 * A server that takes a seat at its own table: it plays the joiner of a nameplate, with a code that
 * it guesses or happens to know, as far as n1, and then is gone.
 */
import { cpaceStart } from '../../lib/crypto/cpace.ts';
import { fromBase64, randomBytes } from '../../lib/crypto/bytes.ts';
import { nobleMlKem768 } from '../../lib/crypto/ml-kem.ts';
import { encodeAdA, OWN_OFFER } from '../../lib/crypto/negotiation.ts';
import { NoiseHandshake } from '../../lib/crypto/noise/handshake.ts';
import { XX_HFS_PSK0 } from '../../lib/crypto/noise/patterns.ts';
import {
  PAIRING_CI,
  pairingPrologue,
  pairingPrs,
  pairingPsk,
  pairingSid,
} from '../../lib/crypto/pairing-context.ts';
import { nobleDhKey } from '../../lib/crypto/x25519.ts';
import { parseCode } from '../../lib/session/code.ts';
import { decodeHandshake, encodeHandshake, EVENT_OF } from '../../lib/session/messages.ts';
import type { HostileServer, Relay } from './hostile-server.ts';
import { until } from './wait.ts';

/** Speaks to the creator of `code` as a joiner who believes `guess`. Gives the creator's answers. */
export async function joinAndVanish(
  server: HostileServer,
  code: string,
  guess: string,
): Promise<readonly Relay[]> {
  const { nameplate } = parseCode(code);
  const { secret } = parseCode(guess);
  const roomId = `n${nameplate}`;
  const [creator] = server.members(roomId);
  if (creator === undefined) throw new Error('nobody shows this code');
  const self = server.inventPeer(roomId);
  const answers = () => server.relays.filter(({ target }) => target === self);
  const say = (type: 'pake1' | 'n1', data: string) =>
    server.deliver({ event: EVENT_OF[type], roomId, from: self, target: creator, data });

  const nonceJ = randomBytes(16);
  const sid = pairingSid({ nameplate, nonceC: fromBase64(server.nonceOf(nameplate)), nonceJ });
  const party = cpaceStart({ role: 'a', prs: pairingPrs(secret), ci: PAIRING_CI, sid });
  const adA = encodeAdA(OWN_OFFER);
  say('pake1', encodeHandshake({ type: 'pake1', nonceJ, share: party.share, adA }));

  const pake2 = await until('the creator’s pake2', () => {
    const [first] = answers();
    const message = first === undefined ? undefined : decodeHandshake(first.data);
    return message?.type === 'pake2' && message;
  });
  const { share, adB } = pake2;
  const isk = party.finish({ remoteShare: share, adA, adB });
  const handshake = new NoiseHandshake({
    pattern: XX_HFS_PSK0,
    role: 'initiator',
    prologue: pairingPrologue({ sid, ya: party.share, adA, yb: share, adB }),
    psk: pairingPsk(isk, sid),
    s: nobleDhKey(),
    kem: nobleMlKem768(),
  });
  const body = await handshake.writeMessage(new Uint8Array(0));
  say('n1', encodeHandshake({ type: 'n1', body }));
  const before = answers().length;
  await until('an answer to n1', () => answers().length > before || undefined);
  server.withdrawPeer(roomId, self);
  return answers();
}
