/** Sentences of the settings: privacy mode, servers, the check of the connection, the log. */
import type { NatType } from '../../ice/nat.ts';
import type { CheckId, CheckLine, CheckStep } from '../../ice/self-test.ts';
import { MAX_SERVER_LINES, type ServerProblem } from '../../ice/servers.ts';

export const reach = {
  section: 'Connections between devices',
  privacyMode: 'Privacy mode',
  privacyHint:
    'Everything goes through a TURN server, so that your other devices, and whoever holds one of them, see the address of that server and never yours. It may be slower, and the TURN server sees the addresses of both sides, but nothing of what is sent.',
  noRelay: 'No TURN server is known',
  noRelayHint:
    'In privacy mode connections will fail until there is one: enter a TURN server below, or use a signaling server that offers one.',
  relayLater: 'A TURN server is needed',
  relayLaterHint:
    'Whether the signaling server offers one is known once a device is paired. If it offers none, enter one below: in privacy mode nothing connects without it.',
  turnServers: 'TURN servers',
  turnHint:
    'One a line: address, user, password. turns: is TLS. They relay what cannot go directly, encrypted as it is. The first two are asked at once; where only a relay can help, the first four. A signaling server may offer its own, which come after yours; then none is needed here. Passwords lie in plain text in this browser profile.',
  turnExample: 'turn:relay.example.org:3478 anna correct-horse',
  stunServers: 'STUN servers',
  stunHint:
    'One a line; the first two are asked. They tell this device its own address in the internet. Their operators (Google and Cloudflare, unless you change it) see that address, and when you connect. Empty the field to ask nobody: then devices find each other only within one network or through a TURN server.',
  stunExample: 'stun:stun.example.org:3478',
  example: (line: string) => `Example: ${line}`,
  line: (line: number, problem: string) => `Line ${line}: ${problem}`,
} as const;

export const serverProblems: Readonly<Record<ServerProblem['code'], string>> = {
  'bad-url': 'this is not the address of a server.',
  'bad-port': 'a port is a number from 1 to 65535.',
  'bad-scheme': 'the address must begin with the kind of server.',
  'stun-here': 'this is a STUN server. It belongs in the field “STUN servers”.',
  'turn-here': 'this is a TURN server. It belongs in the field “TURN servers”.',
  'turns-udp': 'turns: goes over TCP only. Write turns: without ?transport=udp.',
  'no-credentials': 'after the address come a user and a password.',
  'bad-credentials': 'user or password is too long, or holds a character that cannot be typed.',
  space: 'neither user nor password may hold a space.',
  masked:
    'type the whole password. The dots stand for the stored one only where nothing else in the line was changed.',
  'second-user':
    'this server is in a line above with another user or password. Only one can be used.',
  'too-many': `these are too many servers. ${MAX_SERVER_LINES} are enough for any list.`,
};

export const check = {
  section: 'Connection check',
  hint: 'Tries everything that a connection needs, from here to your servers. It takes some seconds and sends nothing of yours.',
  run: 'Check connection',
  running: 'Checking…',
  list: 'Connection check',
  copy: 'Copy result',
  copied: 'Copied',
  copyFailed: 'Could not copy',
  progress: (done: number, all: number) => `${done} of ${all} checked`,
  allGood: 'Nothing stands in the way.',
  couldBeBetter: 'No problem found. The notes say what could be better.',
  bad: (count: number) => (count === 1 ? '1 problem found' : `${count} problems found`),
  /** Instead of four lines, where none is known. */
  turn: 'TURN',
  next: (step: string) => `Next: ${step}`,
} as const;

export const checkNames: Readonly<Record<CheckId, string>> = {
  server: 'Signaling server',
  version: 'Version',
  clock: 'Clock',
  udp: 'UDP',
  stun: 'STUN',
  nat: 'NAT',
  'turn-udp': 'TURN over UDP',
  'turn-tcp': 'TURN over TCP',
  'turn-tls': 'TURN over TLS',
  'relay-throughput': 'Speed through the relay',
};

export const verdicts: Readonly<Record<CheckLine['verdict'], string>> = {
  pending: 'Checking',
  good: 'OK',
  bad: 'Problem',
  neutral: 'Note',
};

/** What was found, where no number says it better. */
export const findings: Readonly<
  Record<CheckId, Readonly<Record<Exclude<CheckLine['verdict'], 'pending'>, string>>>
