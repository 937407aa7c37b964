import type { EngineReport, EngineRequest } from '../../lib/messaging/engine.ts';
import type { BoundSession, ChannelOwner } from '../../lib/rtc/peer-link.ts';

/** The document's end of the engine's worker. */
export class EngineClient implements ChannelOwner {
  readonly #worker: Worker;

  constructor(onReport: (report: EngineReport) => void) {
    this.#worker = new Worker(new URL('./engine.worker.ts', import.meta.url), { type: 'module' });
    this.#worker.onmessage = (event: MessageEvent<EngineReport>) => onReport(event.data);
  }

  post(request: EngineRequest, transfer: Transferable[] = []): void {
    this.#worker.postMessage(request, transfer);
  }

  takeChannels(sessionId: string, control: RTCDataChannel, lane: RTCDataChannel): void {
    // A data channel can be transferred only in the task that made it.
    this.post({ type: 'channels', sessionId, control, lane }, [control, lane]);
  }

  secure({ session, ...bound }: BoundSession): void {
    const { sessionId, deviceId, role, pcId, keys } = session;
    this.post({ type: 'secure', sessionId, deviceId, role, pcId, keys, ...bound });
    // The worker has its own copies and wipes them.
    for (const key of Object.values(keys)) key.fill(0);
  }

  dropChannels(sessionId: string): void {
    this.post({ type: 'drop', sessionId, reason: 'closed' });
  }
}
