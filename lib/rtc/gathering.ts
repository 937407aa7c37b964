import { type Candidate, parseCandidate } from '../ice/candidates.ts';

/** A peer connection made only to see what its browser gathers, and closed again. */

/** What probes need of the browser; tests give a fake. */
export type Connect = (configuration: RTCConfiguration) => RTCPeerConnection;

export const connect: Connect = (configuration) => new RTCPeerConnection(configuration);

/** Of a probe of one server; each has a time limit of its own. */
export interface ProbeOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly open?: Connect;
}

/** One candidate with what only the event tells. */
export interface Gathered {
  readonly candidate: Candidate;
  /** The server it came from; empty for host candidates and where the browser does not say. */
  readonly url: string;
  readonly init: RTCIceCandidateInit;
}

export interface GatheringEvents {
  readonly onCandidate?: (found: Gathered) => void;
  /** All servers answered or were given up. A silent one holds this back for many seconds. */
  readonly onComplete?: () => void;
  /** STUN's error code (RFC 8489 §14.8), or 701: the server could not be reached. */
  readonly onError?: (code: number) => void;
}

/**
 * Wires `connection` to `events`, and closes it when `stop` aborts. Gathering itself begins with the
 * local description; `openProbe` does that too.
 */
export function watchGathering(
  connection: RTCPeerConnection,
  events: GatheringEvents,
  stop: AbortSignal,
): void {
  const close = () => connection.close();
  if (stop.aborted) return close();
  stop.addEventListener('abort', close, { once: true });
  const live = () => !stop.aborted;
  connection.addEventListener('icecandidate', ({ candidate: found }) => {
    const candidate = found && parseCandidate(found.candidate);
    if (!live() || !found || !candidate) return;
    // Newer than TypeScript's own description of the DOM.
    const url = 'url' in found && typeof found.url === 'string' ? found.url : '';
    events.onCandidate?.({ candidate, url, init: found.toJSON() });
  });
  connection.addEventListener('icecandidateerror', ({ errorCode }) => {
    if (live()) events.onError?.(errorCode);
  });
  connection.addEventListener('icegatheringstatechange', () => {
    if (live() && connection.iceGatheringState === 'complete') events.onComplete?.();
  });
}

/** A connection with one data channel that starts to gather at once, until `stop` aborts. */
export function openProbe(
  open: Connect,
  configuration: RTCConfiguration,
  events: GatheringEvents,
  stop: AbortSignal,
): void {
  if (stop.aborted) return;
  const connection = open(configuration);
  watchGathering(connection, events, stop);
  connection.createDataChannel('probe');
  connection.setLocalDescription().catch(() => {
    // Closed meanwhile, or no WebRTC: the probe's time runs out, as with a server that is silent.
  });
}

/** Aborts with `signal` or after `ms`; `done` ends it, and whatever hangs on it, at once. */
export function deadline(
  ms: number,
  signal?: AbortSignal,
): { stop: AbortSignal; done: () => void } {
  const controller = new AbortController();
  const done = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', done);
    controller.abort();
  };
  const timer = setTimeout(done, ms);
  if (signal?.aborted) done();
  else signal?.addEventListener('abort', done, { once: true });
  return { stop: controller.signal, done };
}

/** Settles with what `begin` reports, or with `otherwise()` when `stop` aborts first. */
export function untilStopped<T>(
  stop: AbortSignal,
  otherwise: () => T,
  begin: (settle: (value: T) => void) => void,
): Promise<T> {
  return new Promise((resolve) => {
    if (stop.aborted) return resolve(otherwise());
    stop.addEventListener('abort', () => resolve(otherwise()), { once: true });
    begin(resolve);
  });
}
