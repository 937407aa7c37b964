/**
 * The parts of the system that some tests need, which no npm package can bring: a browser, a
 * display, a mouse, networks. What is missing is installed where that is simple and allowed (Debian and
 * Ubuntu, as root); elsewhere the tests that need it skip, by name and with this part as the reason.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { getuid, platform } from 'node:process';
import { findChromium } from './chromium.ts';
import { findAdminProgram, findNamespaces } from './namespaces.ts';
import { findOnPath } from './path.ts';

/** Apt lists and packages come over the network; a stalled mirror must not stall the tests. */
const APT_TIMEOUT_MS = 5 * 60_000;
const SERVICE_TIMEOUT_MS = 30_000;

interface Part {
  /** The Debian package; undefined for what no package brings. */
  readonly package: string | undefined;
  /** Anything but undefined: it is there. */
  readonly find: () => unknown;
  /** Commands that undo what the package starts by itself. */
  readonly afterInstall?: readonly (readonly [string, ...string[]])[];
}

const PARTS = {
  chromium: { package: 'chromium', find: findChromium },
  xvfb: { package: 'xvfb', find: () => findOnPath(['Xvfb']) },
  xdotool: { package: 'xdotool', find: () => findOnPath(['xdotool']) },
  openbox: { package: 'openbox', find: () => findOnPath(['openbox']) },
  // The system's own Python with GTK: a window to drag a file from.
  pygobject: {
    package: 'python3-gi',
    find: () => globSync('/usr/lib/python3/dist-packages/gi/__init__.py')[0],
  },
  gtk: {
    package: 'gir1.2-gtk-3.0',
    find: () => globSync('/usr/lib/*/girepository-1.0/Gtk-3.0.typelib')[0],
  },
  iproute2: { package: 'iproute2', find: () => findAdminProgram('ip') },
  iptables: { package: 'iptables', find: () => findAdminProgram('iptables') },
  coturn: {
    package: 'coturn',
    find: () => findAdminProgram('turnserver'),
    // Tests start their own; a relay that nobody asked for must not stay on the machine's network.
    afterInstall: [
      ['service', 'coturn', 'stop'],
      ['update-rc.d', 'coturn', 'disable'],
    ],
  },
  openssl: { package: 'openssl', find: () => findOnPath(['openssl']) },
  // Permission rather than a program: containers mostly withhold it.
  namespaces: { package: undefined, find: findNamespaces },
} as const satisfies Record<string, Part>;

export type SystemPart = keyof typeof PARTS;

export function isSystemPart(name: string): name is SystemPart {
  return Object.hasOwn(PARTS, name);
}

/** Those of `parts` that this machine lacks. */
export function missingParts(parts: readonly SystemPart[]): SystemPart[] {
  return parts.filter((part) => PARTS[part].find() === undefined);
}

/** Installs what it can of `parts`; answers with what is missing even so. */
export function ensureParts(
  parts: readonly SystemPart[],
  say: (line: string) => void,
): SystemPart[] {
  const missing = missingParts(parts);
  if (missing.length === 0) return [];
  if (!canInstall()) {
    say(`missing and not installed (that takes root on Debian or Ubuntu): ${missing.join(', ')}`);
    return missing;
  }
  const installable = missing.filter((part) => partOf(part).package !== undefined);
  if (installable.length === 0) return missing;
  say(`installing ${installable.join(', ')} …`);
  // Asked one by one: one package that a distribution lacks must not keep the others away.
  const failures = [apt(['update']), ...installable.map(install)];
  for (const failure of failures) if (failure !== undefined) say(failure);
  return missingParts(parts);
}

function partOf(name: SystemPart): Part {
  return PARTS[name];
}

/** The last line of what went wrong, or undefined. */
function install(name: SystemPart): string | undefined {
  const part = partOf(name);
  if (part.package === undefined) return undefined;
  const failure = apt(['install', '-y', '--no-install-recommends', part.package]);
  if (failure !== undefined) return failure;
  for (const [program, ...args] of part.afterInstall ?? []) {
    // Where nothing runs services there is nothing to stop.
    spawnSync(program, args, { stdio: 'ignore', timeout: SERVICE_TIMEOUT_MS });
  }
  return undefined;
}

function canInstall(): boolean {
  return platform === 'linux' && getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** The last line of what went wrong, or undefined. */
function apt(args: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync('apt-get', ['-qq', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: APT_TIMEOUT_MS,
  });
  if (status === 0) return undefined;
  const reason = error?.message ?? stderr.trim().split('\n').at(-1) ?? 'no reason given';
  return `apt-get ${args.join(' ')}: ${reason}`;
}
