/** The side that enters a code: J of docs/PROTOCOL.md §2, CPace's A, Noise's initiator. */
import { fromBase64, wipe, type Bytes } from '../../crypto/bytes.ts';
import { checkWords, verifySasCommit } from '../../crypto/check-words.ts';
import { cpaceStart, type CpaceParty } from '../../crypto/cpace.ts';
import { nobleMlKem768 } from '../../crypto/ml-kem.ts';
import { chooseProtocol, encodeAdA } from '../../crypto/negotiation.ts';
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
import { UNKNOWN_NAT } from '../../ice/nat.ts';
import { safeName } from '../../devices/names.ts';
import type { PairingCode } from '../code.ts';
import { PAIRING_TIMEOUT_MS } from '../constants.ts';
import { PairingError } from '../errors.ts';
import type { PairingState } from '../events.ts';
import { holdLink } from '../held-link.ts';
import { Lifetime } from '../lifetime.ts';
import type { RoomEvent } from '../manager.ts';
import type { HandshakeMessage } from '../messages.ts';
import { nameplateFailure } from '../port-failures.ts';
import { decodeN2, encodeSealed } from '../sealed-messages.ts';
import { PairingRun, type PairingDeps } from './pairing-run.ts';

type Phase =
  /** Waiting for the server's answer, and for the creator's socket to be known. */
  | { readonly type: 'joining'; readonly nonceC?: Bytes; readonly target?: string }
  | {
      readonly type: 'awaiting-pake2';
      readonly target: string;
      readonly sid: Bytes;
      readonly adA: Bytes;
      readonly cpace: CpaceParty;
    }
  | {
      readonly type: 'awaiting-n2';
      readonly target: string;
      readonly sid: Bytes;
      readonly commit: Bytes;
      readonly noise: NoiseHandshake;
      readonly ownStatic: Uint8Array;
    };

export class Joiner extends PairingRun {
  readonly #code: PairingCode;
  readonly #life: Lifetime;
  #phase: Phase = { type: 'joining' };

  constructor(
    deps: PairingDeps,
    options: { readonly code: PairingCode; readonly remember: boolean },
    tell: (state: PairingState) => void,
  ) {
    super(deps, options.remember, tell);
    this.#code = options.code;
    this.#life = new Lifetime(deps.clock, PAIRING_TIMEOUT_MS, () => this.fail('timeout'));
  }

