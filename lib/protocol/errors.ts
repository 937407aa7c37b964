import { TallowError } from '../errors/index.ts';

/**
 * Why bytes from a peer are not what they claim. All of them end the session ([BP1]).
 *
 * `bad-json`: not UTF-8 JSON · `too-large`: over 64 KiB · `unknown-type`: no message of this
 * direction · `bad-message`: a member is missing, too many or out of range · `bad-frame`: a lane
 * frame with another version, with flags, or without a whole header.
 */
export class ProtocolError extends TallowError<
  'bad-json' | 'too-large' | 'unknown-type' | 'bad-message' | 'bad-frame'
> {}
