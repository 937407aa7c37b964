/**
 * Two homes and the Internet between them, on this machine: device A and device B, each behind a
 * router of its own, and a network with public servers. Routers can be exchanged while browsers run.
 */
import { natRules, INSIDE, OUTSIDE, type NatMode } from './rules.ts';
import { Sandbox } from './sandbox.ts';

export type Home = 'a' | 'b';
const HOMES: readonly Home[] = ['a', 'b'];

/** The servers' network and its addresses (TEST-NET-2 of RFC 5737). */
const SERVERS = 'servers';
export const SERVER = '198.51.100.1';
/** A second one: telling kinds of NAT apart takes two. */
export const SECOND_SERVER = '198.51.100.2';
/** Where relays have their ends: nobody sends there to ask for a mapping. */
export const RELAY = '198.51.100.3';
export const SIGNALING_PORT = 8790;

const PUBLIC: Readonly<Record<Home, string>> = { a: '198.51.100.11', b: '198.51.100.12' };
/** Fixed, so that nobody keeps the address of a router that was exchanged. */
const HARDWARE: Readonly<Record<Home, string>> = { a: '02:00:00:00:00:0a', b: '02:00:00:00:00:0b' };
const LAN: Readonly<Record<Home, string>> = { a: '192.168.1', b: '192.168.2' };

/** Bytes that a router saw on its outside since it was set up. */
export interface Traffic {
  /** To and from the other home, by any of its addresses. */
  readonly peer: number;
  /** To and from public servers by UDP. */
  readonly serverUdp: number;
  /** To and from TURN servers by TCP (so without signaling). */
  readonly relayTcp: number;
}

const COUNTERS = ['peer', 'serverUdp', 'relayTcp'] as const satisfies (keyof Traffic)[];
const RELAY_TCP_PORTS = '443,3478';

export class NatLab {
  readonly sandbox: Sandbox;
  /** The last part of each device's address. */
  readonly #hosts: Record<Home, number> = { a: 2, b: 2 };
  readonly #modes: Record<Home, NatMode> = { a: 'full-cone', b: 'full-cone' };

