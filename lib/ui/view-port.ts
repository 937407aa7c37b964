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
}

export interface SendPort extends ViewPort {
  /** Resolves with the transfer's id once the files are held; then the page may close. */
  readonly handOver: (deviceId: string, files: readonly ChosenFile[]) => Promise<string>;
}
