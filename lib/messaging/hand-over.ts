/**
 * Files from a page of the extension to the offscreen document (extension messages are JSON; a
 * cloned `File` stays readable after its page closes).
 *
 * Page: `ensure offscreen` intent → `begin` → `files`, piece by piece, each answered → `end` → wait
 * for `taken` → only then may the page close.
 *
 * Where the page finds the document's window (pages of one extension share a process), messages go
 * there: 20,000 files in a tenth of a second. A same-origin BroadcastChannel goes through the
 * browser's own process for each file, which takes fifty times as long, and is the way elsewhere.
 */
import * as v from 'valibot';
import { browser } from '../browser/index.ts';
import { errorCode, TallowError } from '../errors/index.ts';
import { MAX_FILES, MAX_PASSWORD_CHARACTERS } from '../protocol/limits.ts';
import { deviceIdSchema, transferIdSchema } from './intents.ts';

export const HAND_OVER_CHANNEL = 'tallow-hand-over';

/** How long a page waits for an answer. The document is up by then; this only catches a crash. */
const ACKNOWLEDGE_MS = 10_000;

/** And for `taken`: where tens of thousands of files are is written down before it. */
const TAKEN_MS = 120_000;

/** Files a message: cloning them holds up the page for some milliseconds, not for a second. */
export const FILES_A_MESSAGE = 1000;

/** A picked file, or the folder that it was dropped in, to find it again after a restart. */
export interface HandedHandle {
  readonly root: FileSystemHandle;
  /** Names from the root down to the file, none where the root is the file itself. */
  readonly below: readonly string[];
}

export interface HandedFile {
  readonly file: File;
  /** Path below the dropped folder, or the file's name. */
  readonly path: string;
  readonly handle?: HandedHandle;
}

/** One that takes the place of a file of a transfer, chosen again by a person. */
export interface FileAgain extends HandedFile {
  readonly fileId: number;
}

const handleSchema = v.custom<FileSystemHandle>(
  (input) => typeof input === 'object' && input !== null && 'kind' in input && 'name' in input,
);
const index = v.pipe(v.number(), v.integer(), v.minValue(0));
const handOverId = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));

const purposeSchema = v.variant('type', [
  v.object({
    type: v.literal('send'),
    transferId: transferIdSchema,
    deviceId: deviceIdSchema,
    /** The receiver has to know it ([PW1]). */
    password: v.exactOptional(
      v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_PASSWORD_CHARACTERS)),
    ),
  }),
  /** Each file has a `fileId`. */
  v.object({ type: v.literal('again'), transferId: transferIdSchema }),
]);
const fileSchema = v.object({
  file: v.instance(File),
  path: v.string(),
  fileId: v.exactOptional(index),
  original: v.exactOptional(v.object({ root: index, below: v.array(v.string()) })),
});
const toDocumentSchema = v.variant('type', [
  v.object({
    type: v.literal('begin'),
    handOverId,
    purpose: purposeSchema,
    roots: v.pipe(v.array(handleSchema), v.maxLength(MAX_FILES)),
  }),
  v.object({ type: v.literal('files'), handOverId, files: v.array(fileSchema) }),
  v.object({ type: v.literal('end'), handOverId }),
]);
const toPageSchema = v.variant('type', [
  v.object({ type: v.literal('got'), handOverId }),
  v.object({ type: v.literal('taken'), handOverId }),
  v.object({ type: v.literal('refused'), handOverId, code: v.string() }),
]);

type ToDocument = v.InferOutput<typeof toDocumentSchema>;
type ToPage = v.InferOutput<typeof toPageSchema>;
type Purpose = v.InferOutput<typeof purposeSchema>;
type PostedFile = v.InferOutput<typeof fileSchema>;

/** What the document is given, whole. */
export interface HandOver {
  readonly purpose: Purpose;
  readonly files: readonly PostedFile[];
  /** Of the files' `original`. */
  readonly roots: readonly FileSystemHandle[];
}

export class HandOverError extends TallowError {}

/** The part of a window that takes messages; undefined where this page sees no document. */
export type FindDocument = () => Pick<Window, 'postMessage'> | undefined;

const findDocument: FindDocument = () => {
  try {
    const views = browser.extension.getViews();
    return views.find(({ location }) => location.pathname.endsWith('/offscreen.html'));
  } catch {
    return undefined;
  }
};

export interface HandOverOptions {
  readonly password?: string;
  readonly find?: FindDocument;
}

/** Gives files to the offscreen document; resolves with the transfer's id once it holds them. */
export async function handOverFiles(
  deviceId: string,
  files: readonly HandedFile[],
  { password, find = findDocument }: HandOverOptions = {},
): Promise<string> {
  const transferId = freshId();
  const secret = password === undefined ? {} : { password };
  await handOver({ type: 'send', transferId, deviceId, ...secret }, files, find);
  return transferId;
}

