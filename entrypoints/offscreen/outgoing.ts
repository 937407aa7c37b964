import { errorCode } from '../../lib/errors/index.ts';
import { fetchClicked } from '../../lib/files/clicked-bytes.ts';
import { clickedName, completedName } from '../../lib/files/clicked-name.ts';
import { removeSpooled, spool } from '../../lib/files/spool.ts';
import type { EngineItem } from '../../lib/messaging/engine.ts';
import type { HandedFile } from '../../lib/messaging/hand-over.ts';
import type { OffscreenCall } from '../../lib/messaging/offscreen-calls.ts';
import { readFromPage } from '../../lib/messaging/read-port.ts';
import { tellBackground } from '../../lib/messaging/rpc.ts';
import type { TextKind, TransferKind } from '../../lib/protocol/kinds.ts';
import type { EngineClient } from './engine-client.ts';
import type { TransferBoard } from '../../lib/messaging/transfer-board.ts';

type Call<T extends OffscreenCall['type']> = Extract<OffscreenCall, { type: T }>;
type Target = { readonly transferId: string; readonly deviceId: string };

/** Turns what a person wants to send into a transfer of the engine, whatever it takes to read it. */
export class Outgoing {
  readonly #engine: EngineClient;
  readonly #board: TransferBoard;
  readonly #spooled = new Set<string>();
  readonly #reads = new Map<string, AbortController>();

  constructor(engine: EngineClient, board: TransferBoard) {
    this.#engine = engine;
    this.#board = board;
  }

  text(call: Call<'send/text'>): void {
    if (this.#board.has(call.transferId)) return;
    this.#draft(call, call.kind, call.text, call.note);
    // Only a page's title is the peer's business; the other notes are for this side's person.
    this.#sendText(call, call.kind, call.text, call.kind === 'page' ? call.note : undefined);
  }

  files({ transferId, deviceId, files }: Target & { files: readonly HandedFile[] }): void {
    if (this.#board.has(transferId)) return;
    this.#draft({ transferId, deviceId }, 'files', files[0]?.path ?? '');
    this.#send({ transferId, deviceId }, 'files', files.map(itemOf));
  }

  /** Fetches, spools and sends; the link goes when the bytes cannot be had. */
  async fetched(call: Call<'send/fetch'>): Promise<void> {
    if (this.#board.has(call.transferId)) return;
    this.#draft(call, call.kind, clickedName(call.url, '', call.kind));
    try {
      const { mime, stream } = await fetchClicked(call.url, call.kind);
      await this.#spoolAndSend(call, mime, clickedName(call.url, mime, call.kind), stream);
    } catch {
      await this.#linkInstead(call, call.url);
    }
  }

  /** Waits for the content script's port and sends what it brings. */
  async read(call: Call<'send/read'>): Promise<void> {
    if (this.#board.has(call.transferId)) return;
    this.#draft(call, call.kind, clickedName(call.link ?? '', '', call.kind));
    const abort = new AbortController();
    this.#reads.set(call.requestId, abort);
    try {
      const { mime, name, stream } = await readFromPage(call.requestId, abort.signal);
      await this.#spoolAndSend(call, mime, completedName(name, mime, call.kind), stream);
    } catch (error) {
      if (call.link !== undefined) return await this.#linkInstead(call, call.link);
      this.#board.fail(call.transferId, errorCode(error));
      await tellBackground({ type: 'tell', ...targetOf(call), code: 'read-failed' });
    } finally {
      this.#reads.delete(call.requestId);
    }
  }

  readFailed(requestId: string): void {
    this.#reads.get(requestId)?.abort();
  }

  /** The engine has let go of a transfer's sources. */
  released(transferId: string): void {
    if (this.#spooled.delete(transferId)) void removeSpooled(transferId);
  }

  async #spoolAndSend(
    target: Target & { kind: TransferKind },
    mime: string,
    name: string,
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  ): Promise<void> {
    const { transferId, deviceId, kind } = target;
    this.#board.amend(transferId, { title: name });
    const blob = await spool(transferId, stream);
    this.#spooled.add(transferId);
    this.#send({ transferId, deviceId }, kind, [{ path: name, mime, modified: 0, blob }]);
  }

  async #linkInstead(call: Target, link: string): Promise<void> {
    this.#board.amend(call.transferId, { kind: 'link', title: link, note: 'link-instead' });
    this.#sendText(call, 'link', link);
    await tellBackground({ type: 'tell', ...targetOf(call), code: 'link-instead' });
  }

  #sendText(target: Target, kind: TextKind, text: string, note?: string): void {
    const blob = new Blob([text], { type: 'text/plain' });
    const item = { path: `${kind}.txt`, mime: 'text/plain', modified: 0, blob };
    this.#send(targetOf(target), kind, [item], note);
  }

  #send(target: Target, kind: TransferKind, items: readonly EngineItem[], note?: string): void {
    this.#engine.post({
      type: 'send',
      ...target,
      kind,
      items,
      ...(note !== undefined && { note }),
    });
  }

  #draft(target: Target, kind: TransferKind, title: string, note?: string): void {
    const draft = { ...targetOf(target), kind, title, createdAt: Date.now() };
    this.#board.draft(note === undefined ? draft : { ...draft, note });
  }
}

function targetOf({ transferId, deviceId }: Target): Target {
  return { transferId, deviceId };
}

function itemOf({ file, path }: HandedFile): EngineItem {
  const mime = file.type || 'application/octet-stream';
  return { path, mime, modified: file.lastModified, blob: file };
}
