import { env, platform } from 'node:process';
import { parseArgs } from 'node:util';

export interface DemoOptions {
  readonly headless: boolean;
  /** The last line of the output is one JSON object. Only a headless demo has figures to print. */
  readonly json: boolean;
}

/** @throws TypeError for an option that does not exist */
export function readOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { headless: { type: 'boolean' }, json: { type: 'boolean' } },
  });
  const json = values.json ?? false;
  return { headless: (values.headless ?? false) || json || !hasDisplay(), json };
}

function hasDisplay(): boolean {
  if (platform !== 'linux') return true;
  return [env['DISPLAY'], env['WAYLAND_DISPLAY']].some((name) => name !== undefined && name !== '');
}
