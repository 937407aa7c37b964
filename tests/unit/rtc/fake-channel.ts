/** What `DataChannelBytes` touches of an `RTCDataChannel`, one end or two that are joined. */
export class FakeChannel {
  binaryType = '';
  readyState: RTCDataChannelState = 'connecting';
  bufferedAmountLowThreshold = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onbufferedamountlow: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  readonly sent: number[][] = [];
  peer: FakeChannel | null = null;
  readonly #queue: ArrayBuffer[] = [];
  #buffered = 0;
  #delivering = false;

  get bufferedAmount() {
    return this.#buffered;
  }

  send(bytes: Uint8Array<ArrayBuffer>) {
    this.sent.push([...bytes.subarray(0, 16)]);
    if (!this.peer) return;
    this.#queue.push(bytes.slice().buffer);
    this.#buffered += bytes.byteLength;
    if (!this.#delivering) void this.#deliver(this.peer);
  }

  close() {
    if (this.readyState === 'closed') return;
    this.readyState = 'closed';
    // As in a browser: both ends hear of it, later.
    queueMicrotask(() => {
      this.onclose?.();
      this.peer?.close();
    });
  }

  open() {
    this.readyState = 'open';
    this.onopen?.();
  }

  arrive(...bytes: number[]) {
    this.onmessage?.({ data: Uint8Array.from(bytes).buffer });
  }

  async #deliver(peer: FakeChannel) {
    this.#delivering = true;
    await Promise.resolve();
    for (let data = this.#queue.shift(); data; data = this.#queue.shift()) {
      const before = this.#buffered;
      this.#buffered -= data.byteLength;
      peer.onmessage?.({ data });
      const low = this.bufferedAmountLowThreshold;
      if (before > low && this.#buffered <= low) this.onbufferedamountlow?.();
    }
    this.#delivering = false;
  }
}

export function fakeChannelPair(): [FakeChannel, FakeChannel] {
  const [a, b] = [new FakeChannel(), new FakeChannel()];
  a.peer = b;
  b.peer = a;
  return [a, b];
}
