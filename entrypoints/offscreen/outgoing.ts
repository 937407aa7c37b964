import { errorCode, TallowError } from '../../lib/errors/index.ts';
import { fetchClicked } from '../../lib/files/clicked-bytes.ts';
import { clickedName, completedName } from '../../lib/files/clicked-name.ts';
import { removeSpooled, spool } from '../../lib/files/spool.ts';
import { StripError } from '../../lib/files/strip/index.ts';
import type { EngineItem } from '../../lib/messaging/engine.ts';
import type { HandOver } from '../../lib/messaging/hand-over.ts';
import type { OffscreenCall } from '../../lib/messaging/offscreen-calls.ts';
import { ReadError, readFromPage } from '../../lib/messaging/read-port.ts';
import { tellBackground } from '../../lib/messaging/rpc.ts';
import type { OutboxView } from '../../lib/messaging/snapshot.ts';
import { TITLE_LENGTH, type TransferBoard } from '../../lib/messaging/transfer-board.ts';
import type { TextKind, TransferKind } from '../../lib/protocol/kinds.ts';
import { displayText } from '../../lib/protocol/names.ts';
import type { EngineClient } from './engine-client.ts';
import { makeLock } from './make-lock.ts';
import { stripStep } from './strip-step.ts';

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
  /** What is being read, each with what ends it. */
  readonly #reading = new Map<string, AbortController>();
  readonly #requests = new Map<string, AbortController>();
  readonly #handed = new Map<string, { take(): void; refuse(error: RefusedError): void }>();
  readonly #opening = new Map<string, (() => void)[]>();
  /** Null until the worker has counted. */
  outbox: OutboxView | null = null;

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
  async files({ purpose, files, roots }: HandOver): Promise<void> {
    const { transferId } = purpose;
    const given = files.map(({ fileId = 0, ...file }) => ({ fileId, ...itemOf(file) }));
    if (purpose.type === 'again') {
      const deviceId = this.#board.snapshot(transferId)?.deviceId;
      if (deviceId === undefined) throw new RefusedError('unknown-transfer');
      const again = await this.#stripped(transferId, deviceId, given);
      const chosen = again.map(({ fileId, blob, modified, strip, original }) => ({
        fileId,
        blob,
        modified,
        ...(strip && { strip }),
        ...(original && { original }),
      }));
      return await this.#opened(transferId, () =>
        this.#engine.post({ type: 'give', transferId, files: chosen, roots }),
      );
    }
    if (this.#board.has(transferId)) return;
    const { password } = purpose;
    this.#draft(purpose, 'files', files[0]?.path ?? '');
    try {
      const lock = password === undefined ? undefined : await makeLock(password);
      const items = await this.#stripped(transferId, purpose.deviceId, given);
      await this.#taken(transferId, () =>
        this.#engine.post({
          type: 'send',
          ...targetOf(purpose),
          kind: 'files',
          items,
          roots,
          ...(lock && { lock }),
        }),
      );
    } catch (error) {
      this.#board.fail(transferId, errorCode(error));
      throw error;
    }
  }

  /** Resolves when the page that was allowed to read them may close. */
  async sources({ transferId }: Call<'transfer/sources'>): Promise<void> {
    await this.#opened(transferId, () => this.#engine.post({ type: 'sources', transferId }));
  }

  opened(transferId: string): void {
    for (const done of this.#opening.get(transferId) ?? []) done();
    this.#opening.delete(transferId);
  }

  /** The same files to the same device once more. @throws RefusedError `choose-again`, … */
  async again({ transferId, freshId }: Call<'send/again'>): Promise<void> {
    if (this.#board.has(freshId) || this.#handed.has(freshId)) return;
    await this.#taken(freshId, () => this.#engine.post({ type: 'again', transferId, freshId }));
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
  }

  /** After a restart its files would have to be chosen again: the row says so. */
  notKept(transferId: string): void {
    this.#board.amend(transferId, { note: 'not-kept' });
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
      const copy = `${transferId}.0`;
      const blob = await spool(copy, stream, this.#room, abort.signal);
      const item = { path: name, mime, modified: 0, blob, copy };
      try {
        this.#send(call, kind, await this.#stripped(transferId, call.deviceId, [item]));
      } catch (error) {
        await removeSpooled(copy);
        throw error;
      }
    } catch (error) {
      this.#reading.delete(transferId);
      if (abort.signal.aborted && errorCode(abort.signal.reason) === 'cancelled') return;
      // A link in its place would hide what a person can do about it.
      const forPerson = errorCode(error) === 'outbox-full' || error instanceof StripError;
      if (link !== undefined && !forPerson) return await this.#linkInstead(call, link);
      this.#board.fail(transferId, errorCode(error));
      await tellBackground({ type: 'tell', ...targetOf(call), code: 'read-failed' });
    } finally {
      this.#reading.delete(transferId);
    }
  }

  get #room(): number {
    const { outbox } = this;
    return outbox === null ? Infinity : outbox.quotaBytes - outbox.usedBytes;
  }

  /** As the device's setting says; the row tells that it happened. @throws StripError, CallError */
  async #stripped<T extends EngineItem | Omit<EngineItem, 'path' | 'mime'>>(
    transferId: string,
    deviceId: string,
    given: readonly T[],
  ): Promise<readonly T[]> {
    const { items, stripped } = await stripStep(deviceId, given);
    if (stripped === 0) return items;
    this.#board.amend(transferId, { note: 'metadata-removed' });
    return items.map((item, i) => (item.blob === given[i]?.blob ? item : { ...item, strip: true }));
  }

  #opened(transferId: string, ask: () => void): Promise<void> {
    return new Promise<void>((done) => {
      const waiting = this.#opening.get(transferId) ?? [];
      this.#opening.set(transferId, [...waiting, done]);
      ask();
    });
  }

  /** @throws RefusedError */
  #taken(transferId: string, ask: () => void): Promise<void> {
    return new Promise<void>((take, refuse) => {
      this.#handed.set(transferId, { take, refuse });
      ask();
    }).finally(() => this.#handed.delete(transferId));
  }

  async #linkInstead(call: Target, link: string): Promise<void> {
    this.#board.amend(call.transferId, { kind: 'link', title: link, note: 'link-instead' });
    this.#sendText(call, 'link', link);
    await tellBackground({ type: 'tell', ...targetOf(call), code: 'link-instead' });
  }

  #sendText(target: Target, kind: TextKind, text: string, note?: string): void {
    const blob = new Blob([text], { type: 'text/plain' });
    const item = { path: `${kind}.txt`, mime: 'text/plain', modified: 0, blob };
    // Its file's name says nothing, and the words may be all that a restart leaves to tell it by.
    const title = displayText(text, TITLE_LENGTH);
    this.#send(target, kind, [item], { title, ...(note !== undefined && { note }) });
  }

  #send(
    target: Target,
    kind: TransferKind,
    items: readonly EngineItem[],
    said: { readonly note?: string; readonly title?: string } = {},
  ): void {
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

function itemOf({ file, path, original }: Omit<HandOver['files'][number], 'fileId'>): EngineItem {
  const mime = file.type || 'application/octet-stream';
  return { path, mime, modified: file.lastModified, blob: file, ...(original && { original }) };
}