> = {
  server: {
    good: 'Connected.',
    bad: 'Not connected.',
    neutral: 'None is set.',
  },
  version: {
    good: 'Server and extension speak the same version.',
    bad: 'Server and extension speak different versions.',
    neutral: 'Unknown without a connection to the server.',
  },
  clock: {
    good: 'Agrees with the server’s.',
    bad: 'Differs far from the server’s.',
    neutral: 'Differs from the server’s.',
  },
  udp: {
    good: 'Answers come back over UDP.',
    bad: 'No server answered over UDP: they are down, or this network blocks it.',
    neutral: 'Could not be tried.',
  },
  stun: {
    good: 'Answered.',
    bad: 'No answer.',
    neutral: 'Not all of them answered.',
  },
  nat: {
    good: 'Found out.',
    bad: 'Connections from outside do not get in.',
    neutral: 'Could not be found out.',
  },
  'turn-udp': { good: 'Works.', bad: 'Does not work.', neutral: 'Not all of them work.' },
  'turn-tcp': { good: 'Works.', bad: 'Does not work.', neutral: 'Not all of them work.' },
  'turn-tls': { good: 'Works.', bad: 'Does not work.', neutral: 'Not all of them work.' },
  'relay-throughput': {
    good: 'Fast enough.',
    bad: 'Nothing came through.',
    neutral: 'Slow.',
  },
};

export const natNames: Readonly<Record<NatType, string>> = {
  'full-cone': 'Open: everybody can connect directly.',
  restricted: 'Friendly: most devices can connect directly.',
  'port-restricted': 'Ordinary: most devices can connect directly.',
  symmetric: 'Strict: some devices can connect only through a TURN server.',
  blocked: 'Nothing came back over UDP: devices can connect only through a TURN server.',
  unknown: 'Could not be found out.',
};

/** The term that an administrator knows it by. */
export const natTerms: Readonly<Record<NatType, string>> = {
  'full-cone': 'full cone',
  restricted: 'restricted cone',
  'port-restricted': 'port-restricted cone',
  symmetric: 'symmetric NAT',
  blocked: 'UDP blocked or servers down',
  unknown: 'unknown',
};

export const skips: Readonly<Record<NonNullable<CheckLine['detail']['skipped']>, string>> = {
  'privacy-mode': 'Not tried: in privacy mode nothing goes past the TURN server.',
  'none-set': 'Not tried: no server is set for it.',
  offline: 'Not tried: there is no connection.',
  'not-paired':
    'Not known yet: which TURN servers the signaling server offers is known once a device is paired.',
};

export const checkSteps: Readonly<Record<CheckStep, string>> = {
  'start-server':
    'Start the signaling server, or correct its address above. Check that this computer is online.',
  'update-extension': 'Update Tallow Send in this browser.',
  'update-server': 'Update the signaling server.',
  'set-clock': 'Let this computer set its clock by itself, or set it right.',
  'allow-udp':
    'Allow UDP in the firewall or VPN: a server that is silent over UDP answers over TCP or TLS.',
  'try-elsewhere':
    'Try from another network. If they answer there, this one blocks them; if not, they are down or their addresses are wrong.',
  'tell-operator':
    'Tell whoever runs the signaling server: a server that it offers does not work. Or add one of your own above.',
  'pair-first': 'Pair a device and check again, or add a TURN server of your own above.',
  'add-stun': 'Add a STUN server above, so that devices in other networks find a way to this one.',
  'check-stun': 'Check the addresses of the STUN servers above.',
  'add-turn':
    'Add a TURN server above. Without one, some pairs of networks cannot connect, and in privacy mode nothing can.',
  'check-turn': 'Check address, user and password of the TURN servers above.',
  'use-tls': 'Use a turns: server on port 443, which nearly every network lets through.',
  'slow-relay': 'Use a TURN server that is nearer or less busy.',
};

export const debugLog = {
  section: 'Debug log',
  switch: 'Debug log',
  switchHint:
    'Writes down what happens, until the browser is closed or this is switched off. Switching it off empties it.',
  inTitle: 'What is in it',
  in: 'States of connections and transfers, reasons of failures, times, speeds and rough sizes. Devices, sessions and transfers are numbered.',
  outTitle: 'What is not',
  out: 'Network addresses, keys, passwords, codes, names of devices and files, and anything you send.',
  export: 'Export debug log',
  exported: 'Saved',
  clear: 'Empty the log',
  cleared: 'Emptied',
  fileName: 'tallow-send-debug-log.txt',
} as const;
