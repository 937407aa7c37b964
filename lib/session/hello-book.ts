/**
 * Which hellos are open, per socket of one device ([RC3], [RC6]): ours and theirs, each for 30 s or
 * until the handshake uses it. Pure; the caller sends.
 */
import { equalBytes, type Bytes } from '../crypto/bytes.ts';
import type { ProtocolOffer } from '../crypto/negotiation.ts';
import { HELLO_LIFETIME_MS } from './constants.ts';

export interface OwnHello {
  readonly nonce: Bytes;
  /** Where it was sent; the initiator's k1 goes there too ([RC5]). */
  readonly roomId: string;
  readonly since: number;
}

export interface RemoteHello {
  readonly nonce: Bytes;
  readonly offer: ProtocolOffer;
  readonly since: number;
}

/** Sockets remembered for one device at most; the oldest is forgotten first. */
const MAX_SOCKETS = 8;

export class HelloBook {
  readonly #monotonic: () => number;
  readonly #own = new Map<string, OwnHello>();
  readonly #remote = new Map<string, RemoteHello>();
  /** The last nonce of theirs that a handshake has used: said again, it is no news. */
  readonly #used = new Map<string, Bytes>();

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  own(socketId: string): OwnHello | undefined {
    return this.#fresh(this.#own, socketId);
  }

  remote(socketId: string): RemoteHello | undefined {
    return this.#fresh(this.#remote, socketId);
  }

  /** Replaces an earlier one: only the newest nonce can be used. */
  said(socketId: string, nonce: Bytes, roomId: string): void {
    put(this.#own, socketId, { nonce, roomId, since: this.#monotonic() });
  }

  /**
   * `repeated`: open already, or used up. `changed`: another one than the open one, so the other
   * side has begun again and may have forgotten ours.
   */
  heard(socketId: string, nonce: Bytes, offer: ProtocolOffer): 'first' | 'repeated' | 'changed' {
    const before = this.remote(socketId);
    const known = before?.nonce ?? this.#used.get(socketId);
    if (known !== undefined && equalBytes(known, nonce)) return 'repeated';
    put(this.#remote, socketId, { nonce, offer, since: this.#monotonic() });
    return before === undefined ? 'first' : 'changed';
  }

  /** Both nonces are used up, whatever becomes of the handshake ([RC6]). */
  spend(socketId: string): void {
    const remote = this.#remote.get(socketId);
    if (remote !== undefined) put(this.#used, socketId, remote.nonce);
    this.#own.delete(socketId);
    this.#remote.delete(socketId);
  }

  clear(): void {
    this.#own.clear();
    this.#remote.clear();
    this.#used.clear();
  }

  #fresh<Hello extends { since: number }>(
    book: Map<string, Hello>,
    socketId: string,
  ): Hello | undefined {
    const hello = book.get(socketId);
    if (hello === undefined) return undefined;
    if (this.#monotonic() - hello.since < HELLO_LIFETIME_MS) return hello;
    book.delete(socketId);
    return undefined;
  }
}

function put<Value>(book: Map<string, Value>, key: string, value: Value): void {
  book.delete(key);
  book.set(key, value);
  const [oldest] = book.keys();
  if (book.size > MAX_SOCKETS && oldest !== undefined) book.delete(oldest);
}
