/**
 * [BD2], [BD4]: the first frame each way on a channel proves which DTLS connection it runs on;
 * nothing else is looked at before the peer's proof has been checked.
 */
import {
  BINDING_PROOF_LENGTH,
  bindingProof,
  verifyBindingProof,
  type BindingInput,
} from '../crypto/binding.ts';
import { opposite, type Direction } from '../crypto/direction.ts';
import { TallowError } from '../errors/index.ts';
import type { ByteChannel } from '../protocol/byte-channel.ts';
import type { Cancel } from './ports.ts';

export type BindingErrorCode =
  /** Another connection than the one the session's keys were made for: someone is in between. */
  | 'wrong-proof'
  /** The channel closed before the peer's proof came. */
  | 'closed'
  /** The peer's proof did not come within `BINDING_TIMEOUT_MS`. */
  | 'timeout';

export class BindingError extends TallowError<BindingErrorCode> {}

/** One frame over a connection that is up, or comes up: far more than any round trip. */
export const BINDING_TIMEOUT_MS = 20_000;

/** `ownDir` is the direction this side sends in; the rest as in `BindingInput`. */
export interface ChannelBinding extends Omit<BindingInput, 'dir'> {
  readonly ownDir: Direction;
}

/**
 * Sends the own proof, waits for the peer's, and gives the channel back: from then on everything on
 * it is the authenticated peer's. What arrives between the proof and the next `onMessage` waits in
 * the channel, which bounds it.
 *
 * @throws BindingError; the channel is closed then.
 */
export function bindChannel(
  raw: ByteChannel,
  binding: ChannelBinding,
  schedule: (ms: number, task: () => void) => Cancel = defaultSchedule,
): Promise<ByteChannel> {
  const { bindKey, ownDir, pcId, fpI, fpR } = binding;
  const own: BindingInput = { bindKey, pcId, fpI, fpR, dir: ownDir };
  const peer: BindingInput = { ...own, dir: opposite(ownDir) };

  return new Promise((resolve, reject) => {
    const settle = (): void => {
      cancel();
      raw.onMessage = null;
      raw.onClose = null;
    };
    const fail = (code: BindingErrorCode): void => {
      settle();
      raw.close();
      reject(new BindingError(code));
    };
    const cancel = schedule(BINDING_TIMEOUT_MS, () => fail('timeout'));
    raw.onClose = () => fail('closed');
    raw.send(bindingProof(own));
    raw.onMessage = (frame) => {
      if (frame.length !== BINDING_PROOF_LENGTH || !verifyBindingProof(peer, frame)) {
        fail('wrong-proof');
        return;
      }
      settle();
      resolve(raw);
    };
  });
}

function defaultSchedule(ms: number, task: () => void): Cancel {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
}
