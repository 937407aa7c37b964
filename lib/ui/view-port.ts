/**
 * What a view needs from outside: a way to say what a person wants, and files handed over.
 *
 * `ui` and `messaging` are neighbours that do not import each other's code; the entrypoints join
 * them. Only the types of the contract (snapshot, intents) are shared.
 */
import type { Intent, IntentAnswer } from '../messaging/intents.ts';

export interface ViewPort {
  readonly send: (intent: Intent) => Promise<IntentAnswer>;
  /** Longest text or link (characters) that is sent as such. */
  readonly maxTextLength: number;
}

export interface PopupPort extends ViewPort {
  /**
   * Asks whether tabs may be captured. In the very task of a click; false where the answer is no, or
   * where the browser has no such permission.
   */
  readonly requestCapture: () => Promise<boolean>;
}

/** A window or screen that was chosen in the browser's own picker. */
export interface Captured {
  readonly sourceId: string;
  readonly title: string;
}

export interface ScreenPort extends ViewPort {
  /**
   * Opens the picker; in the very task of a click. Resolves once the document has the stream, null
   * where nothing was chosen.
   */
  readonly capture: () => Promise<Captured | null>;
}

export interface SettingsPort extends ViewPort {
  /** The debug log as text; a code when background did not answer. */
  readonly exportLog: () => Promise<ExportedLog>;
}

export type ExportedLog =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly code: string };

/** One file of a hand-over with its path below the chosen or dropped folder. */
export interface ChosenFile {
  readonly file: File;
  readonly path: string;
  /** What finds it again after a restart, where the browser gives it: the file or its folder. */
  readonly handle?: ChosenHandle;
}

export interface ChosenHandle {
  readonly root: FileSystemHandle;
  /** Names from the root down to the file, none where the root is the file. */
  readonly below: readonly string[];
}

export interface SendPort extends ViewPort {
  /** Resolves with the transfer's id once the files are held; then the page may close. */
  readonly handOver: (
    deviceId: string,
    files: readonly ChosenFile[],
    /** A password that the other side has to know. */
    options: { readonly password?: string },
  ) => Promise<string>;
  /** Larger files are not copied: without a handle they must be chosen again after a restart; bytes. */
  readonly maxCopyBytes: number;
}

/** A file of a transfer that cannot be read any more. */
export interface NeededFile {
  readonly fileId: number;
  readonly path: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** A file, or a folder with all that came with it, for which the browser wants to be asked. */
export interface NeededRoot {
  readonly name: string;
  readonly files: readonly NeededFile[];
  readonly handle: FileSystemHandle;
}

export interface FileAgain extends ChosenFile {
  readonly fileId: number;
}

/** The page for files that cannot be read any more, after a restart. */
export interface SourcesPort extends ViewPort {
  /** What a person has to do. `all`: also for files that were delivered. */
  readonly needed: (
    transferId: string,
    all: boolean,
  ) => Promise<{ readonly allow: readonly NeededRoot[]; readonly choose: readonly NeededFile[] }>;
  /** Within a click. */
  readonly request: (handle: FileSystemHandle) => Promise<'granted' | 'denied' | 'no-click'>;
  /** Resolves once it is written down where they are. */
  readonly giveAgain: (transferId: string, files: readonly FileAgain[]) => Promise<void>;
}
