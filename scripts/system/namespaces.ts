/** Whether this process may make networks of its own (Linux namespaces), and how. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { platform } from 'node:process';
import { findOnPath } from './path.ts';

const PROBE_TIMEOUT_MS = 10_000;

/** Programs of the system's administration are on root's PATH only. */
const ADMIN_FOLDERS = '/usr/local/sbin:/usr/sbin:/sbin';

export function findAdminProgram(name: string): string | undefined {
  return findOnPath([name]) ?? findOnPath([name], ADMIN_FOLDERS);
}

/** How to get a network and mount namespace: as root, and else as root of a user namespace. */
export interface NamespaceRecipe {
  /** For `unshare`, which makes the namespaces. */
  readonly unshare: readonly string[];
  /** For `nsenter`, which joins them. */
  readonly nsenter: readonly string[];
}

const RECIPES: readonly NamespaceRecipe[] = [
  { unshare: ['--net', '--mount'], nsenter: ['--mount', '--net'] },
  {
    unshare: ['--user', '--map-root-user', '--net', '--mount'],
    nsenter: ['--user', '--preserve-credentials', '--mount', '--net'],
  },
];

/** Named namespaces live in `/run/netns`: a `/run` of its own keeps them from everyone else's. */
export const PRIVATE_RUN = 'mount -t tmpfs none /run && mkdir /run/netns';

/** What is needed of a network to be told from a real one: names, forwarding, NAT, counters. */
const PROBE = [
  PRIVATE_RUN,
  'ip netns add probe',
  'ip link add pub netns probe type veth peer name peer',
  'ip netns exec probe iptables -t nat -A POSTROUTING -o pub -j MASQUERADE --random-fully',
  'ip netns exec probe iptables -t mangle -A PREROUTING -i pub',
  'ip netns exec probe sysctl -qw net.ipv4.ip_forward=1',
  'ip netns exec probe tc qdisc add dev pub root tbf rate 8mbit burst 64kb latency 50ms',
].join(' && ');

/** The first way that works here; undefined where namespaces are not permitted (most containers). */
export function findNamespaces(): NamespaceRecipe | undefined {
  if (platform !== 'linux') return undefined;
  const tools = ['unshare', 'nsenter', 'setpriv', 'ip', 'iptables', 'tc', 'sysctl'];
  if (!tools.every((name) => findAdminProgram(name) !== undefined)) return undefined;
  return RECIPES.find(({ unshare }) => {
    const { status } = spawnSync('unshare', [...unshare, 'sh', '-c', PROBE], {
      env: adminEnvironment(),
      stdio: 'ignore',
      timeout: PROBE_TIMEOUT_MS,
    });
    return status === 0;
  });
}

/** The environment with the folders of administration on PATH. */
export function adminEnvironment(): NodeJS.ProcessEnv {
  const path = process.env['PATH'] ?? '';
  const missing = ADMIN_FOLDERS.split(':').filter(
    (folder) => existsSync(folder) && !path.split(':').includes(folder),
  );
  return { ...process.env, PATH: [path, ...missing].join(':') };
}
