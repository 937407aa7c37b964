import { toRtcServers } from '../ice/configuration.ts';
import type { IceServer } from '../ice/servers.ts';
import type { TurnResult } from '../ice/self-test.ts';
import { connect, deadline, openProbe, type ProbeOptions, untilStopped } from './gathering.ts';

/** An allocation takes two round trips, over TLS four; Chromium waits 50 ms before it begins. */
const TURN_PROBE_MS = 4_000;

/** Whether this one address gives a relay, and after how many milliseconds. Never rejects. */
export async function probeTurn(
  server: IceServer,
  { signal, timeoutMs = TURN_PROBE_MS, open = connect }: ProbeOptions = {},
): Promise<TurnResult> {
  const { stop, done } = deadline(timeoutMs, signal);
  const startedAt = performance.now();
  let refused = false;
  const failed = (): TurnResult => ({ ok: false, refused });
  try {
    return await untilStopped<TurnResult>(stop, failed, (settle) => {
      openProbe(
        open,
        { iceServers: toRtcServers([server]), iceTransportPolicy: 'relay' },
        {
          onCandidate: ({ candidate }) => {
            if (candidate.type === 'relay') settle({ ok: true, ms: performance.now() - startedAt });
          },
          onError: (code) => {
            // 701 is the browser's own: it reached nobody. All others came from the server.
            refused ||= code !== 701;
          },
          onComplete: () => settle(failed()),
        },
        stop,
      );
    });
  } finally {
    done();
  }
}
