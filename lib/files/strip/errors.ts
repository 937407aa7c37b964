import { TallowError } from '../../errors/index.ts';

/**
 * Why a picture's metadata could not be taken out. `picture-malformed`: it is not built as its format
 * says, so something could hide in it; `picture-too-complex`: more pieces than a picture has;
 * `picture-unreadable`: its bytes cannot be read.
 */
export class StripError extends TallowError<
  'picture-malformed' | 'picture-too-complex' | 'picture-unreadable'
> {}
