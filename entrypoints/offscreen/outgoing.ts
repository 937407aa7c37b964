import { errorCode, TallowError } from '../../lib/errors/index.ts';
import { fetchClicked } from '../../lib/files/clicked-bytes.ts';
import { clickedName, completedName } from '../../lib/files/clicked-name.ts';
import { removeSpooled, spool } from '../../lib/files/spool.ts';
import type { EngineItem } from '../../lib/messaging/engine.ts';
import type { HandedFile } from '../../lib/messaging/hand-over.ts';
import type { OffscreenCall } from '../../lib/messaging/offscreen-calls.ts';
import { ReadError, readFromPage } from '../../lib/messaging/read-port.ts';
import { tellBackground } from '../../lib/messaging/rpc.ts';
import type { TransferBoard } from '../../lib/messaging/transfer-board.ts';
import type { TextKind, TransferKind } from '../../lib/protocol/kinds.ts';
import type { EngineClient } from './engine-client.ts';

type Call<T extends OffscreenCall['type']> = Extract<OffscreenCall, { type: T }>;
interface Target {
  readonly transferId: string;
  readonly deviceId: string;
}
interface Clicked extends Target {
  readonly kind: TransferKind;
}
interface Bytes {
  readonly mime: string;
  readonly name: string;
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** The engine did not take files that a page handed over. */
class RefusedError extends TallowError {}

/** Turns what a person wants to send into a transfer of the engine, whatever it takes to read it. */
export class Outgoing {
  readonly #engine: EngineClient;
  readonly #board: TransferBoard;
  readonly #spooled = new Set<string>();
  /** What is being read, each with what ends it. */
  readonly #reading = new Map<string, AbortController>();
  readonly #requests = new Map<string, AbortController>();
  readonly #handed = new Map<string, { take(): void; refuse(error: RefusedError): void }>();

  constructor(engine: EngineClient, board: TransferBoard) {
    this.#engine = engine;
    this.#board = board;
  }

  text(call: Call<'send/text'>): void {
    if (this.#board.has(call.transferId)) return;
    this.#draft(call, call.kind, call.text, call.kind === 'page' ? undefined : call.note);
    // Only a page's title is the peer's business; the other notes are for this side's person.
    this.#sendText(call, call.kind, call.text, call.kind === 'page' ? call.note : undefined);
  }

  /** Resolves once the engine has them: then the page that handed them over may close. */
  async files(target: Target & { files: readonly HandedFile[] }): Promise<void> {
    const { transferId, files } = target;
    if (this.#board.has(transferId)) return;
    this.#draft(target, 'files', files[0]?.path ?? '');
    await new Promise<void>((take, refuse) => {
      this.#handed.set(transferId, { take, refuse });
      this.#send(target, 'files', files.map(itemOf));
    }).finally(() => this.#handed.delete(transferId));
  }

  /** Fetches, spools and sends; the link goes when the bytes cannot be had. */
  async fetched(call: Call<'send/fetch'>): Promise<void> {
    await this.#clicked(call, call.url, async (signal) => {
      const { mime, stream } = await fetchClicked(call.url, call.kind, signal);
      return { mime, stream, name: clickedName(call.url, mime, call.kind) };
    });
  }

  /** Waits for the content script's port and sends what it brings. */
  async read(call: Call<'send/read'>): Promise<void> {
    await this.#clicked(call, call.link, async (signal, abort) => {
      this.#requests.set(call.requestId, abort);
      try {
        const { mime, name, stream } = await readFromPage(call.requestId, signal);
        return { mime, stream, name: completedName(name, mime, call.kind) };
      } finally {
        this.#requests.delete(call.requestId);
      }
    });
  }

  /** The script could not be put into the page. */
  readFailed(requestId: string): void {
    this.#requests.get(requestId)?.abort(new ReadError('unreadable'));
  }

  /** True when it was still being read: the engine never hears of it. */
  cancel(transferId: string): boolean {
    const reading = this.#reading.get(transferId);
    if (!reading) return false;
    this.#board.cancelled(transferId);
    reading.abort(new ReadError('cancelled'));
    return true;
  }

  taken(transferId: string): void {
    this.#handed.get(transferId)?.take();
  }

  refused(transferId: string, code: string): void {
    this.#handed.get(transferId)?.refuse(new RefusedError(code));
    this.#board.fail(transferId, code);
    this.released(transferId);
  }

  /** The engine has let go of a transfer's sources. */
  released(transferId: string): void {
    if (this.#spooled.delete(transferId)) void removeSpooled(transferId);
  }

  async #clicked(
    call: Clicked,
    link: string | undefined,
    get: (signal: AbortSignal, abort: AbortController) => Promise<Bytes>,
  ): Promise<void> {
    const { transferId, kind } = call;
    if (this.#board.has(transferId)) return;
    this.#draft(call, kind, clickedName(link ?? '', '', kind));
    const abort = new AbortController();
    this.#reading.set(transferId, abort);
    try {
      const { mime, name, stream } = await get(abort.signal, abort);
      this.#board.amend(transferId, { title: name });
      const blob = await spool(transferId, stream, abort.signal);
      this.#spooled.add(transferId);
      this.#send(call, kind, [{ path: name, mime, modified: 0, blob }]);
    } catch (error) {
      this.#reading.delete(transferId);
      if (abort.signal.aborted && errorCode(abort.signal.reason) === 'cancelled') return;
      if (link !== undefined) return await this.#linkInstead(call, link);
      this.#board.fail(transferId, errorCode(error));
      await tellBackground({ type: 'tell', ...targetOf(call), code: 'read-failed' });
    } finally {
      this.#reading.delete(transferId);
    }
  }

  async #linkInstead(call: Target, link: string): Promise<void> {
    this.#board.amend(call.transferId, { kind: 'link', title: link, note: 'link-instead' });
    this.#sendText(call, 'link', link);
    await tellBackground({ type: 'tell', ...targetOf(call), code: 'link-instead' });
  }

  #sendText(target: Target, kind: TextKind, text: string, note?: string): void {
    const blob = new Blob([text], { type: 'text/plain' });
    const item = { path: `${kind}.txt`, mime: 'text/plain', modified: 0, blob };
    this.#send(target, kind, [item], note);
  }

  #send(target: Target, kind: TransferKind, items: readonly EngineItem[], note?: string): void {
    const said = note === undefined ? {} : { note };
    this.#engine.post({ type: 'send', ...targetOf(target), kind, items, ...said });
  }

  #draft(target: Target, kind: TransferKind, title: string, note?: string): void {
    const draft = { ...targetOf(target), kind, title, createdAt: Date.now() };
    this.#board.draft(note === undefined ? draft : { ...draft, note });
  }
}

/** Calls hold more than this; a message to the engine has no more than its type says. */
function targetOf({ transferId, deviceId }: Target): Target {
  return { transferId, deviceId };
}

function itemOf({ file, path }: HandedFile): EngineItem {
  const mime = file.type || 'application/octet-stream';
  return { path, mime, modified: file.lastModified, blob: file };
}
