import { toRtcServers } from '../ice/configuration.ts';
import type { IceServer } from '../ice/servers.ts';
import { connect, type Connect, deadline, untilStopped, watchGathering } from './gathering.ts';

/** Bytes pushed at most: a relay is somebody's traffic, often paid by volume. */
const MAX_BYTES = 4 * 1024 * 1024;
const PUSH_MS = 1_000;
/** Two allocations, permissions, ICE, DTLS. */
const CONNECT_MS = 5_000;
const MESSAGE_BYTES = 16 * 1024;
/** Enough to keep a fast relay busy; what still waits here at the end was never sent. */
const BUFFER_BYTES = 512 * 1024;
/** Below this many bytes it is a round trip that was measured, not a rate. */
const LEAST_BYTES = 2 * MESSAGE_BYTES;

export interface RelayThroughputOptions {
  readonly signal?: AbortSignal;
  readonly open?: Connect;
}

/**
 * Bytes per second from this device through the relay to itself, about one second long; each byte
 * goes up and comes down. Null when the relay carried nothing. Never rejects.
 */
export async function measureRelay(
  servers: readonly IceServer[],
  { signal, open = connect }: RelayThroughputOptions = {},
): Promise<number | null> {
  const { stop, done } = deadline(CONNECT_MS + PUSH_MS, signal);
  const meter = new Meter();
  try {
    return await untilStopped<number | null>(
      stop,
      () => (signal?.aborted ? null : meter.rate),
      (settle) => void run(servers, open, stop, meter, settle).catch(() => settle(null)),
    );
  } finally {
    done();
  }
}

async function run(
  servers: readonly IceServer[],
  open: Connect,
  stop: AbortSignal,
  meter: Meter,
  settle: (rate: number | null) => void,
): Promise<void> {
  const configuration: RTCConfiguration = {
    iceServers: toRtcServers(servers),
    iceTransportPolicy: 'relay',
  };
  const sender = open(configuration);
  const receiver = open(configuration);
  // Candidates that come before the other side has a description would be refused.
  const described = Promise.withResolvers<undefined>();
  const forward = (from: RTCPeerConnection, to: RTCPeerConnection) =>
    watchGathering(
      from,
      {
        onCandidate: ({ init }) =>
          void described.promise.then(() => to.addIceCandidate(init)).catch(() => {}),
      },
      stop,
    );
  forward(sender, receiver);
  forward(receiver, sender);

  // Negotiated, so that the sender may push as soon as the transport stands.
  const options: RTCDataChannelInit = { negotiated: true, id: 0 };
  const out = sender.createDataChannel('throughput', options);
  const into = receiver.createDataChannel('throughput', options);
  into.binaryType = 'arraybuffer';
  into.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
    meter.add(data.byteLength);
    if (meter.isOver) settle(meter.rate);
  });
  out.addEventListener('open', () => push(out, stop));

  await sender.setLocalDescription();
  await receiver.setRemoteDescription(description(sender));
  await receiver.setLocalDescription();
  await sender.setRemoteDescription(description(receiver));
  described.resolve(undefined);
}

function description({ localDescription }: RTCPeerConnection): RTCSessionDescriptionInit {
  if (!localDescription) throw new DOMException('no local description', 'InvalidStateError');
  return localDescription;
}

function push(channel: RTCDataChannel, stop: AbortSignal): void {
  let sent = 0;
  const message = crypto.getRandomValues(new Uint8Array(MESSAGE_BYTES));
  const fill = () => {
    while (
      !stop.aborted &&
      channel.readyState === 'open' &&
      sent < MAX_BYTES &&
      channel.bufferedAmount < BUFFER_BYTES
    ) {
      channel.send(message);
      sent += message.byteLength;
    }
  };
  channel.bufferedAmountLowThreshold = BUFFER_BYTES / 2;
  channel.addEventListener('bufferedamountlow', fill);
  fill();
}

/** Counts from the first message on: what came before it is the time to connect. */
class Meter {
  #firstAt: number | null = null;
  #lastAt = 0;
  #bytes = 0;

  add(bytes: number): void {
    this.#lastAt = performance.now();
    // The first message only starts the clock.
    if (this.#firstAt === null) this.#firstAt = this.#lastAt;
    else this.#bytes += bytes;
  }

  get isOver(): boolean {
    const elapsed = this.#firstAt === null ? 0 : this.#lastAt - this.#firstAt;
    return elapsed >= PUSH_MS || this.#bytes + MESSAGE_BYTES >= MAX_BYTES;
  }

  get rate(): number | null {
    if (this.#firstAt === null || this.#bytes < LEAST_BYTES) return null;
    // Timers of a browser may be as coarse as a millisecond.
    return (this.#bytes * 1_000) / Math.max(1, this.#lastAt - this.#firstAt);
  }
}