/** Gives files that were chosen again; resolves once it is written down where they are. */
export async function handOverAgain(
  transferId: string,
  files: readonly FileAgain[],
  { find = findDocument }: HandOverOptions = {},
): Promise<void> {
  await handOver({ type: 'again', transferId }, files, find);
}

async function handOver(
  purpose: Purpose,
  files: readonly (HandedFile | FileAgain)[],
  find: FindDocument,
): Promise<void> {
  const id = freshId();
  const line = new Line(id, find());
  const roots = [...new Set(files.flatMap(({ handle }) => handle?.root ?? []))];
  const indexOf = new Map(roots.map((root, i) => [root, i]));
  const posted = (given: HandedFile | FileAgain): PostedFile => {
    const { file, path, handle } = given;
    const root = handle && indexOf.get(handle.root);
    return {
      file,
      path,
      ...('fileId' in given && { fileId: given.fileId }),
      ...(handle && root !== undefined && { original: { root, below: [...handle.below] } }),
    };
  };
  try {
    await line.ask({ type: 'begin', handOverId: id, purpose, roots }, ACKNOWLEDGE_MS);
    for (let at = 0; at < files.length; at += FILES_A_MESSAGE) {
      const part = files.slice(at, at + FILES_A_MESSAGE).map(posted);
      await line.ask({ type: 'files', handOverId: id, files: part }, ACKNOWLEDGE_MS);
    }
    await line.ask({ type: 'end', handOverId: id }, TAKEN_MS);
  } finally {
    line.close();
  }
}

/** The page's end: one question at a time. */
class Line {
  readonly #id: string;
  readonly #view: Pick<Window, 'postMessage'> | undefined;
  readonly #channel = new BroadcastChannel(HAND_OVER_CHANNEL);
  #answered: ((answer: ToPage) => void) | null = null;

  constructor(id: string, view: Pick<Window, 'postMessage'> | undefined) {
    this.#id = id;
    this.#view = view;
    // Answers are small: they come over the channel whichever way the files went.
    this.#channel.onmessage = (event) => {
      const parsed = v.safeParse(toPageSchema, event.data);
      if (parsed.success && parsed.output.handOverId === this.#id) this.#answered?.(parsed.output);
    };
  }

  /** @throws HandOverError `no-answer`, `not-sent`, or why it was refused */
  async ask(question: ToDocument, withinMs: number): Promise<void> {
    const answer = await new Promise<ToPage>((resolve, reject) => {
      const timer = setTimeout(() => reject(new HandOverError('no-answer')), withinMs);
      this.#answered = (given) => {
        clearTimeout(timer);
        resolve(given);
      };
      try {
        if (this.#view) this.#view.postMessage(question, location.origin);
        else this.#channel.postMessage(question);
      } catch (cause) {
        clearTimeout(timer);
        reject(new HandOverError('not-sent', undefined, { cause }));
      }
    });
    if (answer.type === 'refused') throw new HandOverError(answer.code);
  }

  close(): void {
    this.#channel.close();
  }
}

interface Open {
  readonly purpose: Purpose;
  readonly roots: readonly FileSystemHandle[];
  readonly files: PostedFile[];
}

/** The offscreen side. `take` resolves once the transfer is written down, rejects to refuse. */
export function receiveHandOvers(take: (handOver: HandOver) => Promise<void>): () => void {
  const channel = new BroadcastChannel(HAND_OVER_CHANNEL);
  const open = new Map<string, Open>();
  const say = (answer: ToPage) => channel.postMessage(answer);
  const onMessage = (data: unknown) => {
    const parsed = v.safeParse(toDocumentSchema, data);
    if (!parsed.success) return;
    const message = parsed.output;
    const { handOverId: id } = message;
    if (message.type === 'begin') {
      open.set(id, { purpose: message.purpose, roots: message.roots, files: [] });
      return say({ type: 'got', handOverId: id });
    }
    const begun = open.get(id);
    if (!begun) return say({ type: 'refused', handOverId: id, code: 'no-answer' });
    if (message.type === 'files') {
      if (begun.files.length + message.files.length > MAX_FILES) {
        open.delete(id);
        return say({ type: 'refused', handOverId: id, code: 'bad-request' });
      }
      begun.files.push(...message.files);
      return say({ type: 'got', handOverId: id });
    }
    open.delete(id);
    take(begun).then(
      () => say({ type: 'taken', handOverId: id }),
      (error: unknown) => say({ type: 'refused', handOverId: id, code: errorCode(error) }),
    );
  };
  const ears = new AbortController();
  channel.onmessage = (event) => onMessage(event.data);
  globalThis.addEventListener?.(
    'message',
    (event) => {
      if (event.origin === location.origin) onMessage(event.data);
    },
    { signal: ears.signal },
  );
  return () => {
    ears.abort();
    channel.close();
  };
}

function freshId(): string {
  return crypto.randomUUID().replaceAll('-', '');
}
