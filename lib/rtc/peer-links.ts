import type { Link, LinkFactory, LinkOptions } from '../session/ports.ts';
import { type ChannelOwner, PeerLink } from './peer-link.ts';

/** Makes the peer connections of all sessions with one configuration. */
export class PeerLinks implements LinkFactory {
  readonly #owner: ChannelOwner;
  readonly #configuration: () => RTCConfiguration;

  constructor(owner: ChannelOwner, configuration: () => RTCConfiguration) {
    this.#owner = owner;
    this.#configuration = configuration;
  }

  create(options: LinkOptions): Link {
    return new PeerLink(options, this.#owner, this.#configuration());
  }
}
