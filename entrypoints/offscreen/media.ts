import type { MediaTask } from '../../lib/share/ports.ts';
import type { QualitySettings } from '../../lib/share/quality.ts';
import type { FramesClient } from './frames-client.ts';
import type { MediaDeps, MediaEnd, MediaPlace } from './media-end.ts';
import { MediaReceiver } from './media-receiver.ts';
import { MediaSender } from './media-sender.ts';

interface DocumentMediaDeps extends MediaDeps {
  readonly frames: Pick<FramesClient, 'make' | 'ready' | 'key'>;
}

/** The media connections of all shares, as the book asks for them ([SH4], [SH5], [SH9]). */
export class DocumentMedia {
  readonly #deps: DocumentMediaDeps;
  /** By `pcId`. */
  readonly #ends = new Map<string, MediaEnd>();

  constructor(deps: DocumentMediaDeps) {
    this.#deps = deps;
  }

  onTask(task: MediaTask): void {
    switch (task.type) {
      case 'media-open':
        return this.#open(task);
      case 'media-offer':
        return this.#offered(task);
      case 'media-key': {
        const { sessionId, type: _, ...start } = task;
        return this.#deps.frames.key(sessionId, start);
      }
      case 'media-restart':
        return this.#of(task)?.link.restart();
      case 'media-answer':
        return this.#of(task)?.link.acceptAnswer(task.sdp);
      case 'media-candidate': {
        const { candidate, sdpMid, sdpMLineIndex } = task;
        return this.#of(task)?.link.addCandidate({ candidate, sdpMid, sdpMLineIndex });
      }
      case 'media-candidates-end':
        return this.#of(task)?.link.addCandidate(null);
      case 'media-drop':
        return this.#drop(task);
    }
  }

  /** [SH4] The peer proved itself at the other end. */
  bound(pcId: string): void {
    const end = this.#ends.get(pcId);
    if (end === undefined) return;
    end.bound();
    this.#deps.news({ type: 'media-bound', shareId: end.place.shareId, pcId });
  }

  /** It did not in time, or is gone: the sharer may be about to make another one. */
  unbound(pcId: string): void {
    const end = this.#ends.get(pcId);
    if (end === undefined) return;
    end.link.close();
    const { shareId } = end.place;
    this.#deps.news({ type: 'media-state', shareId, pcId, state: 'closed' });
  }

  choose(settings: QualitySettings): void {
    for (const end of this.#ends.values()) end.choose(settings);
  }

  #open(task: Extract<MediaTask, { type: 'media-open' }>): void {
    const { shareId, pcId, sourceId } = task;
    const stream = this.#deps.source(sourceId);
    // Gone this moment: the share ends with its source, and needs no connection.
    if (stream === undefined) return this.#deps.news({ type: 'media-failed', shareId, pcId });
    this.#ends.set(pcId, new MediaSender(placeOf(task), stream, this.#deps));
  }

  #offered(task: Extract<MediaTask, { type: 'media-offer' }>): void {
    const known = this.#ends.get(task.pcId);
    if (known instanceof MediaReceiver) return known.offered(task.sdp);
    // One that failed here is over, whatever its sharer still hopes for.
    if (task.restart) return;
    const end = new MediaReceiver(placeOf(task), this.#deps);
    this.#ends.set(task.pcId, end);
    end.offered(task.sdp);
  }

  #of({ pcId }: { readonly pcId: string }): MediaEnd | undefined {
    return this.#ends.get(pcId);
  }

  #drop({ sessionId, pcId }: { readonly sessionId: string; readonly pcId: string }): void {
    this.#ends.get(pcId)?.close();
    this.#ends.delete(pcId);
    this.#deps.engine.post({ type: 'media-drop', sessionId, pcId });
  }
}

function placeOf({ sessionId, shareId, pcId, audio, frames }: MediaPlace): MediaPlace {
  return { sessionId, shareId, pcId, audio, frames };
}
