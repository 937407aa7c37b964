import type { ChosenFile } from '../view-port.ts';

/** Most files of one offer ([TR1]). */
export const MAX_FILES = 65_535;

/**
 * Adds files to those chosen. The very same file chosen twice is kept once: same path, size and
 * time. Two files that only share a name both stay, the receiver keeps them apart.
 */
export function addFiles(
  chosen: readonly ChosenFile[],
  more: readonly ChosenFile[],
): readonly ChosenFile[] {
  const known = new Set(chosen.map(keyOf));
  const fresh = more.filter((one) => {
    const key = keyOf(one);
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
  return [...chosen, ...fresh];
}

function keyOf({ file, path }: ChosenFile): string {
  return `${path}\n${file.size}\n${file.lastModified}`;
}

export function totalSize(chosen: readonly ChosenFile[]): number {
  return chosen.reduce((sum, { file }) => sum + file.size, 0);
}

/** How many would have to be chosen again after a restart: too large to be copied, and no handle. */
export function notKept(chosen: readonly ChosenFile[], maxCopyBytes: number): number {
  return chosen.filter(({ file, handle }) => !handle && file.size > maxCopyBytes).length;
}
