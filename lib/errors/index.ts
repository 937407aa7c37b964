/**
 * The root of every error that crosses a boundary (context, port, peer, server).
 *
 * `code` is stable and comes from a closed union per subclass, so that views can turn it into a
 * sentence and tests can name it; `message` is for developers and never holds a secret, an address
 * or a file name. Broken invariants of our own are plain `Error`s: they are bugs, not results.
 */
export abstract class TallowError<Code extends string = string> extends Error {
  readonly code: Code;

  constructor(code: Code, message?: string, options?: ErrorOptions) {
    super(message ?? code, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** As `instanceof`, which alone would narrow to `TallowError<any>` and let the code's type slip. */
export function isTallowError(error: unknown): error is TallowError {
  return error instanceof TallowError;
}

/** The code of a `TallowError`, or `internal` for anything else: what may be shown or sent on. */
export function errorCode(error: unknown): string {
  return isTallowError(error) ? error.code : 'internal';
}