  private constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
  }

  static async start(modes: Readonly<Record<Home, NatMode>>): Promise<NatLab> {
    const lab = new NatLab(await Sandbox.open());
    try {
      await lab.sandbox.shell([
        ...[SERVERS, ...HOMES.map(deviceNetwork)].map((name) => `ip netns add ${name}`),
        ...[SERVERS, ...HOMES.map(deviceNetwork)].map((name) => `ip -n ${name} link set lo up`),
        `ip -n ${SERVERS} link add name wan type bridge`,
        ...[SERVER, SECOND_SERVER, RELAY].map(
          (address) => `ip -n ${SERVERS} addr add ${address}/24 dev wan`,
        ),
        `ip -n ${SERVERS} link set wan up`,
        // What has no place here vanishes, as on the Internet. Without a route it would be an error,
        // at which coturn closes the relay that a peer's private address was tried through.
        `ip -n ${SERVERS} link add name void arp off type veth peer name nowhere`,
        ...['void', 'nowhere'].map((name) => `ip -n ${SERVERS} link set ${name} up`),
        `ip -n ${SERVERS} route add default dev void`,
      ]);
      await lab.setModes(modes);
    } catch (error) {
      await lab.close();
      throw error;
    }
    return lab;
  }

  /** Both devices are without a network until they get routers. */
  async unplug(): Promise<void> {
    await this.sandbox.shell(
      HOMES.map((home) => `ip -n ${deviceNetwork(home)} link del eth0 2>/dev/null || true`),
    );
  }

  /** Puts new routers in: every mapping and connection through the old ones is lost. */
  async setModes(modes: Readonly<Record<Home, NatMode>>): Promise<void> {
    await Promise.all(HOMES.map((home) => this.#newRouter(home, modes[home])));
  }

  async #newRouter(home: Home, mode: NatMode): Promise<void> {
    this.#modes[home] = mode;
    const [device, router, wan] = [deviceNetwork(home), routerNetwork(home), `to-${home}`];
    const gateway = `${LAN[home]}.1`;
    const add = (lines: readonly string[]) =>
      lines.map((line) => `ip netns exec ${router} ${line}`);
    await this.sandbox.shell([
      // A network that is deleted goes a while later, and its ends of the cables with it.
      `ip -n ${SERVERS} link del ${wan} 2>/dev/null || true`,
      `ip -n ${device} link del eth0 2>/dev/null || true`,
      `ip netns del ${router} 2>/dev/null || true`,
      `ip netns add ${router}`,
      `ip -n ${router} link set lo up`,
      `ip link add ${OUTSIDE} netns ${router} type veth peer name ${wan} netns ${SERVERS}`,
      `ip -n ${router} link set ${OUTSIDE} address ${HARDWARE[home]}`,
      `ip -n ${SERVERS} link set ${wan} master wan up`,
      `ip -n ${router} addr add ${PUBLIC[home]}/24 dev ${OUTSIDE}`,
      `ip -n ${router} link set ${OUTSIDE} up`,
      `ip -n ${router} route add default via ${SERVER}`,
      `ip link add ${INSIDE} netns ${router} type veth peer name eth0 netns ${device}`,
      `ip -n ${router} addr add ${gateway}/24 dev ${INSIDE}`,
      `ip -n ${router} link set ${INSIDE} up`,
      ...(mode === 'routed' ? routes(home) : noRoutes(home)),
      ...add(natRules(mode, this.#address(home), SIGNALING_PORT)),
      ...add(counterRules(home)),
      `ip netns exec ${router} sysctl -qw net.ipv4.ip_forward=1`,
      `ip -n ${device} addr add ${this.#address(home)}/24 dev eth0`,
      `ip -n ${device} link set eth0 up`,
      `ip -n ${device} route add default via ${gateway}`,
    ]);
  }

  /** The device gets another address in its network, as by another lease; the old one is gone. */
  async changeAddress(home: Home): Promise<void> {
    const device = deviceNetwork(home);
    const before = this.#address(home);
    this.#hosts[home] += 1;
    await this.sandbox.shell([
      // Full cone forwards to the device by its address.
      `ip netns exec ${routerNetwork(home)} iptables -t nat -F`,
      ...natRules(this.#modes[home], this.#address(home), SIGNALING_PORT)
        .filter((line) => line.includes('-t nat'))
        .map((line) => `ip netns exec ${routerNetwork(home)} ${line}`),
      // One after the other: a second address of a network goes with its first.
      `ip -n ${device} addr del ${before}/24 dev eth0`,
      `ip -n ${device} addr add ${this.#address(home)}/24 dev eth0`,
      `ip -n ${device} route replace default via ${LAN[home]}.1`,
    ]);
  }

  /** Everything in both directions is lost on its way through the router, and nobody is told. */
  async cut(home: Home): Promise<void> {
    await this.sandbox.shell([`ip netns exec ${routerNetwork(home)} iptables -I FORWARD -j DROP`]);
  }

  async mend(home: Home): Promise<void> {
    await this.sandbox.shell([`ip netns exec ${routerNetwork(home)} iptables -D FORWARD -j DROP`]);
  }

  /** Limits what a home sends, until it gets a new router. */
  async throttle(home: Home, kilobitsPerSecond: number): Promise<void> {
    const shape = `tbf rate ${kilobitsPerSecond}kbit burst 64kb latency 200ms`;
    await this.sandbox.shell([
      `ip netns exec ${routerNetwork(home)} tc qdisc replace dev ${OUTSIDE} root ${shape}`,
    ]);
  }

  async unthrottle(home: Home): Promise<void> {
    await this.sandbox.shell([
      `ip netns exec ${routerNetwork(home)} tc qdisc del dev ${OUTSIDE} root`,
    ]);
  }

  async traffic(home: Home): Promise<Traffic> {
    const list = `ip netns exec ${routerNetwork(home)} iptables -t mangle -nvxL`;
    const counts: Record<(typeof COUNTERS)[number], number> = {
      peer: 0,
      serverUdp: 0,
      relayTcp: 0,
    };
    for (const row of (await this.sandbox.shell([list])).split('\n')) {
      const name = COUNTERS.find((counter) => row.includes(`/* ${counter} */`));
      if (name !== undefined) counts[name] += Number(row.trim().split(/\s+/u)[1]);
    }
    return counts;
  }

  /** What an address of that home begins with, public and private. */
  addressesOf(home: Home): readonly [string, string] {
    return [PUBLIC[home], `${LAN[home]}.`];
  }

  /** An executable that runs `program` as on the device of that home. */
  async on(home: Home, program: string): Promise<string> {
    return await this.sandbox.wrapper(deviceNetwork(home), program);
  }

  /** Starts a program on the public servers' machine. */
  serve(command: readonly string[], env?: Readonly<Record<string, string>>) {
    return this.sandbox.spawn(SERVERS, command, env);
  }

  async close(): Promise<void> {
    await this.sandbox.close();
  }

  #address(home: Home): string {
    return `${LAN[home]}.${this.#hosts[home]}`;
  }
}

function deviceNetwork(home: Home): string {
  return `device-${home}`;
}

function routerNetwork(home: Home): string {
  return `router-${home}`;
}

/** Everyone finds the home's own addresses, as in a company's network. */
function routes(home: Home): string[] {
  const peer: Home = home === 'a' ? 'b' : 'a';
  return [
    `ip -n ${SERVERS} route replace ${LAN[home]}.0/24 via ${PUBLIC[home]}`,
    `ip -n ${routerNetwork(home)} route replace ${LAN[peer]}.0/24 via ${PUBLIC[peer]}`,
  ];
}

function noRoutes(home: Home): string[] {
  return [`ip -n ${SERVERS} route del ${LAN[home]}.0/24 2>/dev/null || true`];
}

/** Rules without a target only count. */
function counterRules(home: Home): string[] {
  const peer: Home = home === 'a' ? 'b' : 'a';
  const rule = (name: (typeof COUNTERS)[number], inward: string, outward: string) => [
    `iptables -t mangle -A PREROUTING -i ${OUTSIDE} ${inward} -m comment --comment ${name}`,
    `iptables -t mangle -A POSTROUTING -o ${OUTSIDE} ${outward} -m comment --comment ${name}`,
  ];
  const servers = `${SERVER}/29`;
  return [
    ...[`${PUBLIC[peer]}/32`, `${LAN[peer]}.0/24`].flatMap((range) =>
      rule('peer', `-s ${range}`, `-d ${range}`),
    ),
    ...rule('serverUdp', `-p udp -s ${servers}`, `-p udp -d ${servers}`),
    ...rule(
      'relayTcp',
      `-p tcp -s ${servers} -m multiport --sports ${RELAY_TCP_PORTS}`,
      `-p tcp -d ${servers} -m multiport --dports ${RELAY_TCP_PORTS}`,
    ),
  ];
}
