/** The side that shows a code: C of docs/PROTOCOL.md §2, CPace's B, Noise's responder. */
import { equalBytes, toBase64, wipe, type Bytes } from '../../crypto/bytes.ts';
import { PC_ID_LENGTH } from '../../crypto/binding.ts';
import { checkWords, sasCommit } from '../../crypto/check-words.ts';
import { cpaceStart } from '../../crypto/cpace.ts';
import { nobleMlKem768 } from '../../crypto/ml-kem.ts';
import { chooseProtocol, encodeAdB } from '../../crypto/negotiation.ts';
import { NoiseHandshake } from '../../crypto/noise/handshake.ts';
import { XX_HFS_PSK0 } from '../../crypto/noise/patterns.ts';
import {
  PAIRING_CI,
  PAIRING_NONCE_LENGTH,
  pairingPrologue,
  pairingPrs,
  pairingPsk,
  pairingSid,
} from '../../crypto/pairing-context.ts';
import { nobleDhKey } from '../../crypto/x25519.ts';
import { safeName } from '../../devices/names.ts';
import { codeLink, formatCode, makeCode, type CodeFormat, type PairingCode } from '../code.ts';
import { CHARACTERS_CODE_TRIES, PAIRING_TIMEOUT_MS, WORDS_CODE_TRIES } from '../constants.ts';
import { PairingError } from '../errors.ts';
import type { PairingState } from '../events.ts';
import { holdLink, type HeldLink } from '../held-link.ts';
import { Lifetime } from '../lifetime.ts';
import type { HandshakeMessage } from '../messages.ts';
import { nameplateFailure } from '../port-failures.ts';
import type { Cancel } from '../ports.ts';
import { decodeN3, encodeSealed } from '../sealed-messages.ts';
import { PairingRun, type PairingDeps } from './pairing-run.ts';

/** One exchange with one socket; a failed one leaves nothing behind but a used-up try ([PR8]). */
interface Exchange {
  readonly socketId: string;
  readonly life: Lifetime;
  readonly sid: Bytes;
  readonly noise: NoiseHandshake;
  readonly ownStatic: Uint8Array;
}

type Phase =
  | { readonly type: 'creating' }
  | { readonly type: 'showing' }
  | { readonly type: 'awaiting-n1'; readonly exchange: Exchange }
  /** The code is used up ([PR9]): whatever fails from here on fails the pairing. */
  | { readonly type: 'answering'; readonly exchange: Exchange }
  | { readonly type: 'awaiting-n3'; readonly exchange: Exchange; readonly held: HeldLink };

export class Creator extends PairingRun {
  readonly #format: CodeFormat;
  readonly #nonceC: Bytes;
  #phase: Phase = { type: 'creating' };
  #code: PairingCode | undefined;
  #shown: PairingState = { type: 'creating' };
  #triesLeft: number;
  #cancelExpiry: Cancel = () => undefined;

  constructor(
    deps: PairingDeps,
    options: { readonly format: CodeFormat; readonly remember: boolean },
    tell: (state: PairingState) => void,
  ) {
    super(deps, options.remember, tell);
    this.#format = options.format;
    this.#nonceC = deps.random(PAIRING_NONCE_LENGTH);
    this.#triesLeft = options.format === 'words' ? WORDS_CODE_TRIES : CHARACTERS_CODE_TRIES;
  }

