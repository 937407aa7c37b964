/**
 * In a page, after a restart: which files of a transfer need a person, and asking the browser for
 * them. The engine's worker can do neither: both take a click.
 */
import { SourceError } from '../transfer/errors.ts';
import { openOriginal } from './originals.ts';
import { outboxDatabase, sourcesOf, type SourceRecord } from './outbox-records.ts';
import { TransferRecords } from './transfer-records.ts';

/** A picked file, or the folder with all that came with it. */
export interface RootToAllow {
  readonly name: string;
  /** Of the transfer, behind it. */
  readonly files: readonly FileToChoose[];
  readonly handle: FileSystemHandle;
}

export interface FileToChoose {
  readonly fileId: number;
  readonly path: string;
  readonly size: number;
  readonly modified: number;
}

export interface NeededSources {
  readonly allow: readonly RootToAllow[];
  readonly choose: readonly FileToChoose[];
}

/** Files looked at one by one to see whether they are still there; of more the engine finds out. */
const LOOKED_AT = 200;

const OVER: ReadonlySet<string> = new Set(['delivered', 'failed', 'cancelled', 'replaced']);

/**
 * What stands in the way of reading all of it.
 *
 * @param all also files that were delivered: they are to be sent once more
 */
export async function neededSources(transferId: string, all: boolean): Promise<NeededSources> {
  const database = await outboxDatabase();
  const [records, files] = await Promise.all([
    database.getAll('sources', sourcesOf(transferId)),
    all ? [] : new TransferRecords().files(transferId),
  ]);
  const over = new Set(files.filter(({ state }) => OVER.has(state)).map(({ fileId }) => fileId));
  const open = records.filter(({ fileId, copy }) => copy === undefined && !over.has(fileId));
  const roots = new Map<string, SourceRecord[]>();
  const choose = open.filter(({ original }) => original === undefined);
  for (const record of open) {
    if (record.original === undefined) continue;
    const known = roots.get(record.original.root);
    if (known) known.push(record);
    else roots.set(record.original.root, [record]);
  }
  const allow: RootToAllow[] = [];
  for (const [key, behind] of roots) {
    const handle = await database.get('roots', key);
    if (handle === undefined) choose.push(...behind);
    else if (await isAllowed(handle)) choose.push(...(await missing(handle, behind)));
    else allow.push({ name: handle.name, files: behind.map(toChoose), handle });
  }
  return { allow, choose: choose.map(toChoose) };
}

/**
 * Asks the browser for one file or folder; within a click.
 *
 * @returns `no-click` when the click is too long ago: then it has to be pressed again
 */
export async function requestAccess(
  handle: FileSystemHandle,
): Promise<'granted' | 'denied' | 'no-click'> {
  try {
    const state = (await handle.requestPermission?.({ mode: 'read' })) ?? 'granted';
    return state === 'granted' ? 'granted' : 'denied';
  } catch {
    return 'no-click';
  }
}

async function isAllowed(handle: FileSystemHandle): Promise<boolean> {
  return ((await handle.queryPermission?.({ mode: 'read' })) ?? 'granted') === 'granted';
}

/** Those that were moved, renamed or deleted. */
async function missing(
  handle: FileSystemHandle,
  behind: readonly SourceRecord[],
): Promise<SourceRecord[]> {
  const gone: SourceRecord[] = [];
  for (const record of behind.slice(0, LOOKED_AT)) {
    try {
      await openOriginal(handle, record.original?.below ?? []);
    } catch (error) {
      if (error instanceof SourceError && error.code === 'choose-again') gone.push(record);
    }
  }
  return gone;
}

function toChoose({ fileId, path, size, modified }: SourceRecord): FileToChoose {
  return { fileId, path, size, modified };
}
