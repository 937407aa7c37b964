import { join } from 'node:path';
import { env, getuid, platform } from 'node:process';
import { findOnPath, isExecutable } from './path.ts';

/** Chromium before Chrome: released Chrome may refuse to load an unpacked extension. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'] as const;

/**
 * The Chromium to use: `CHROME_PATH` (which must then exist: a wrong setting is an error, not a
 * reason to try another), PATH, the usual places of this platform. Undefined when there is none.
 */
export function findChromium(
  settings: Readonly<Record<string, string | undefined>> = env,
): string | undefined {
  const chosen = settings['CHROME_PATH'];
  if (chosen !== undefined && chosen !== '') {
    if (isExecutable(chosen)) return chosen;
    throw new Error(`CHROME_PATH names no program: ${chosen}`);
  }
  return findOnPath(NAMES, settings['PATH']) ?? usualPlaces(settings).find(isExecutable);
}

function usualPlaces(settings: Readonly<Record<string, string | undefined>>): string[] {
  if (platform === 'darwin') {
    const bundles = ['Chromium', 'Google Chrome'];
    return ['', settings['HOME'] ?? '']
      .map((root) => join('/', root, 'Applications'))
      .flatMap((folder) =>
        bundles.map((name) => join(folder, `${name}.app`, 'Contents', 'MacOS', name)),
      );
  }
  if (platform === 'win32') {
    const roots = ['LOCALAPPDATA', 'PROGRAMFILES', 'PROGRAMFILES(X86)'];
    return roots
      .flatMap((name) => settings[name] ?? [])
      .flatMap((root) =>
        ['Chromium', 'Google\\Chrome'].map((name) => join(root, name, 'Application', 'chrome.exe')),
      );
  }
  return ['/usr/bin/chromium', '/usr/lib/chromium/chromium', '/snap/bin/chromium'];
}

/** Chromium refuses its sandbox as root, and only then may it go without. */
export function sandboxArguments(): string[] {
  return getuid?.() === 0 ? ['--no-sandbox'] : [];
}
