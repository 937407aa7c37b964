import { iceConfiguration } from '../ice/configuration.ts';
import type { NatProfile } from '../ice/nat.ts';
import type { IceServers } from '../ice/servers.ts';
import { cascade, pathStrategy, type Rung } from '../ice/strategy.ts';
import type { Link, LinkFactory, LinkOptions, LinkProfile } from '../session/ports.ts';
import { type ChannelOwner, PeerLink, type LinkReach } from './peer-link.ts';

/** What is known and wished about ways to a peer; read anew for each connection and restart. */
export interface ReachSource {
  readonly nat: NatProfile;
  readonly servers: IceServers;
  /** [IC5] */
  readonly privacy: boolean;
}

/** Makes the peer connections of all sessions. */
export class PeerLinks implements LinkFactory, LinkReach {
  readonly #owner: ChannelOwner;
  readonly #source: () => ReachSource;

  constructor(owner: ChannelOwner, source: () => ReachSource) {
    this.#owner = owner;
    this.#source = source;
  }

  create(options: LinkOptions): Link {
    const { nat, ...profile } = this.profile();
    const strategy = pathStrategy(nat.type, options.remoteNat?.type ?? 'unknown');
    return new PeerLink(options, this.#owner, this, cascade(strategy, profile)[0].rung);
  }

  profile(): LinkProfile {
    const { nat, servers, privacy } = this.#source();
    return { nat, privacy, relays: servers.turn.length > 0 };
  }

  get privacy(): boolean {
    return this.#source().privacy;
  }

  configuration(rung: Rung) {
    const { nat, servers, privacy } = this.#source();
    return iceConfiguration({ nat: nat.type, servers, privacy, rung });
  }
}
