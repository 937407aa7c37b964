/**
 * The engine's `SourceStore`: finds the bytes of outgoing transfers again, after a restart too. A
 * file can be found in three places, best first: the `File` that was handed over (as long as this
 * worker lives), a copy, and the original behind a handle, for which a person may have to be asked.
 */
import { isTextKind, type TransferKind } from '../protocol/kinds.ts';
import { SourceError } from '../transfer/errors.ts';
import type { EngineEvent, SendRequest } from '../transfer/events.ts';
import type { FileRef, OpenedSource, Source, SourceStore } from '../transfer/ports.ts';
import { BlobSource } from './blob-source.ts';
import { openOriginal } from './originals.ts';
import { OutboxCopies, type OutboxReport } from './outbox-copies.ts';
import { MAX_DATABASE_COPY_BYTES, PAST_KEPT, PAST_KEPT_MS } from './outbox-limits.ts';
import { keyOf, type SendingRecord, type SourceRecord } from './outbox-records.ts';
import { OutboxStore, type NewSources } from './outbox-store.ts';
import { spooledFile, sweepSpool } from './spool.ts';
import { stripMetadata } from './strip/index.ts';

/** A file to be sent, and how it is found again. */
export interface OutboxItem {
  readonly path: string;
  readonly mime: string;
  /** Milliseconds since 1970, 0 when unknown. */
  readonly modified: number;
  readonly blob: Blob;
  /** Metadata was taken out of `blob`; the same is done to the original when it is opened. */
  readonly strip?: true;
  /** It lies in the spool already, under this id. */
  readonly copy?: string;
  /** Which of the roots it came with, and the names from there. */
  readonly original?: { readonly root: number; readonly below: readonly string[] };
}

export interface OutboxTransfer {
  readonly transferId: string;
  readonly deviceId: string;
  readonly kind: TransferKind;
  readonly note?: string;
  readonly items: readonly OutboxItem[];
  /** [PW8] Of the password that it asks for: it asks for the same when it is sent again. */
  readonly lock?: SendRequest['lock'];
  /** Handles of picked files and dropped folders, for `OutboxItem.original`. */
  readonly roots?: readonly FileSystemHandle[];
}

/** A file that a person chose again. */
export interface GivenFile extends Pick<OutboxItem, 'blob' | 'modified' | 'strip' | 'original'> {
  readonly fileId: number;
}

export interface OutboxOptions {
  readonly report?: (report: OutboxReport) => void;
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
}

interface Held {
  readonly blob: Blob;
  readonly modified: number;
}

/** Contents of a transfer that are written down before it begins: texts, and a few small files. */
const AT_ONCE_BYTES = 256 * 1024;

/** Files found again at a time for "Send again". */
const OPEN_AT_ONCE = 50;

export class OutboxSources implements SourceStore {
  readonly #store = new OutboxStore();
  readonly #held = new Map<string, Held>();
  readonly #copies: OutboxCopies;
  /** Files that are being given another name in the store. */
  readonly #moves = new Set<Promise<void>>();
  readonly #report: (report: OutboxReport) => void;
  readonly #now: () => number;

