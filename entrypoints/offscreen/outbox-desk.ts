import { errorCode } from '../../lib/errors/index.ts';
import type { OutboxSources } from '../../lib/files/outbox-sources.ts';
import type { EngineReport, EngineRequest } from '../../lib/messaging/engine.ts';
import type { Engine } from '../../lib/transfer/engine.ts';

type OutboxRequest = Extract<
  EngineRequest,
  { type: 'send' | 'give' | 'sources' | 'again' | 'forget-sources' }
>;
type SendRequest = Extract<EngineRequest, { type: 'send' }>;

interface OutboxDeskDeps {
  readonly engine: Engine;
  readonly sources: OutboxSources;
  readonly report: (report: EngineReport) => void;
}

/** In the engine's worker: where files are is written down before the engine hears of them. */
export class OutboxDesk {
  readonly #deps: OutboxDeskDeps;
  readonly #keeping = new Map<string, Promise<void>>();

  constructor(deps: OutboxDeskDeps) {
    this.#deps = deps;
  }

  /** Resolves when the engine has the transfer: a cancel may come while its files are written down. */
  async settled(transferId: string): Promise<void> {
    await this.#keeping.get(transferId);
  }

  async handle(request: OutboxRequest): Promise<void> {
    const { sources } = this.#deps;
    switch (request.type) {
      case 'send':
        return await this.#begin(request.transferId, async () => request);
      case 'again':
        return await this.#begin(request.freshId, async () => ({
          type: 'send',
          ...(await sources.again(request.transferId, request.freshId)),
        }));
      case 'give':
        await sources.give(request.transferId, request.files, request.roots);
        return await this.#reopen(request.transferId);
      case 'sources':
        return await this.#reopen(request.transferId);
      case 'forget-sources':
        return await sources.forget(request.transferIds);
    }
  }

  /** All at once: what a page was allowed to read is allowed only until that page closes. */
  async #reopen(transferId: string): Promise<void> {
    const { engine, sources, report } = this.#deps;
    await sources.openAll(transferId);
    report({ type: 'opened', transferId });
    await engine.reopenSources(transferId);
  }

  async #begin(transferId: string, find: () => Promise<SendRequest>): Promise<void> {
    const { sources, report } = this.#deps;
    const begun = find().then((request) => this.#send(request));
    const kept = begun.then(
      () => report({ type: 'taken', transferId }),
      async (error: unknown) => {
        report({ type: 'refused', transferId, code: errorCode(error) });
        // A second call for what is there already must not take its files away.
        if (errorCode(error) !== 'duplicate-transfer') await sources.release(transferId);
      },
    );
    this.#keeping.set(transferId, kept);
    await kept.finally(() => this.#keeping.delete(transferId));
  }

  async #send(request: SendRequest): Promise<void> {
    const { engine, sources } = this.#deps;
    const { transferId, deviceId, kind, note, title, items, force, lock } = request;
    await sources.keep(request);
    engine.send(deviceId, {
      transferId,
      kind,
      ...(note !== undefined && { note }),
      ...(title !== undefined && { title }),
      ...(force !== undefined && { force }),
      ...(lock !== undefined && { lock }),
      items: items.map(({ path, mime, modified }, fileId) => ({
        path,
        mime,
        modified,
        source: sources.sourceOf({ transferId, fileId }),
      })),
    });
  }
}
