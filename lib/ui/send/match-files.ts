import type { ChosenFile, FileAgain, NeededFile } from '../view-port.ts';

export interface Match {
  readonly needed: NeededFile;
  readonly chosen: ChosenFile;
  /** `changed`: the same name, another size or date. `other-name`: a person has to say so. */
  readonly how: 'same' | 'changed' | 'other-name';
}

export interface Matches {
  readonly found: readonly Match[];
  /** Chosen files that stand for none of those needed. */
  readonly strangers: number;
}

/** Which of the files that are needed each chosen one is: by its path, else its name. */
export function matchFiles(needed: readonly NeededFile[], chosen: readonly ChosenFile[]): Matches {
  const left = new Map(needed.map((file) => [file.fileId, file]));
  const found: Match[] = [];
  const strangers: ChosenFile[] = [];
  for (const one of chosen) {
    const fit = [...left.values()].filter((file) => fits(file, one));
    const best = fit.find((file) => isSame(file, one)) ?? fit[0];
    if (best === undefined) strangers.push(one);
    else {
      left.delete(best.fileId);
      found.push({ needed: best, chosen: one, how: isSame(best, one) ? 'same' : 'changed' });
    }
  }
  const [only, ...others] = left.values();
  const [stranger, ...more] = strangers;
  if (only && stranger && others.length === 0 && more.length === 0) {
    const how = isSame(only, stranger) ? 'same' : 'other-name';
    return { found: [...found, { needed: only, chosen: stranger, how }], strangers: 0 };
  }
  return { found, strangers: strangers.length };
}

export function toAgain({ needed, chosen }: Match): FileAgain {
  return { ...chosen, fileId: needed.fileId };
}

function fits(needed: NeededFile, chosen: ChosenFile): boolean {
  return needed.path === chosen.path || nameOf(needed.path) === nameOf(chosen.path);
}

function isSame(needed: NeededFile, { file }: ChosenFile): boolean {
  return needed.size === file.size && needed.modified === file.lastModified;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