  start(): void {
    this.say({ type: 'creating' });
    this.mailbox.post(() => this.#create());
  }

  async #create(): Promise<void> {
    const { signal, clock, random } = this.deps;
    let made: { nameplate: string; expiresInMs: number };
    try {
      made = await signal.createNameplate(toBase64(this.#nonceC));
      this.#code = makeCode(made.nameplate, this.#format, random);
    } catch (error) {
      this.fail(nameplateFailure(error));
      return;
    }
    if (this.over) {
      signal.releaseNameplate(made.nameplate).catch(() => undefined);
      return;
    }
    this.enterRoom(made.nameplate);
    this.#phase = { type: 'showing' };
    this.#shown = {
      type: 'showing',
      code: formatCode(this.#code),
      link: codeLink(this.#code),
      expiresAt: clock.now() + made.expiresInMs,
    };
    this.#cancelExpiry = clock.schedule(made.expiresInMs, () => this.fail('code-expired'));
    this.say(this.#shown);
  }

  joined(): void {
    // The joiner speaks first.
  }

  protected peerGone(socketId: string): void {
    if (this.#exchange()?.socketId !== socketId) return;
    if (this.#codeIsUsed()) this.fail('peer-left');
    // In turn: an n1 that is being read must count even if its sender is gone by now ([PR9]).
    else this.mailbox.post(() => this.#dropExchange(socketId));
  }

  protected receiveBad(from: string): void {
    if (this.#exchange()?.socketId === from) this.#refuse(from);
  }

  protected receive(from: string, message: HandshakeMessage): Promise<void> | void {
    const phase = this.#phase;
    const mine = this.#exchange()?.socketId === from;
    if (message.type === 'pake1') {
      const free = phase.type === 'showing' || (phase.type === 'awaiting-n1' && mine);
      if (free) return this.#answerPake1(from, message);
      if (!mine) this.send(from, { type: 'refused' });
      else this.#refuse(from);
      return;
    }
    if (!mine) return;
    if (message.type === 'n1' && phase.type === 'awaiting-n1') {
      return this.#receiveN1(phase.exchange, message.body);
    }
    if (message.type === 'n3' && phase.type === 'awaiting-n3') {
      return this.#receiveN3(phase.exchange, phase.held, message.body);
    }
    this.#refuse(from);
  }

  async #answerPake1(
    from: string,
    pake1: Extract<HandshakeMessage, { type: 'pake1' }>,
  ): Promise<void> {
    this.#dropExchange(from);
    if (this.#code === undefined) throw new Error('pake1 before the code');
    const own = await this.ownStatic();
    const life = new Lifetime(this.deps.clock, PAIRING_TIMEOUT_MS, () => this.#timedOut(from));
    life.own(() => own.destroy());
    const { nameplate } = this.#code;
    const sid = pairingSid({ nameplate, nonceC: this.#nonceC, nonceJ: pake1.nonceJ });
    const e = nobleDhKey();
    life.own(() => e.destroy());
    const prs = pairingPrs(this.#code.secret);
    try {
      const choice = chooseProtocol(pake1.offer, this.offer);
      const adB = encodeAdB(choice, sasCommit(e.publicKey));
      const cpace = cpaceStart({ prs, ci: PAIRING_CI, sid, role: 'b' });
      life.own(() => cpace.destroy());
      const isk = cpace.finish({ remoteShare: pake1.share, adA: pake1.adA, adB });
      const psk = pairingPsk(isk, sid);
      wipe(isk);
      const transcript = { sid, ya: pake1.share, adA: pake1.adA, yb: cpace.share, adB };
      const noise = new NoiseHandshake({
        pattern: XX_HFS_PSK0,
        role: 'responder',
        prologue: pairingPrologue(transcript),
        psk,
        s: own.key,
        e,
        kem: nobleMlKem768(),
      });
      wipe(psk);
      life.own(() => noise.destroy());
      const exchange = { socketId: from, life, sid, noise, ownStatic: own.key.publicKey };
      this.#phase = { type: 'awaiting-n1', exchange };
      this.send(from, { type: 'pake2', share: cpace.share, adB });
    } catch (error) {
      // No guess at the secret: a bad point, or no version in common.
      life.end(new PairingError(this.failureOf(error)));
      this.send(from, { type: 'refused' });
    } finally {
      wipe(prs);
    }
  }

  async #receiveN1(exchange: Exchange, body: Bytes): Promise<void> {
    let outcome: 'opened' | 'failed';
    try {
      const payload = await exchange.noise.readMessage(body);
      outcome = payload.length === 0 ? 'opened' : 'failed';
    } catch {
      outcome = 'failed';
    }
    if (this.over) return;
    if (outcome === 'failed') return this.#triedWrong(exchange);
    this.#cancelExpiry();
    // [PR9] If the server does not hear it, the nameplate still has had its one joiner.
    if (this.nameplate !== undefined)
      this.deps.signal.endNameplate(this.nameplate).catch(() => undefined);
    this.#phase = { type: 'answering', exchange };
    this.say({ type: 'handshaking' });
    await this.#sendN2(exchange);
  }

  /** [PR9] */
  #triedWrong(exchange: Exchange): void {
    this.#triesLeft--;
    this.send(exchange.socketId, { type: 'refused' });
    this.#dropExchange(exchange.socketId);
    if (this.#triesLeft === 0) this.fail('someone-tried');
  }

  async #sendN2(exchange: Exchange): Promise<void> {
    const { links, identity, clock, random } = this.deps;
    const { life, noise, socketId } = exchange;
    const pcId = random(PC_ID_LENGTH);
    const held = holdLink(links, { pcId, offerer: true });
    life.own(() => held.close(), 'unless-kept');
    const sdp = await life.run(held.link.offer());
    const payload = encodeSealed({
      name: safeName(await life.run(identity.deviceName())),
      remember: this.remember,
      ts0: clock.now(),
      sdp: { type: 'offer', sdp, pcId, nat: links.profile().nat },
    });
    const body = await life.run(noise.writeMessage(payload));
    this.#phase = { type: 'awaiting-n3', exchange, held };
    this.send(socketId, { type: 'n2', body });
  }

  async #receiveN3(exchange: Exchange, held: HeldLink, body: Bytes): Promise<void> {
    const { life, noise, sid, socketId } = exchange;
    const introduction = decodeN3(await life.run(noise.readMessage(body)));
    const { remoteStatic, remoteEphemeral, remoteKemPublic, localEphemeral } = noise;
    if (!remoteStatic || !remoteEphemeral || !remoteKemPublic || !localEphemeral) {
      throw new Error('n3 without keys');
    }
    await life.run(this.assertNotOwnKey(remoteStatic, exchange.ownStatic));
    if (!equalBytes(introduction.sdp.pcId, held.link.pcId)) throw new PairingError('bad-peer');
    await life.run(held.link.acceptAnswer(introduction.sdp.sdp));
    const words = checkWords(sid, remoteEphemeral, remoteKemPublic, localEphemeral);
    const address = { roomId: this.roomId ?? '', target: socketId };
    await this.complete({ address, dir: 'r2i', noise, held, words, introduction }, life);
  }

  protected stepFailed(error: unknown): void {
    const exchange = this.#exchange();
    if (exchange !== undefined) this.send(exchange.socketId, { type: 'refused' });
    this.fail(this.failureOf(error));
  }

  protected abandon(): void {
    this.#cancelExpiry();
    this.#exchange()?.life.end(new PairingError('cancelled'));
  }

  #timedOut(socketId: string): void {
    if (this.#codeIsUsed()) this.fail('timeout');
    else this.mailbox.post(() => this.#dropExchange(socketId));
  }

  /** Something out of turn: before a used code it costs the peer its exchange, afterwards all. */
  #refuse(socketId: string): void {
    this.send(socketId, { type: 'refused' });
    if (this.#codeIsUsed()) this.fail('bad-peer');
    else this.#dropExchange(socketId);
  }

  /** Back to waiting for a pake1; only for an exchange whose n1 has not opened. */
  #dropExchange(socketId: string): void {
    const phase = this.#phase;
    if (phase.type !== 'awaiting-n1' || phase.exchange.socketId !== socketId) return;
    phase.exchange.life.end(new PairingError('cancelled'));
    this.#phase = { type: 'showing' };
  }

  #codeIsUsed(): boolean {
    return this.#phase.type === 'answering' || this.#phase.type === 'awaiting-n3';
  }

  #exchange(): Exchange | undefined {
    return 'exchange' in this.#phase ? this.#phase.exchange : undefined;
  }
}
