/**
 * Noise HandshakeState (revision 34 §5.3) over the token tables of patterns.ts, with the hfs tokens:
 * `e1` sends a KEM public key through EncryptAndHash, `ekem1` answers with a ciphertext through
 * EncryptAndHash and then mixes the KEM secret into the key.
 */
import { TAG_LENGTH } from '../aead.ts';
import { assertLength, concat, copyBytes, wipe, type Bytes } from '../bytes.ts';
import type { NoiseRole } from '../direction.ts';
import { CryptoError } from '../errors.ts';
import {
  DH_LENGTH,
  KEM_CIPHERTEXT_LENGTH,
  KEM_PUBLIC_KEY_LENGTH,
  type DhKey,
  type Kem,
  type KemKeyPair,
} from '../keys.ts';
import { nobleDhKey } from '../x25519.ts';
import { patternUses, protocolName, type HandshakePattern, type Token } from './patterns.ts';
import { SymmetricState } from './symmetric-state.ts';

/** Noise's bound on any message (revision 34 §3). */
export const NOISE_MESSAGE_MAX = 65535;

export interface HandshakeOptions {
  pattern: HandshakePattern;
  role: NoiseRole;
  prologue: Uint8Array;
  /** 32 bytes, for patterns with `psk`; copied. */
  psk?: Uint8Array;
  /** The own static. It stays the caller's: the handshake never destroys it. */
  s?: DhKey;
  /** The peer's static public key, for the KK family. */
  rs?: Uint8Array;
  /** An ephemeral made before (a commitment names it); the handshake owns and destroys it. */
  e?: DhKey;
  /** For patterns with `ekem1`. */
  kem?: Kem;
}

export interface HandshakeResult {
  /** The final handshake hash: binds everything that follows to this transcript. */
  h: Bytes;
  /** Initiator to responder, responder to initiator: Split(). */
  k1: Bytes;
  k2: Bytes;
  /** The exported master secret the key schedule starts from. */
  ems: Bytes;
}

type State = 'running' | 'complete' | 'finished' | 'failed';

export class NoiseHandshake {
  readonly role: NoiseRole;
  readonly #pattern: HandshakePattern;
  readonly #pskMode: boolean;
  readonly #symmetric: SymmetricState;
  readonly #psk: Bytes | undefined;
  readonly #kem: Kem | undefined;
  readonly #s: DhKey | undefined;
  #e: DhKey | undefined;
  #re: Bytes | undefined;
  #rs: Bytes | undefined;
  #e1: KemKeyPair | undefined;
  #re1: Bytes | undefined;
  #localKemPublic: Bytes | undefined;
  #state: State = 'running';
  #next = 0;
  #busy: 'idle' | 'busy' = 'idle';

