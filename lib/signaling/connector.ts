/** Keeps a connection to one of several signaling servers ([SV17]), and moves without a gap. */
import { SignalingClient, type SignalingMessage } from './client.ts';
import type { PresenceChange } from './presence.ts';
import {
  afterwards,
  waitMs,
  type ServerChoice,
  type ServerEvent,
  type ServerListFacts,
} from './server-list.ts';
import type { SocketLike } from './socket-like.ts';

/** Messages that a new server may bring before it is the one in use; more than any handshake. */
const MAX_HELD = 256;

export interface ConnectorOptions {
  readonly openSocket: (url: string) => SocketLike;
  readonly onMessage: (message: SignalingMessage) => void;
  /** Somebody came or went on the server in use. A move tells nothing here, only `onChange`. */
  readonly onPresence: (change: PresenceChange) => void;
  readonly onNameplateExpired: (nameplate: string) => void;
  /** Came online on `client`: first of all on this socket. */
  readonly onOnline: () => void;
  /** A room was joined, or its joining refused. */
  readonly onRooms: () => void;
  /** The connection in use broke, fell silent or was ended by the server; not one that we left. */
  readonly onLost: () => void;
  /** Status or server changed. */
  readonly onChange: () => void;
  /** Unix time in ms. */
  readonly now: () => number;
  /** From 0 up to, not including, 1; `Math.random` by default. */
  readonly random?: () => number;
}

export type ConnectorState =
  | { readonly state: 'off' }
  | { readonly state: 'online'; readonly url: string }
  | { readonly state: 'connecting'; readonly url: string }
  /** Still trying, and the last round of the whole list ended so. */
  | {
      readonly state: 'failing';
      readonly url: string;
      readonly reason: 'unreachable' | 'incompatible';
    };

interface Slot {
  readonly url: string;
  readonly client: SignalingClient;
  /** From a server that is not in use yet. */
  readonly held: SignalingMessage[];
  readonly stopListening: () => void;
}

export class Connector {
  readonly #options: ConnectorOptions;
  readonly #random: () => number;
  #urls: readonly string[] = [];
  #rooms: readonly string[] = [];
  #choice: ServerChoice = { state: 'off' };
  #current: Slot | undefined;
  #candidate: Slot | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** In this round: one server at least speaks another version. */
  #outdated = false;
  #failure: 'unreachable' | 'incompatible' | undefined;