  constructor({ report = () => {}, now = Date.now, sleep = wait }: OutboxOptions = {}) {
    this.#report = report;
    this.#now = now;
    this.#copies = new OutboxCopies({
      store: this.#store,
      held: (file) => this.#held.get(keyOf(file))?.blob,
      report,
      now,
      sleep,
    });
  }

  /**
   * Writes down where the files are. Resolves when a restart would find them; what has to be copied
   * for that follows when there is time.
   */
  async keep(transfer: OutboxTransfer): Promise<void> {
    const { transferId, deviceId, kind, note, items, lock, roots = [] } = transfer;
    const rootKey = (index: number) => `${transferId}.${index}`;
    const records = items.map(
      ({ path, mime, modified, blob, strip, copy, original }, fileId): SourceRecord => ({
        transferId,
        fileId,
        path,
        mime,
        size: blob.size,
        modified,
        ...(strip && { strip }),
        ...(copy !== undefined && {
          copy: { where: 'spool', id: copy, ...(strip && { raw: true }) },
        }),
        ...(original && {
          original: { root: rootKey(original.root), below: [...original.below] },
        }),
      }),
    );
    const bytes = await this.#contentsAtOnce(transfer);
    const sending: SendingRecord = {
      transferId,
      deviceId,
      kind,
      ...(note !== undefined && { note }),
      ...(lock && { lock }),
      lost: 0,
      releasedAt: null,
    };
    for (const [fileId, { blob, modified }] of items.entries()) {
      this.#held.set(keyOf({ transferId, fileId }), { blob, modified });
    }
    const written = await this.#tryToCreate({
      sending,
      records: records.map((record) => {
        const id = keyOf(record);
        return bytes.has(id) ? { ...record, copy: { where: 'database', id } } : record;
      }),
      roots: new Map(roots.map((handle, index) => [rootKey(index), handle])),
      bytes,
    });
    // It goes all the same, as long as this worker lives.
    if (!written) return this.#report({ type: 'not-kept', transferId });
    const isKept = (record: SourceRecord) => record.copy !== undefined || bytes.has(keyOf(record));
    for (const record of records) if (isKept(record)) this.#copies.add(record.size);
    await this.#copies.plan(records.filter((record) => !isKept(record)));
  }

  /** What `keep` was given, to be sent in this life. */
  sourceOf(file: FileRef): Source {
    const held = this.#held.get(keyOf(file));
    if (!held) throw new Error('`keep` comes first');
    const { blob } = held;
    // Where a copy is made meanwhile, it is the same bytes, and cheaper to read.
    return new BlobSource(blob, (offset, into) => this.#copies.read(file, blob, offset, into));
  }

  async open(file: FileRef): Promise<OpenedSource> {
    const { blob, modified } = await this.#find(file);
    return { source: new BlobSource(blob), modified };
  }

  async move(from: FileRef, to: FileRef): Promise<void> {
    const held = this.#held.get(keyOf(from));
    this.#held.delete(keyOf(from));
    if (held) this.#held.set(keyOf(to), held);
    const moved = this.#store.move(from, to).then(() => this.#copies.move(from, to));
    this.#moves.add(moved);
    await moved.finally(() => this.#moves.delete(moved));
  }

  async release(transferId: string): Promise<void> {
    // What goes again under another id takes the copies with it that are still to be made.
    await Promise.allSettled(this.#moves);
    this.#letGo(transferId);
    await this.#copies.free(await this.#store.release(transferId, this.#now()));
  }

  /** A person chose files again. */
  async give(
    transferId: string,
    files: readonly GivenFile[],
    roots: readonly FileSystemHandle[],
  ): Promise<void> {
    const life = crypto.randomUUID();
    const rootKey = (index: number) => `${transferId}.${life}.${index}`;
    const records: SourceRecord[] = [];
    for (const { fileId, blob, modified, strip, original } of files) {
      const known = await this.#store.get({ transferId, fileId });
      if (!known) continue;
      const { path, mime } = known;
      records.push({
        transferId,
        fileId,
        path,
        mime,
        size: blob.size,
        modified,
        ...(strip && { strip }),
        ...(original && {
          original: { root: rootKey(original.root), below: [...original.below] },
        }),
      });
      this.#held.set(keyOf({ transferId, fileId }), { blob, modified });
    }
    await this.#store.replace(
      records,
      new Map(roots.map((handle, index) => [rootKey(index), handle])),
    );
    await this.#copies.plan(records);
  }

  /** Holds every file of the transfer that can be read now, and copies what there is room for. */
  async openAll(transferId: string): Promise<void> {
    const records = await this.#store.all(transferId);
    const open = records.filter(({ copy, original }) => copy === undefined && original);
    const opened: SourceRecord[] = [];
    for (let at = 0; at < open.length; at += OPEN_AT_ONCE) {
      const part = open.slice(at, at + OPEN_AT_ONCE);
      const found = await Promise.all(part.map((record) => this.#find(record).catch(() => null)));
      for (const [i, record] of part.entries()) {
        const blob = found[i]?.blob;
        if (blob) opened.push({ ...record, size: blob.size });
      }
    }
    await this.#copies.plan(opened);
  }

  /**
   * The same once more.
   *
   * @throws SourceError `choose-again` when not all of it can be found, `needs-permission`
   */
  async again(transferId: string, freshId: string): Promise<OutboxTransfer> {
    const sending = await this.#store.sending(transferId);
    const records = await this.#store.all(transferId);
    if (!sending || sending.lost > 0 || records.length === 0) throw new SourceError('choose-again');
    const items: OutboxItem[] = [];
    const roots: FileSystemHandle[] = [];
    const indexOf = new Map<string, number>();
    for (const { original } of records) {
      if (original === undefined || indexOf.has(original.root)) continue;
      const handle = await this.#store.root(original.root);
      if (handle === undefined) throw new SourceError('choose-again');
      indexOf.set(original.root, roots.push(handle) - 1);
    }
    for (let at = 0; at < records.length; at += OPEN_AT_ONCE) {
      const part = records.slice(at, at + OPEN_AT_ONCE);
      const found = await Promise.all(part.map((record) => this.#find(record)));
      for (const [i, { path, mime, strip, original }] of part.entries()) {
        const held = found[i];
        const root = original && indexOf.get(original.root);
        if (held === undefined) throw new Error('one was found for each');
        const place = original && root !== undefined && { root, below: original.below };
        items.push({
          path,
          mime,
          ...held,
          ...(strip && { strip }),
          ...(place && { original: place }),
        });
      }
    }
    const { deviceId, kind, note, lock } = sending;
    return {
      transferId: freshId,
      deviceId,
      kind,
      ...(note !== undefined && { note }),
      ...(lock && { lock }),
      items,
      roots,
    };
  }

  /** Handles kept for "Send again" go: of these transfers, or of all that are over. */
  async forget(transferIds: readonly string[] | null): Promise<void> {
    const over = (await this.#store.sendings()).filter(({ releasedAt }) => releasedAt !== null);
    const ids = over.map(({ transferId }) => transferId);
    const wanted = transferIds === null ? ids : ids.filter((id) => transferIds.includes(id));
    await Promise.allSettled(this.#moves);
    for (const transferId of wanted) this.#letGo(transferId);
    await this.#copies.free(await this.#store.delete(wanted));
  }

  observe(event: EngineEvent): void {
    if (event.type === 'transfer-changed') this.#copies.observe(event.snapshot);
    if (event.type === 'transfer-removed') this.#copies.forget(event.transferId);
  }

  /** At the start: what no transfer of the engine refers to goes, and old handles. */
  async tidy(live: readonly string[]): Promise<void> {
    const sendings = await this.#store.sendings();
    const begun = sendings.filter(({ releasedAt }) => releasedAt === null);
    const dead = begun.filter(({ transferId }) => !live.includes(transferId));
    const past = sendings
      .filter(({ releasedAt }) => releasedAt !== null)
      .sort((a, b) => (b.releasedAt ?? 0) - (a.releasedAt ?? 0));
    const oldest = this.#now() - PAST_KEPT_MS;
    const old = past.filter(({ releasedAt }, i) => i >= PAST_KEPT || (releasedAt ?? 0) < oldest);
    await this.#store.delete([...dead, ...old].map(({ transferId }) => transferId));
    const { copiedBytes, spooled } = await this.#store.sweep();
    await sweepSpool(spooled);
    this.#copies.add(copiedBytes);
    await this.#copies.tell();
  }

  /** Resolves when nothing is left to be copied. */
  idle(): Promise<void> {
    return this.#copies.idle();
  }

  async #find(file: FileRef): Promise<Held> {
    const held = this.#held.get(keyOf(file));
    if (held && (await isReadable(held.blob))) return held;
    this.#held.delete(keyOf(file));
    const record = await this.#store.get(file);
    if (!record) throw new SourceError('choose-again', 'nothing is known of it');
    const copy = await this.#copyOf(record);
    if (copy) return { blob: copy, modified: record.modified };
    if (!record.original) throw new SourceError('choose-again');
    const root = await this.#store.root(record.original.root);
    if (!root) throw new SourceError('choose-again');
    const original = await openOriginal(root, record.original.below);
    const blob = record.strip ? await withoutMetadata(original) : original;
    const found = { blob, modified: original.lastModified };
    // The engine takes another version for another file; from now on this one is what is sent.
    if (blob.size !== record.size || found.modified !== record.modified) {
      const now = { ...record, size: blob.size, modified: found.modified };
      await this.#store.replace([now], new Map());
    }
    // The permission may end at any time; the file that it opened stays readable.
    this.#held.set(keyOf(file), found);
    return found;
  }

  async #copyOf({ copy, size }: SourceRecord): Promise<Blob | undefined> {
    if (copy === undefined) return undefined;
    if (copy.where === 'spool') {
      const file = await spooledFile(copy.id);
      return file && copy.raw ? await withoutMetadata(file) : file;
    }
    const bytes = await this.#store.bytes(copy.id);
    return bytes?.byteLength === size ? new Blob([bytes]) : undefined;
  }

  /** By `CopyRef.id`. */
  async #contentsAtOnce({
    transferId,
    kind,
    items,
  }: OutboxTransfer): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
    const bytes = new Map<string, Uint8Array<ArrayBuffer>>();
    const small = [...items.entries()].filter(([, { blob, copy, original }]) => {
      if (isTextKind(kind)) return true;
      return copy === undefined && original === undefined && blob.size <= MAX_DATABASE_COPY_BYTES;
    });
    const total = small.reduce((sum, [, { blob }]) => sum + blob.size, 0);
    if (!isTextKind(kind) && (total > AT_ONCE_BYTES || total > (await this.#copies.room())))
      return bytes;
    await Promise.all(
      small.map(async ([fileId, { blob }]) => {
        const content = await blob.arrayBuffer().catch(() => undefined);
        if (content) bytes.set(keyOf({ transferId, fileId }), new Uint8Array(content));
      }),
    );
    return bytes;
  }

  #letGo(transferId: string): void {
    this.#copies.drop(transferId);
    for (const key of this.#held.keys()) {
      if (key.startsWith(`${transferId}.`)) this.#held.delete(key);
    }
  }

  async #tryToCreate(sources: NewSources): Promise<boolean> {
    try {
      await this.#store.create(sources);
      return true;
    } catch {
      return false;
    }
  }
}

/** A `File` stays readable until it changes on the disk; the first byte tells. */
async function isReadable(blob: Blob): Promise<boolean> {
  try {
    await blob.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** @throws SourceError: one that cannot be taken apart must not go as it is */
async function withoutMetadata(original: Blob): Promise<Blob> {
  try {
    return (await stripMetadata(original))?.blob ?? original;
  } catch (cause) {
    throw new SourceError('source-unreadable', undefined, { cause });
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