  start(): void {
    this.say({ type: 'joining' });
    // Before the answer: the server introduces the creator first ([SV3]).
    this.enterRoom(this.#code.nameplate);
    this.#join().catch((error: unknown) => this.stepFailed(error));
  }

  /** Not in the mailbox: the creator's arrival, which may come later, is part of joining. */
  async #join(): Promise<void> {
    let nonceC: Bytes;
    try {
      const answer = await this.#life.run(this.deps.signal.joinNameplate(this.#code.nameplate));
      nonceC = fromBase64(answer.nonceC);
    } catch (error) {
      this.fail(nameplateFailure(error));
      return;
    }
    if (nonceC.length !== PAIRING_NONCE_LENGTH) throw new PairingError('bad-peer');
    if (this.#phase.type === 'joining') this.#phase = { ...this.#phase, nonceC };
    this.#greet();
  }

  joined({ socketId }: RoomEvent): void {
    // A later one replaces a socket that the creator has lost.
    if (this.#phase.type === 'joining') this.#phase = { ...this.#phase, target: socketId };
    this.#greet();
  }

  #greet(): void {
    const phase = this.#phase;
    if (this.over || phase.type !== 'joining') return;
    const { nonceC, target } = phase;
    if (nonceC === undefined || target === undefined) return;
    const nonceJ = this.deps.random(PAIRING_NONCE_LENGTH);
    const { nameplate, secret } = this.#code;
    const sid = pairingSid({ nameplate, nonceC, nonceJ });
    const adA = encodeAdA(this.offer);
    const prs = pairingPrs(secret);
    const cpace = cpaceStart({ prs, ci: PAIRING_CI, sid, role: 'a' });
    wipe(prs);
    this.#life.own(() => cpace.destroy());
    this.#phase = { type: 'awaiting-pake2', target, sid, adA, cpace };
    this.say({ type: 'handshaking' });
    this.send(target, { type: 'pake1', nonceJ, share: cpace.share, adA });
  }

  protected peerGone(socketId: string): void {
    if (this.#phase.target !== socketId) return;
    // Before anything was said another socket of the creator may still come.
    if (this.#phase.type === 'joining') this.#phase = withoutTarget(this.#phase);
    else this.fail('peer-left');
  }

  protected receiveBad(from: string): void {
    if (this.#phase.target === from) this.stepFailed(new PairingError('bad-peer'));
  }

  protected receive(from: string, message: HandshakeMessage): Promise<void> | void {
    const phase = this.#phase;
    if (phase.target !== from || phase.type === 'joining') return;
    if (message.type === 'refused') {
      // [EN5] gives no reason; how far we had come tells the most likely one.
      this.fail(phase.type === 'awaiting-n2' ? 'wrong-code' : 'code-used');
      return;
    }
    if (message.type === 'pake2' && phase.type === 'awaiting-pake2') {
      return this.#receivePake2(phase, message);
    }
    if (message.type === 'n2' && phase.type === 'awaiting-n2') {
      return this.#receiveN2(phase, message.body);
    }
    throw new PairingError('bad-peer');
  }

  async #receivePake2(
    phase: Extract<Phase, { type: 'awaiting-pake2' }>,
    pake2: Extract<HandshakeMessage, { type: 'pake2' }>,
  ): Promise<void> {
    const { sid, adA, cpace, target } = phase;
    const { choice, adB, share } = pake2;
    // [PR5] Whatever else C can do, it may only choose what was offered.
    chooseProtocol(this.offer, { versions: [choice.version], suites: [choice.suite] });
    const isk = cpace.finish({ remoteShare: share, adA, adB });
    const psk = pairingPsk(isk, sid);
    wipe(isk);
    const own = await this.#life.run(this.ownStatic());
    this.#life.own(() => own.destroy());
    const noise = new NoiseHandshake({
      pattern: XX_HFS_PSK0,
      role: 'initiator',
      prologue: pairingPrologue({ sid, ya: cpace.share, adA, yb: share, adB }),
      psk,
      s: own.key,
      kem: nobleMlKem768(),
    });
    wipe(psk);
    this.#life.own(() => noise.destroy());
    const body = await this.#life.run(noise.writeMessage());
    const ownStatic = own.key.publicKey;
    this.#phase = { type: 'awaiting-n2', target, sid, commit: pake2.commit, noise, ownStatic };
    this.send(target, { type: 'n1', body });
  }

  async #receiveN2(phase: Extract<Phase, { type: 'awaiting-n2' }>, body: Bytes): Promise<void> {
    const { links, identity, clock } = this.deps;
    const { noise, sid, target } = phase;
    const life = this.#life;
    const payload = await life.run(noise.readMessage(body)).catch((error: unknown) => {
      // Whoever made it has another secret: another code, or someone in the middle who guessed.
      throw this.over ? error : new PairingError('wrong-code');
    });
    const { remoteStatic, remoteEphemeral, localEphemeral, localKemPublic } = noise;
    if (!remoteStatic || !remoteEphemeral || !localEphemeral || !localKemPublic) {
      throw new Error('n2 without keys');
    }
    if (!verifySasCommit(phase.commit, remoteEphemeral)) throw new PairingError('bad-peer');
    await life.run(this.assertNotOwnKey(remoteStatic, phase.ownStatic));
    const introduction = decodeN2(payload);
    const { pcId, sdp: offer } = introduction.sdp;
    const remoteNat = introduction.sdp.nat ?? UNKNOWN_NAT;
    const held = holdLink(links, { pcId, offerer: false, remoteNat });
    life.own(() => held.close(), 'unless-kept');
    const sdp = await life.run(held.link.answer(offer));
    const n3Payload = encodeSealed({
      name: safeName(await life.run(identity.deviceName())),
      remember: this.remember,
      ts0: clock.now(),
      sdp: { type: 'answer', sdp, pcId, nat: links.profile().nat },
    });
    const n3 = await life.run(noise.writeMessage(n3Payload));
    const words = checkWords(sid, localEphemeral, localKemPublic, remoteEphemeral);
    const address = { roomId: this.roomId ?? '', target };
    await this.complete({ address, dir: 'i2r', noise, held, words, introduction }, life, () =>
      this.send(target, { type: 'n3', body: n3 }),
    );
  }

  protected stepFailed(error: unknown): void {
    if (this.over) return;
    const { target } = this.#phase;
    if (target !== undefined) this.send(target, { type: 'refused' });
    this.fail(this.failureOf(error));
  }

  protected abandon(): void {
    this.#life.end(new PairingError('cancelled'));
  }
}

function withoutTarget(phase: Extract<Phase, { type: 'joining' }>): Phase {
  return phase.nonceC === undefined
    ? { type: 'joining' }
    : { type: 'joining', nonceC: phase.nonceC };
}
