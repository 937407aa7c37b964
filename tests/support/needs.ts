import { missingParts, type SystemPart } from '../../scripts/system/parts.ts';

/**
 * The options of a `describe` or `it` that cannot run without parts of the system:
 * `describe('right click', needs('xvfb', 'xdotool'), () => …)`. Name the file in `tests/skips.json`
 * with the same parts: a skip that is not on that list fails the run.
 */
export function needs(...parts: SystemPart[]): { skip: boolean } {
  return { skip: missingParts(parts).length > 0 };
}
