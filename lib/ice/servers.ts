/** STUN and TURN servers, as a person writes them and as a peer connection takes them. */
import { parseIpv4, parseIpv6 } from './address.ts';

/** One address of one server: a list of these is tried at once, and a dead one delays nobody. */
export interface IceServer {
  /** `stun:host:port`, `turn:host:port?transport=udp|tcp` or `turns:host:port?transport=tcp`. */
  readonly url: string;
  readonly username?: string;
  readonly credential?: string;
  /** Handed out by the signaling server; the person's own have nothing here. No browser sees it. */
  readonly from?: 'server';
}

export interface IceServers {
  readonly stun: readonly IceServer[];
  readonly turn: readonly IceServer[];
}

/**
 * Two operators, so that one outage leaves the other, and two addresses to compare ([NT1]). A STUN
 * server learns this device's public address and nothing else.
 */
export const DEFAULT_STUN_SERVERS = [
  'stun:stun.l.google.com:19302',
  'stun:stun.cloudflare.com:3478',
] as const;

/** What is wrong with one line; never its text, which may hold a password. */
export interface ServerProblem {
  /** From 1. */
  readonly line: number;
  readonly code: ServerProblemCode;
}

export type ServerProblemCode =
  | 'bad-url'
  | 'bad-port'
  | 'bad-scheme'
  /** A STUN server in the list of TURN servers. */
  | 'stun-here'
  /** A TURN server in the list of STUN servers. */
  | 'turn-here'
  /** `turns:` over UDP, which no browser has. */
  | 'turns-udp'
  | 'no-credentials'
  | 'bad-credentials'
  /** More than a user and a password: one of them has a space in it. */
  | 'space'
  /** Dots where a password or a user should be. */
  | 'masked'
  /** The same address as in a line above, with other credentials. */
  | 'second-user'
  | 'too-many';

export interface ParsedServers {
  readonly servers: readonly IceServer[];
  readonly problems: readonly ServerProblem[];
}

/** Lines with a server in one list. More is a mistake, and each would be asked. */
export const MAX_SERVER_LINES = 8;

const DEFAULT_PORT = 3478;
const DEFAULT_TLS_PORT = 5349;
/** RFC 8489 §14.3: USERNAME is below 509 bytes; passwords get the same. */
const MAX_CREDENTIAL_LENGTH = 508;

/** One address a line: `stun:host[:port]` or `host:port`. Blank lines and `#` comments are skipped. */
export function parseStunServers(text: string): ParsedServers {
  return parseLines(text, (words) => {
    const [word = '', ...more] = words;
    // A bare `host:port` has a number where an address has its host.
    const bare = /^(\[[^\]]*\]|[^:]+):\d+$/.test(word);
    const scheme = bare ? 'stun' : schemeOf(word);
    if (scheme === 'turn' || scheme === 'turns') return 'turn-here';
    if (scheme !== 'stun') return 'bad-scheme';
    const endpoint = parseEndpoint(bare ? word : word.slice('stun:'.length), DEFAULT_PORT);
    if (typeof endpoint === 'string') return endpoint;
    return more.length > 0 ? 'bad-url' : [{ url: `stun:${endpoint.text}` }];
  });
}

/**
 * `turn:host[:port][?transport=udp|tcp] user password`, or `turns:…` (TLS over TCP), one a line.
 * `turn:` without a transport means both.
 */
export function parseTurnServers(text: string): ParsedServers {
  return parseLines(text, (words) => {
    const [word = '', username, credential, ...more] = words;
    const scheme = schemeOf(word);
    if (scheme === 'stun' || scheme === 'stuns') return 'stun-here';
    if (scheme !== 'turn' && scheme !== 'turns') return 'bad-scheme';
    const [authority = '', query, ...rest] = word.slice(scheme.length + 1).split('?');
    const endpoint = parseEndpoint(authority, scheme === 'turn' ? DEFAULT_PORT : DEFAULT_TLS_PORT);
    if (typeof endpoint === 'string') return endpoint;
    const transports = transportsOf(scheme, query);
    if (typeof transports === 'string') return transports;
    if (rest.length > 0) return 'bad-url';
    if (username === undefined || credential === undefined) return 'no-credentials';
    // Part of a mask too: what was typed into one is not the password that it stands for.
    if ([username, credential, ...more].some((text) => text.includes(DOT))) return 'masked';
    if (more.length > 0) return 'space';
    if (!isCredential(username) || !isCredential(credential)) return 'bad-credentials';
    return transports.map((transport) => ({
      url: `${scheme}:${endpoint.text}?transport=${transport}`,
      username,
      credential,
    }));
  });
}

function parseLines(
  text: string,
  parseLine: (words: readonly string[]) => IceServer[] | ServerProblemCode,
): ParsedServers {
  const servers: IceServer[] = [];
  const problems: ServerProblem[] = [];
  let used = 0;
  const tooMany = () => (used > MAX_SERVER_LINES ? 'too-many' : undefined);
  for (const [index, { text: line, commented }] of splitLines(text).entries()) {
    const idle = commented || line.trim() === '';
    if (!idle) used += 1;
    const found = idle ? parseIdle(line) : (tooMany() ?? parseLine(line.trim().split(/\s+/)));
    const code = typeof found === 'string' ? found : conflict(found, servers);
    if (code !== undefined) problems.push({ line: index + 1, code });
    else if (typeof found !== 'string')
      servers.push(...found.filter(({ url }) => !servers.some((other) => other.url === url)));
  }
  return { servers, problems };
}

