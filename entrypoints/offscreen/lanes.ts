import { laneConfiguration } from '../../lib/ice/configuration.ts';
import { LaneLink } from '../../lib/rtc/lane-link.ts';
import type { LinkReach } from '../../lib/rtc/peer-link.ts';
import type { LaneNews, LaneTask } from '../../lib/transfer/lane-desk.ts';
import type { EngineClient } from './engine-client.ts';

interface DocumentLanesDeps {
  readonly engine: Pick<EngineClient, 'post' | 'takeLane'>;
  readonly reach: LinkReach;
  /** Whether the session's first connection goes without a relay. */
  readonly direct: (sessionId: string) => boolean;
}

/** The peer connections of further lanes, as the engine asks for them ([LN1]). */
export class DocumentLanes {
  readonly #deps: DocumentLanesDeps;
  readonly #sessions = new Map<string, Map<string, LaneLink>>();

  constructor(deps: DocumentLanesDeps) {
    this.#deps = deps;
  }

  onTask(sessionId: string, task: LaneTask): void {
    const { pcId } = task;
    const link = this.#sessions.get(sessionId)?.get(pcId);
    switch (task.type) {
      case 'lane-open':
        return this.#make(sessionId, pcId).offer();
      case 'lane-offer':
        return this.#make(sessionId, pcId).answer(task.sdp);
      case 'lane-answer':
        return link?.acceptAnswer(task.sdp);
      case 'lane-candidate': {
        const { candidate, sdpMid, sdpMLineIndex } = task;
        return link?.addCandidate({ candidate, sdpMid, sdpMLineIndex });
      }
      case 'lane-candidates-end':
        return link?.addCandidate(null);
      case 'lane-drop':
        return this.#drop(sessionId, pcId);
    }
  }

  /** The session is gone. */
  drop(sessionId: string): void {
    for (const link of this.#sessions.get(sessionId)?.values() ?? []) link.close();
    this.#sessions.delete(sessionId);
  }

  /** [IC9] Another network: the first connection looks for a new path, the lanes are made anew. */
  shake(): void {
    for (const [sessionId, links] of this.#sessions) {
      for (const pcId of [...links.keys()]) this.#failed(sessionId, pcId);
    }
  }

  #make(sessionId: string, pcId: string): LaneLink {
    const { engine, reach, direct } = this.#deps;
    const tell = (news: LaneNews) => engine.post({ type: 'lane-news', sessionId, news });
    // [IC5] Under privacy mode every rung is relays only.
    const rung = direct(sessionId) ? 'direct' : 'all';
    const link = new LaneLink({
      configuration: () => laneConfiguration(reach.configuration(rung)),
      privacy: () => reach.privacy,
      takeChannel: (channel) => engine.takeLane(sessionId, pcId, channel),
      onDescription: (type, sdp) => tell({ type, pcId, sdp }),
      onCandidate: (candidate) =>
        tell(
          candidate === null
            ? { type: 'lane-candidates-end', pcId }
            : { type: 'lane-candidate', pcId, ...candidate },
        ),
      onSecured: (transport) => engine.post({ type: 'lane-secure', sessionId, pcId, ...transport }),
      onFailed: () => this.#failed(sessionId, pcId),
    });
    const links = this.#sessions.get(sessionId) ?? new Map<string, LaneLink>();
    this.#sessions.set(sessionId, links.set(pcId, link));
    return link;
  }

  #failed(sessionId: string, pcId: string): void {
    this.#drop(sessionId, pcId);
    this.#deps.engine.post({
      type: 'lane-news',
      sessionId,
      news: { type: 'lane-failed', pcId },
    });
  }

  #drop(sessionId: string, pcId: string): void {
    const links = this.#sessions.get(sessionId);
    links?.get(pcId)?.close();
    links?.delete(pcId);
    if (links?.size === 0) this.#sessions.delete(sessionId);
  }
}

/**
 * Lanes that every session made from now on has, whatever they bring: `localStorage.lanes`, 1 to 8.
 * For measurements and tests; nothing in the interface sets it.
 */
export function fixedLanes(): { fixedLanes?: number } {
  const wanted = Number(localStorage.getItem('lanes') ?? Number.NaN);
  return Number.isInteger(wanted) && wanted > 0 ? { fixedLanes: wanted } : {};
}
