import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { env, platform } from 'node:process';

/** The first of `names` found in the directories of PATH, in the order of `names`. */
export function findOnPath(names: readonly string[], path = env['PATH'] ?? ''): string | undefined {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((file) => isExecutable(file));
}

export function isExecutable(file: string): boolean {
  try {
    // Windows has no executable bit: being there is all that can be asked.
    accessSync(file, platform === 'win32' ? constants.F_OK : constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