/** A server put aside keeps its password, and must not lose it to a mask either. */
function parseIdle(line: string): [] | 'masked' {
  return splitCredential(line).secret.includes(DOT) ? 'masked' : [];
}

/** Browsers take one user for an address; which of two would be chance. */
function conflict(
  found: readonly IceServer[],
  servers: readonly IceServer[],
): 'second-user' | undefined {
  const differs = found.some(({ url, username, credential }) =>
    servers.some(
      (other) =>
        other.url === url && (other.username !== username || other.credential !== credential),
    ),
  );
  return differs ? 'second-user' : undefined;
}

/** Everything that ends a line anywhere: one reader must not see two lines where another sees one. */
const LINE_ENDS = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;

function splitLines(text: string): { readonly text: string; readonly commented: boolean }[] {
  return text.split(LINE_ENDS).map((line) => ({ text: line, commented: /^\s*#/.test(line) }));
}

function schemeOf(word: string): string {
  return /^([a-z][a-z0-9+.-]*):/i.exec(word)?.[1]?.toLowerCase() ?? '';
}

function transportsOf(
  scheme: 'turn' | 'turns',
  query: string | undefined,
): string[] | ServerProblemCode {
  if (query === undefined) return scheme === 'turn' ? ['udp', 'tcp'] : ['tcp'];
  const transport = /^transport=(udp|tcp)$/i.exec(query)?.[1]?.toLowerCase();
  if (transport === undefined) return 'bad-url';
  // DTLS to a relay (`turns:` over UDP) is in no browser.
  return scheme === 'turns' && transport === 'udp' ? 'turns-udp' : [transport];
}

/** `host[:port]` with its port written out, or a problem. RFC 7064 and 7065: no user, no path. */
function parseEndpoint(
  text: string,
  defaultPort: number,
): { readonly text: string } | ServerProblemCode {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]+))(?::(\d+))?$/.exec(text);
  if (!match) return 'bad-url';
  const [, six, name, portText] = match;
  const host = name?.toLowerCase() ?? '';
  if (six === undefined ? !isHost(host) : !parseIpv6(six)) return 'bad-url';
  const port = portText === undefined ? defaultPort : Number(portText);
  if (port < 1 || port > 0xffff) return 'bad-port';
  return { text: `${six === undefined ? host : `[${six.toLowerCase()}]`}:${port}` };
}

function isHost(host: string): boolean {
  // Digits in the last label make it an IPv4 address, or nothing (WHATWG URL, "ends in a number").
  if (/(^|\.)(\d+|0x[0-9a-f]*)$/.test(host)) return parseIpv4(host) !== undefined;
  const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
  return host.length <= 253 && host.split('.').every((part) => label.test(part));
}

function isCredential(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.length <= MAX_CREDENTIAL_LENGTH && !/[\u0000-\u001f\u007f]/.test(text);
}

const DOT = '•';
/** Stands for a stored password in a text box. */
const MASK = DOT.repeat(8);

/**
 * The text with a mask for everything after the user, in servers commented out too, for everything
 * after the first word of a line with mistakes, and for a `user:password@` inside an address.
 */
export function maskTurnServers(text: string): string {
  return mapLines(text, (line) => {
    const { head, secret } = splitCredential(line);
    const shown = head.replace(/^([\s#]*(?:turns?:(?:\/\/)?)?)\S*@/i, `$1${MASK}@`);
    return secret === '' ? shown : `${shown}${MASK}`;
  });
}

/**
 * An edited text with the stored passwords put back: a mask takes the password that is stored for
 * the same address and user, and stays a mask (`masked`) where there is none, or where anything was
 * added to it or taken from it. Another address never gets it: who can edit the list could send the
 * password to a server of their own.
 */
export function unmaskTurnServers(edited: string, stored: string): string {
  const passwords = new Map<string, string[]>();
  for (const { text } of splitLines(stored)) {
    const { head, secret } = splitCredential(text);
    if (secret === '') continue;
    const key = keyOf(head);
    passwords.set(key, [...(passwords.get(key) ?? []), secret]);
  }
  return mapLines(edited, (line) => {
    const { head, secret } = splitCredential(line);
    if (secret !== MASK) return line;
    const found = passwords.get(keyOf(head));
    // Two lines for one user keep their order; the last serves any further one.
    const password = found && found.length > 1 ? found.shift() : found?.[0];
    return password === undefined ? line : `${head}${password}`;
  });
}

/**
 * Address and user with the space after them, and the rest of the line. Where the user is missing,
 * or the address is no TURN server, everything after the first word may be the password.
 */
function splitCredential(line: string): { head: string; secret: string } {
  // A comment in plain words stays readable; one with a server in it is a server put aside.
  if (/^\s*#/.test(line) && !/turns?:/i.test(line)) return { head: line, secret: '' };
  const match =
    /^([\s#]*turns?:\S*\s+\S+\s+)(\S.*)$/i.exec(line) ?? /^([\s#]*[^\s#]\S*\s+)(\S.*)$/.exec(line);
  return { head: match?.[1] ?? line, secret: match?.[2]?.trimEnd() ?? '' };
}

/** A line that is commented out, or in again, is still the same server. */
function keyOf(head: string): string {
  return head
    .replace(/^[\s#]+/, '')
    .trimEnd()
    .replace(/\s+/, ' ');
}

function mapLines(text: string, change: (line: string) => string): string {
  return text
    .split(new RegExp(`(${LINE_ENDS.source})`))
    .map((part, index) => (index % 2 === 0 ? change(part) : part))
    .join('');
}
