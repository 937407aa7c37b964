import type { NatProfile } from '../../lib/ice/nat.ts';
import { parseStunServers, parseTurnServers, type IceServer } from '../../lib/ice/servers.ts';
import type { ReachConfig } from '../../lib/messaging/offscreen-calls.ts';
import type { TurnCredentials } from '../../lib/signaling/client.ts';
import { SignalingError } from '../../lib/signaling/errors.ts';
import { parseServerList } from '../../lib/signaling/server-list.ts';
import type { ReachMemory, RelayGrant } from '../../lib/storage/reach-memory.ts';
import type { Settings } from '../../lib/storage/schemas.ts';

/** A NAT behaves like this for now: networks change without the browser saying so. */
const NAT_VALID_MS = 10 * 60_000;

/** Credentials are not asked for more often than this, whatever time the server gives them. */
const MIN_RENEWAL_MS = 60_000;

/** After a refusal. A join may just be on its way; a server without this request stays so. */
const RETRY_MS = 30_000;
const RETRY_JOINING_MS = 1_000;
const RETRY_UNKNOWN_MS = 10 * 60_000;

/** The signaling server in use, while we are in a room there: only then it hands something out. */
export interface TurnSource {
  readonly url: string;
  /** @throws SignalingError */
  readonly ask: () => Promise<TurnCredentials>;
}

export interface ReachDeps {
  readonly settings: () => Settings;
  readonly source: () => TurnSource | undefined;
  readonly memory: ReachMemory;
  /** To the document, if it is there. One that comes later asks for `config`. */
  readonly tell: (reach: ReachConfig) => void;
  readonly now: () => number;
}

/** How connections are to be made: the person's settings, and what the server and the network add. */
export class Reach {
  readonly #deps: ReachDeps;
  #asking = false;
  #notBefore: { readonly server: string; readonly at: number } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /**
   * As JSON. A document that an earlier worker opened was told what this one found in its memory.
   */
  #told: string;

  constructor(deps: ReachDeps) {
    this.#deps = deps;
    this.#told = JSON.stringify(this.config);
  }

  get config(): ReachConfig {
    const { privacyMode, debugLog, stunServers, turnServers } = this.#deps.settings();
    const grants = this.#grants();
    return {
      privacyMode,
      stun: merge(
        parseStunServers(stunServers).servers,
        grants.flatMap(({ stun }) => stun.map((url) => ({ url }))),
      ),
      turn: merge(
        parseTurnServers(turnServers).servers,
        grants.flatMap(({ turn }) => turn),
      ),
      nat: this.#nat(),
      debugLog,
    };
  }

  /** What the document found out about this network: it knows already, and is not told. */
  natFound(profile: NatProfile): void {
    const { memory, now } = this.#deps;
    memory.set({ ...memory.get(), nat: { profile, at: now() } });
    this.#told = JSON.stringify(this.config);
  }

  /** Another network, as far as one can tell. */
  networkChanged(): void {
    const { memory } = this.#deps;
    memory.set({ ...memory.get(), nat: null });
    this.update();
  }

  /** After anything that counts here may have changed, time included. */
  update(): void {
    const source = this.#deps.source();
    if (source && !this.#asking && this.#dueAt(source) <= this.#deps.now()) void this.#ask(source);
    this.#schedule(source);
    const config = this.config;
    const json = JSON.stringify(config);
    if (json === this.#told) return;
    this.#told = json;
    this.#deps.tell(config);
  }

  async #ask(source: TurnSource): Promise<void> {
    const server = source.url;
    this.#asking = true;
    try {
      this.#keep(server, await source.ask());
      this.#notBefore = undefined;
    } catch (error) {
      this.#notBefore = { server, at: this.#deps.now() + retryMs(error) };
    } finally {
      this.#asking = false;
      this.update();
    }
  }

  #keep(server: string, { stun, turn, expiresInMs }: TurnCredentials): void {
    const { memory, now } = this.#deps;
    const grant: RelayGrant = {
      server,
      stun: [...stun],
      turn: [...turn],
      renewAt: now() + Math.max(expiresInMs / 2, MIN_RENEWAL_MS),
      expiresAt: now() + expiresInMs,
    };
    const others = memory.get().grants.filter((known) => known.server !== server);
    memory.set({ ...memory.get(), grants: [grant, ...others] });
  }

  /** When this server is to be asked next. */
  #dueAt({ url }: TurnSource): number {
    const known = this.#deps.memory.get().grants.find(({ server }) => server === url);
    const blocked = this.#notBefore?.server === url ? this.#notBefore.at : 0;
    return Math.max(known?.renewAt ?? 0, blocked);
  }

  /** For a worker that lives until then; the alarm does it for one that does not. */
  #schedule(source: TurnSource | undefined): void {
    clearTimeout(this.#timer);
    const ends = this.#grants().map(({ expiresAt }) => expiresAt);
    const asks = source && !this.#asking ? [this.#dueAt(source)] : [];
    const next = Math.min(...ends, ...asks);
    if (next === Infinity) return;
    this.#timer = setTimeout(() => this.update(), Math.max(next - this.#deps.now(), 0));
  }

  /** Still good, and of servers that the person still uses; the newest first. */
  #grants(): readonly RelayGrant[] {
    const now = this.#deps.now();
    const servers = parseServerList(this.#deps.settings().signalingUrl);
    return this.#deps.memory
      .get()
      .grants.filter(({ server, expiresAt }) => expiresAt > now && servers.includes(server));
  }

  #nat(): NatProfile | null {
    const { nat } = this.#deps.memory.get();
    if (!nat || nat.profile.type === 'unknown') return null;
    return this.#deps.now() - nat.at < NAT_VALID_MS ? nat.profile : null;
  }
}

/** The person's own first; an address that is there twice keeps its first entry. */
function merge(own: readonly IceServer[], others: readonly IceServer[]): IceServer[] {
  const byUrl = new Map<string, IceServer>();
  for (const server of [...own, ...others]) {
    if (!byUrl.has(server.url)) byUrl.set(server.url, server);
  }
  return [...byUrl.values()];
}

function retryMs(error: unknown): number {
  if (!(error instanceof SignalingError)) return RETRY_MS;
  if (error.code === 'not-in-room') return RETRY_JOINING_MS;
  return error.code === 'bad-request' ? RETRY_UNKNOWN_MS : RETRY_MS;
}
