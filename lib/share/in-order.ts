/**
 * Jobs under way at once whose ends are told in the order of their beginnings. Encoders and
 * decoders count on the order of frames, and WebCrypto finishes a small one before a large one.
 */
export class InOrder {
  #last: Promise<unknown> = Promise.resolve();

  /** `finish` runs when every earlier one has. `job` must not reject: until its turn nobody looks. */
  run<T, R>(job: Promise<T>, finish: (value: T) => R): Promise<R> {
    const turn = this.#last.then(() => job).then(finish);
    // One that fails must not hold up the rest.
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
