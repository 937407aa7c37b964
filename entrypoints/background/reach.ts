import type { NatProfile } from '../../lib/ice/nat.ts';
import { parseStunServers, parseTurnServers, type IceServer } from '../../lib/ice/servers.ts';
import type { ReachConfig } from '../../lib/messaging/offscreen-calls.ts';
import type { TurnCredentials } from '../../lib/signaling/client.ts';
import { SignalingError } from '../../lib/signaling/errors.ts';
import { parseServerList } from '../../lib/signaling/server-list.ts';
import type { ReachMemory, RelayGrant } from '../../lib/storage/reach-memory.ts';
import type { Settings } from '../../lib/storage/schemas.ts';

/** A NAT behaves like this for now: networks change, even where the socket stays and nobody says so. */
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
  /** To the document; false where it did not get it, or is not there. One that comes is greeted. */
  readonly tell: (reach: ReachConfig) => Promise<boolean>;
  /** `config` is another one. */
  readonly onChange: () => void;
  readonly now: () => number;
}

/** How connections are to be made: the person's settings, and what the server and the network add. */
export class Reach {
  readonly #deps: ReachDeps;
  #asking = false;
  #notBefore: { readonly server: string; readonly at: number } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /**
   * What the document has for certain; undefined where that is not known: there is none, or an earlier
   * worker opened it. It is told until it has what holds: privacy mode must not be lost on the way.
   */
  #told: ReachConfig | undefined;
  #telling: Promise<void> | undefined;
  /** As JSON, when it was looked at last. */
  #seen: string;
  /** What the document found out. Not stored: while there is no worker nobody watches the network. */
  #found: { readonly profile: NatProfile; readonly at: number } | undefined;

  constructor(deps: ReachDeps) {
    this.#deps = deps;
    this.#seen = JSON.stringify(this.config);
  }

  get config(): ReachConfig {
    const { privacyMode, debugLog, stunServers, turnServers } = this.#deps.settings();
    const grants = this.#grants();
    return {
      privacyMode,
      stun: merge(
        parseStunServers(stunServers).servers,
        grants.flatMap(({ stun }) => stun.map((url) => ({ url, from: 'server' }))),
      ),
      turn: merge(
        parseTurnServers(turnServers).servers,
        grants.flatMap(({ turn }) => turn.map((server) => ({ ...server, from: 'server' }))),
      ),
      nat: this.#nat(),
      debugLog,
    };
  }

  /** For the document's first word, which this answers. */
  greet(): ReachConfig {
    this.#told = this.config;
    return this.#told;
  }

  documentGone(): void {
    this.#told = undefined;
  }

  /** What the document found out about this network: it knows already, and is not told. */
  natFound(profile: NatProfile): void {
    this.#found = { profile, at: this.#deps.now() };
    if (this.#told) this.#told = { ...this.#told, nat: this.#nat() };
    this.update();
  }

  /** Another network, as far as one can tell, or one that nobody watched for a while. */
  networkChanged(): void {
    this.#found = undefined;
    this.update();
  }

  /** After anything that counts here may have changed, time included. */
  update(): void {
    this.#prune();
    const source = this.#deps.source();
    if (source && !this.#asking && this.#dueAt(source) <= this.#deps.now()) void this.#ask(source);
    this.#schedule(source);
    void this.tell();
    const seen = JSON.stringify(this.config);
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.#deps.onChange();
  }

  /**
   * Resolves when an open document has what holds now, or did not take it: the next call, update or
   * alarm tries again. Never rejects.
   */
  async tell(): Promise<void> {
    if (this.#isTold()) return;
    this.#telling ??= this.#tell().finally(() => {
      this.#telling = undefined;
    });
    await this.#telling;
  }

  async #tell(): Promise<void> {
    while (!this.#isTold()) {
      const { config } = this;
      if (!(await this.#deps.tell(config))) return;
      this.#told = config;
    }
  }

  #isTold(): boolean {
    return JSON.stringify(this.#told) === JSON.stringify(this.config);
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
    memory.set({ grants: [grant, ...others] });
  }

  /** What is good for nothing any more is not kept either. */
  #prune(): void {
    const { memory, now, settings } = this.#deps;
    const { grants } = memory.get();
    const servers = parseServerList(settings().signalingUrl);
    // One that ended early still says when to ask again.
    const kept = grants.filter(
      ({ server, renewAt, expiresAt }) =>
        servers.includes(server) && Math.max(renewAt, expiresAt) > now(),
    );
    if (kept.length < grants.length) memory.set({ grants: kept });
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
    if (!this.#found || this.#found.profile.type === 'unknown') return null;
    return this.#deps.now() - this.#found.at < NAT_VALID_MS ? this.#found.profile : null;
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
