import { argv, cwd } from 'node:process';
import { join } from 'node:path';
import { outputSuffix, type TestBuild } from '../extension/manifest.ts';
import { commandOf, type CommandResult, runNode } from './command.ts';

const BUILD_TIMEOUT_MS = 2 * 60_000;

export interface BuildTarget {
  readonly browser: 'chrome' | 'firefox';
  /** A build for tests: fixed id, and these match patterns granted beforehand. */
  readonly test?: TestBuild;
}

/** Where `buildExtension` puts its result: an absolute path to load unpacked. */
export function outputFolder({ browser, test }: BuildTarget): string {
  return join(cwd(), '.output', `${browser}-mv3${outputSuffix(test)}`);
}

export function buildExtension({ browser, test }: BuildTarget): Promise<CommandResult> {
  return runNode([commandOf('wxt'), 'build', '-b', browser], {
    timeoutMs: BUILD_TIMEOUT_MS,
    env: {
      TALLOW_TEST_BUILD: test === undefined ? '' : '1',
      TALLOW_TEST_HOSTS: test?.hosts.join(',') ?? '',
      TALLOW_TEST_CAPTURE: test?.capture === true ? '1' : '0',
    },
  });
}

if (import.meta.main) {
  const browser = argv.includes('--firefox') ? 'firefox' : 'chrome';
  const { ok, output } = await buildExtension({ browser });
  console.log(ok ? `Built: ${outputFolder({ browser })}` : output);
  process.exitCode = ok ? 0 : 1;
}
