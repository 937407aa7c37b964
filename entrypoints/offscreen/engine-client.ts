import type {
  EngineReport,
  EngineRequest,
  TransferredChannel,
} from '../../lib/messaging/engine.ts';
import type { BoundSession, ChannelOwner } from '../../lib/rtc/peer-link.ts';
import { relayChannel } from '../../lib/rtc/relayed-channel.ts';
import { fixedLanes } from './lanes.ts';

/** The document's end of the engine's worker. */
export class EngineClient implements ChannelOwner {
  readonly #worker: Worker;
  readonly #onDrop: (sessionId: string) => void;
  /** `relay` once a data channel could not be transferred: not in this browser. */
  #channels: 'transfer' | 'relay' = 'transfer';

  /** @param onDrop a session's first connection is gone */
  constructor(onReport: (report: EngineReport) => void, onDrop: (sessionId: string) => void) {
    this.#worker = new Worker(new URL('./engine.worker.ts', import.meta.url), { type: 'module' });
    this.#worker.onmessage = (event: MessageEvent<EngineReport>) => onReport(event.data);
    this.#onDrop = onDrop;
  }

  post(request: EngineRequest, transfer: Transferable[] = []): void {
    this.#worker.postMessage(request, transfer);
  }

  takeChannels(sessionId: string, control: RTCDataChannel, lane: RTCDataChannel): void {
    this.#hand([control, lane], ([first, second]) => {
      if (first === undefined || second === undefined) throw new Error('two channels go in');
      return { type: 'channels', sessionId, control: first, lane: second };
    });
  }

  takeLane(sessionId: string, pcId: string, lane: RTCDataChannel): void {
    this.#hand([lane], ([channel]) => {
      if (channel === undefined) throw new Error('one channel goes in');
      return { type: 'lane-channel', sessionId, pcId, channel };
    });
  }

  /** The channel `bind` of a share's media. */
  takeBind(sessionId: string, pcId: string, bind: RTCDataChannel): void {
    this.#hand([bind], ([channel]) => {
      if (channel === undefined) throw new Error('one channel goes in');
      return { type: 'media-channel', sessionId, pcId, channel };
    });
  }

  secure({ session, ...bound }: BoundSession): void {
    const { sessionId, deviceId, role, pcId, keys } = session;
    this.post({ type: 'secure', sessionId, deviceId, role, pcId, keys, ...bound, ...fixedLanes() });
    // The worker has its own copies and wipes them.
    for (const key of Object.values(keys)) key.fill(0);
  }

  dropChannels(sessionId: string): void {
    this.#onDrop(sessionId);
    this.post({ type: 'drop', sessionId, reason: 'closed' });
  }

  /**
   * Data channels go to the worker, in the task that made them: later none can be transferred. Where
   * none can be at all they stay here, and their frames are relayed.
   */
  #hand(
    channels: readonly RTCDataChannel[],
    request: (handed: readonly TransferredChannel[]) => EngineRequest,
  ): void {
    if (this.#channels === 'transfer') {
      try {
        return this.post(request(channels), [...channels]);
      } catch (error) {
        if (!(error instanceof DOMException) || error.name !== 'DataCloneError') throw error;
        this.#channels = 'relay';
      }
    }
    const ports = channels.map((channel) => {
      const { port1, port2 } = new MessageChannel();
      relayChannel(channel, port1);
      return port2;
    });
    this.post(request(ports), ports);
  }
}
