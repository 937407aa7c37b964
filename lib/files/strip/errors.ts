import { TallowError } from '../../errors/index.ts';

/**
 * Why a picture's metadata could not be taken out. `malformed`: it is not built as its format says,
 * so something could hide in it; `too-complex`: more pieces than a picture has; `unreadable`: its
 * bytes cannot be read.
 */
export class StripError extends TallowError<'malformed' | 'too-complex' | 'unreadable'> {}