  /** @throws CryptoError `bad-length` for a psk or static of the wrong size. */
  constructor(options: HandshakeOptions) {
    const { pattern, role } = options;
    this.role = role;
    this.#pattern = pattern;
    this.#pskMode = patternUses(pattern, 'psk');
    this.#s = options.s;
    this.#e = options.e;
    this.#kem = options.kem;
    if (this.#s === undefined) throw new Error(`${pattern.name} needs a static key`);
    if (patternUses(pattern, 'ekem1') && this.#kem === undefined) {
      throw new Error(`${pattern.name} needs a KEM`);
    }
    if (this.#pskMode !== (options.psk !== undefined)) {
      throw new Error(`${pattern.name} and psk do not fit`);
    }
    if (options.psk !== undefined) {
      assertLength(options.psk, 32, 'psk');
      this.#psk = copyBytes(options.psk);
    }
    this.#symmetric = new SymmetricState(protocolName(pattern));
    this.#symmetric.mixHash(options.prologue);
    if (pattern.preStatics === 'both') {
      if (options.rs === undefined) throw new Error(`${pattern.name} needs the peer's static`);
      assertLength(options.rs, DH_LENGTH, 'remote static');
      this.#rs = copyBytes(options.rs);
      const own = this.#s.publicKey;
      const [initiator, responder] = role === 'initiator' ? [own, this.#rs] : [this.#rs, own];
      this.#symmetric.mixHash(initiator);
      this.#symmetric.mixHash(responder);
    }
  }

  get state(): State {
    return this.#state;
  }

  /** Whose turn it is; `none` once the last message is through. */
  get turn(): 'write' | 'read' | 'none' {
    if (this.#state !== 'running') return 'none';
    return (this.#next % 2 === 0) === (this.role === 'initiator') ? 'write' : 'read';
  }

  get localEphemeral(): Uint8Array | undefined {
    return this.#e?.publicKey;
  }

  get remoteEphemeral(): Bytes | undefined {
    return this.#re;
  }

  /** The own KEM public key, once sent (initiator). */
  get localKemPublic(): Bytes | undefined {
    return this.#localKemPublic;
  }

  /** The peer's KEM public key, once received (responder). */
  get remoteKemPublic(): Bytes | undefined {
    return this.#re1;
  }

  /** Known from the start in KK; in XX once received, authentic only when the message opened. */
  get remoteStatic(): Bytes | undefined {
    return this.#rs;
  }

  /**
   * The next message of ours. Any failure ends the handshake for good.
   *
   * @throws CryptoError `bad-state` after a failure, `bad-order` out of turn, `bad-length` if the
   *   message would pass 65,535 bytes, `zero-dh`, `bad-key`.
   */
  async writeMessage(payload: Uint8Array = new Uint8Array(0)): Promise<Bytes> {
    return this.#step('write', async (tokens) => {
      if (this.#fixedLength(tokens) + payload.length > NOISE_MESSAGE_MAX) {
        throw new CryptoError('bad-length', 'payload');
      }
      const parts: Bytes[] = [];
      for (const token of tokens) parts.push(await this.#writeToken(token));
      parts.push(this.#symmetric.encryptAndHash(payload));
      return concat(...parts);
    });
  }

  /**
   * The payload of the peer's next message. Any failure ends the handshake for good.
   *
   * @throws CryptoError `bad-state`, `bad-order`, `bad-length` (checked before anything else),
   *   `bad-tag`, `zero-dh`, `bad-key`.
   */
  async readMessage(message: Uint8Array): Promise<Bytes> {
    return this.#step('read', async (tokens) => {
      if (message.length > NOISE_MESSAGE_MAX || message.length < this.#fixedLength(tokens)) {
        throw new CryptoError('bad-length', `message of ${message.length} bytes`);
      }
      const reader = new Reader(message);
      for (const token of tokens) await this.#readToken(token, reader);
      return this.#symmetric.decryptAndHash(reader.rest());
    });
  }

  /**
   * What the handshake was for, once; then its own secrets are gone.
   *
   * @throws CryptoError `bad-state` before the last message, after a failure, or a second time.
   */
  finish(): HandshakeResult {
    if (this.#state !== 'complete') throw new CryptoError('bad-state', 'handshake not complete');
    const h = this.#symmetric.h;
    const keys = this.#symmetric.split();
    this.#wipe();
    this.#state = 'finished';
    return { h, ...keys };
  }

  /** Wipes; a no-op after `finish()`. Public keys stay readable. */
  destroy(): void {
    if (this.#state === 'finished') return;
    this.#state = 'failed';
    this.#wipe();
  }

  async #step(
    kind: 'write' | 'read',
    run: (tokens: readonly Token[]) => Promise<Bytes>,
  ): Promise<Bytes> {
    try {
      if (this.#state === 'failed' || this.#state === 'finished') {
        throw new CryptoError('bad-state', 'handshake is over');
      }
      const tokens = this.#pattern.messages[this.#next];
      if (this.#busy === 'busy' || tokens === undefined || this.turn !== kind) {
        throw new CryptoError('bad-order', `not the time to ${kind}`);
      }
      this.#busy = 'busy';
      const result = await run(tokens);
      // Poisoned or destroyed while a key worked: what came out is made of wiped parts.
      if (this.state === 'failed') throw new CryptoError('bad-state', 'handshake is over');
      this.#busy = 'idle';
      this.#next++;
      if (this.#next === this.#pattern.messages.length) this.#state = 'complete';
      return result;
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  async #writeToken(token: Token): Promise<Bytes> {
    switch (token) {
      case 'e': {
        this.#e ??= nobleDhKey();
        const publicKey = copyBytes(this.#e.publicKey);
        this.#mixEphemeral(publicKey);
        return publicKey;
      }
      case 's':
        return this.#symmetric.encryptAndHash(this.#own('s').publicKey);
      case 'e1': {
        this.#e1 = await this.#needKem().generate();
        this.#localKemPublic = copyBytes(this.#e1.publicKey);
        return this.#symmetric.encryptAndHash(this.#e1.publicKey);
      }
      case 'ekem1': {
        if (this.#re1 === undefined) throw new Error('ekem1 before e1');
        const { ciphertext, sharedSecret } = await this.#needKem().encapsulate(this.#re1);
        const sealed = this.#symmetric.encryptAndHash(ciphertext);
        this.#mixSecret(sharedSecret);
        return sealed;
      }
      default:
        await this.#mix(token);
        return new Uint8Array(0);
    }
  }

  async #readToken(token: Token, reader: Reader): Promise<void> {
    switch (token) {
      case 'e':
        this.#re = reader.take(DH_LENGTH);
        this.#mixEphemeral(this.#re);
        return;
      case 's':
        this.#rs = this.#symmetric.decryptAndHash(reader.take(DH_LENGTH + this.#tag()));
        return;
      case 'e1':
        this.#re1 = this.#symmetric.decryptAndHash(
          reader.take(KEM_PUBLIC_KEY_LENGTH + this.#tag()),
        );
        return;
      case 'ekem1': {
        if (this.#e1 === undefined) throw new Error('ekem1 before e1');
        const sealed = reader.take(KEM_CIPHERTEXT_LENGTH + this.#tag());
        const ciphertext = this.#symmetric.decryptAndHash(sealed);
        this.#mixSecret(await this.#e1.decapsulate(ciphertext));
        return;
      }
      default:
        await this.#mix(token);
    }
  }

  /** The tokens that put nothing on the wire. */
  async #mix(token: 'psk' | 'ee' | 'es' | 'se' | 'ss'): Promise<void> {
    const initiator = this.role === 'initiator';
    switch (token) {
      case 'psk':
        if (this.#psk === undefined) throw new Error('no psk');
        this.#symmetric.mixKeyAndHash(this.#psk);
        return;
      case 'ee':
        return this.#mixDh('e', this.#re);
      case 'es':
        return initiator ? this.#mixDh('e', this.#rs) : this.#mixDh('s', this.#re);
      case 'se':
        return initiator ? this.#mixDh('s', this.#re) : this.#mixDh('e', this.#rs);
      case 'ss':
        return this.#mixDh('s', this.#rs);
    }
  }

  async #mixDh(own: 'e' | 's', remote: Uint8Array | undefined): Promise<void> {
    if (remote === undefined) throw new Error('remote key missing');
    this.#mixSecret(await this.#own(own).dh(remote));
  }

  #mixSecret(secret: Bytes): void {
    try {
      this.#symmetric.mixKey(secret);
    } finally {
      wipe(secret);
    }
  }

  #mixEphemeral(publicKey: Bytes): void {
    this.#symmetric.mixHash(publicKey);
    if (this.#pskMode) this.#symmetric.mixKey(publicKey);
  }

  #own(which: 'e' | 's'): DhKey {
    const key = which === 'e' ? this.#e : this.#s;
    if (key === undefined) throw new Error(`own ${which} missing`);
    return key;
  }

  #needKem(): Kem {
    if (this.#kem === undefined) throw new Error('no KEM');
    return this.#kem;
  }

  #tag(): number {
    return this.#symmetric.hasKey ? TAG_LENGTH : 0;
  }

  /** Everything but the payload itself; follows when the key appears within the message. */
  #fixedLength(tokens: readonly Token[]): number {
    let keyed = this.#symmetric.hasKey;
    let length = 0;
    for (const token of tokens) {
      const tag = keyed ? TAG_LENGTH : 0;
      if (token === 'e') {
        length += DH_LENGTH;
        keyed ||= this.#pskMode;
      } else if (token === 's') length += DH_LENGTH + tag;
      else if (token === 'e1') length += KEM_PUBLIC_KEY_LENGTH + tag;
      else if (token === 'ekem1') {
        length += KEM_CIPHERTEXT_LENGTH + tag;
        keyed = true;
      } else keyed = true;
    }
    return length + (keyed ? TAG_LENGTH : 0);
  }

  #wipe(): void {
    wipe(this.#psk);
    this.#symmetric.destroy();
    this.#e?.destroy?.();
    this.#e1?.destroy();
  }
}

/** Lengths were checked before it starts, so `take` never runs short. */
class Reader {
  readonly #message: Uint8Array;
  #offset = 0;

  constructor(message: Uint8Array) {
    // A copy: the caller's buffer must not change under an awaited DH.
    this.#message = copyBytes(message);
  }

  take(length: number): Bytes {
    const part = copyBytes(this.#message.subarray(this.#offset, this.#offset + length));
    this.#offset += length;
    return part;
  }

  rest(): Bytes {
    return copyBytes(this.#message.subarray(this.#offset));
  }
}
