import { toRtcServers } from '../ice/configuration.ts';
import type { StunResult } from '../ice/self-test.ts';
import type { IceServer } from '../ice/servers.ts';
import { connect, deadline, openProbe, type ProbeOptions, untilStopped } from './gathering.ts';

/** Longer than three retransmissions (RFC 8489 §6.2.1). */
const STUN_PROBE_MS = 2_500;

/** What this one server answers. It learns our public address: never in privacy mode. Never rejects. */
export async function probeStun(
  server: IceServer,
  { signal, timeoutMs = STUN_PROBE_MS, open = connect }: ProbeOptions = {},
): Promise<StunResult> {
  const { stop, done } = deadline(timeoutMs, signal);
  const silent: StunResult = { answer: 'silent', ms: null };
  let hosts = 0;
  let errors = 0;
  let askedAt = performance.now();
  try {
    return await untilStopped<StunResult>(
      stop,
      () => silent,
      (settle) =>
        openProbe(
          open,
          { iceServers: toRtcServers([server]) },
          {
            onCandidate: ({ candidate: { type, protocol } }) => {
              if (type === 'srflx') settle({ answer: 'mapped', ms: performance.now() - askedAt });
              else if (type === 'host' && protocol === 'udp') {
                hosts += 1;
                askedAt = performance.now();
              }
            },
            onError: () => {
              errors += 1;
            },
            // Done in time and with nothing to show: the server saw the address that the port has
            // anyway, and browsers drop that duplicate. A port that could not ask is an error.
            // The browser says "complete" late, so there is no time to tell.
            onComplete: () => settle(hosts > errors ? { answer: 'own-address', ms: null } : silent),
          },
          stop,
        ),
    );
  } finally {
    done();
  }
}