  constructor(options: ConnectorOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  /** Of the server in use, or being tried; undefined when there is none to try. */
  get client(): SignalingClient | undefined {
    return this.#current?.client;
  }

  get status(): ConnectorState {
    const url = this.#current?.url ?? this.#urls[0] ?? '';
    switch (this.#choice.state) {
      case 'off':
        return { state: 'off' };
      case 'using':
      case 'moving':
        return { state: 'online', url };
      case 'trying':
      case 'resting':
        return this.#failure
          ? { state: 'failing', url, reason: this.#failure }
          : { state: 'connecting', url };
    }
  }

  /** The list from now on, most preferred first. The present connection is left. */
  use(urls: readonly string[]): void {
    this.#drop('current');
    this.#urls = urls;
    this.#failure = undefined;
    this.#apply('start');
  }

  /** Somebody needs it: forget that it failed, and try at once. */
  want(): void {
    this.#failure = undefined;
    this.#apply('again');
  }

  /** Ends a rest. For whatever may have brought a server back. */
  again(): void {
    if (this.#choice.state === 'resting') this.#apply('again');
  }

  /** Asks the server in use for a sign of life; a silent one is left at once ([SV16]). */
  async probe(): Promise<void> {
    const slot = this.#current;
    if (this.status.state !== 'online' || !slot) return this.again();
    const alive = await slot.client.probe();
    if (!alive && slot === this.#current && this.status.state === 'online') this.#apply('silent');
  }

  setRooms(roomIds: Iterable<string>): void {
    this.#rooms = [...roomIds];
    this.#current?.client.setRooms(this.#rooms);
    this.#candidate?.client.setRooms(this.#rooms);
  }

  #apply(event: ServerEvent): void {
    const facts: ServerListFacts = { count: this.#urls.length, random: this.#random };
    const before = this.#choice;
    const choice = afterwards(before, event, facts);
    if (choice === before) return;
    this.#choice = choice;
    this.#note(before, event);
    clearTimeout(this.#timer);
    if (wasLost(before, event)) this.#options.onLost();
    this.#carryOut(choice);
    // Carrying it out may have been answered at once, by another choice with a timer of its own.
    if (this.#choice !== choice) return;
    const ms = waitMs(choice, facts.count);
    if (ms !== null) this.#timer = setTimeout(() => this.#apply('elapsed'), ms);
    this.#options.onChange();
  }

  #note(before: ServerChoice, event: ServerEvent): void {
    if (event === 'incompatible') this.#outdated = true;
    if (this.#choice.state === 'using') this.#failure = undefined;
    if (this.#choice.state === 'resting' && before.state === 'trying') {
      this.#failure = this.#outdated ? 'incompatible' : 'unreachable';
    }
    if (this.#choice.state !== 'trying') this.#outdated = false;
  }

  #carryOut(choice: ServerChoice): void {
    switch (choice.state) {
      case 'off':
        return this.#drop('current');
      case 'resting':
        this.#drop('candidate');
        return this.#current?.client.close();
      case 'trying':
        this.#drop('candidate');
        return this.#try(this.#urls[choice.index] ?? '');
      case 'using':
        return this.#settleOn(this.#urls[choice.index] ?? '');
      case 'moving':
        return this.#moveTo(this.#urls[choice.candidate] ?? '');
    }
  }

  #try(url: string): void {
    if (this.#current?.url !== url) {
      this.#drop('current');
      this.#current = this.#open(url);
    }
    const { client } = this.#current;
    client.close();
    client.connect();
  }

  #settleOn(url: string): void {
    const candidate = this.#candidate;
    if (candidate?.url !== url) return this.#drop('candidate');
    const old = this.#current;
    this.#current = candidate;
    this.#candidate = undefined;
    old?.stopListening();
    old?.client.close();
    this.#options.onOnline();
    this.#options.onChange();
    // Whoever speaks is known by now.
    for (const message of candidate.held.splice(0)) this.#options.onMessage(message);
  }

  #moveTo(url: string): void {
    this.#drop('candidate');
    // A code that is shown or entered lives on this socket.
    if (this.#current?.client.pairing) return this.#apply('failed');
    this.#candidate = this.#open(url);
    this.#candidate.client.connect();
  }

  #open(url: string): Slot {
    const socket = this.#options.openSocket(url);
    const client = new SignalingClient(socket, { now: this.#options.now });
    const held: SignalingMessage[] = [];
    const inUse = (): boolean => this.#current?.client === client;
    const stops = [
      client.onStatus((status) => {
        if (status.state === 'online') this.#cameOnline(client);
        else if (status.state === 'incompatible') this.#apply('incompatible');
        else if (status.state === 'failed') this.#apply(inUse() ? status.how : 'failed');
      }),
      client.onRooms(() => {
        if (inUse()) this.#options.onRooms();
        else this.#maybeMoved();
      }),
      client.onPresence((change) => {
        if (inUse()) this.#options.onPresence(change);
      }),
      client.onMessage((message) => {
        if (inUse()) this.#options.onMessage(message);
        else if (held.length < MAX_HELD) held.push(message);
      }),
      client.onNameplateExpired((nameplate) => this.#options.onNameplateExpired(nameplate)),
    ];
    client.setRooms(this.#rooms);
    return {
      url,
      client,
      held,
      stopListening: () => {
        for (const stop of stops) stop();
      },
    };
  }

  #cameOnline(client: SignalingClient): void {
    if (this.#current?.client !== client) return this.#maybeMoved();
    this.#apply('online');
    this.#options.onOnline();
  }

  /** Make before break: every room is joined there before the old server is left. */
  #maybeMoved(): void {
    const client = this.#candidate?.client;
    if (client?.status.state !== 'online' || !client.roomsSettled) return;
    this.#apply(this.#current?.client.pairing ? 'failed' : 'moved');
  }

  #drop(which: 'current' | 'candidate'): void {
    const slots = which === 'current' ? [this.#current, this.#candidate] : [this.#candidate];
    for (const slot of slots) {
      slot?.stopListening();
      slot?.client.close();
    }
    if (which === 'current') this.#current = undefined;
    this.#candidate = undefined;
  }
}

function wasLost(before: ServerChoice, event: ServerEvent): boolean {
  const online = before.state === 'using' || before.state === 'moving';
  return online && (event === 'lost' || event === 'ended' || event === 'silent');
}
