/**
 * What each share that is watched shows: one stream for its life, so that a page's `video` goes on
 * over a new connection, whose tracks take the place of the old ones.
 */
export class ShownStreams {
  readonly #streams = new Map<string, MediaStream>();
  readonly #make: () => MediaStream;

  constructor(make: () => MediaStream = () => new MediaStream()) {
    this.#make = make;
  }

  show(shareId: string, tracks: readonly MediaStreamTrack[]): void {
    const stream = this.#streams.get(shareId) ?? this.#make();
    this.#streams.set(shareId, stream);
    for (const track of tracks) stream.addTrack(track);
    for (const old of stream.getTracks()) if (!tracks.includes(old)) stream.removeTrack(old);
  }

  /** Null while there is nothing to show. */
  stream(shareId: string): MediaStream | null {
    return this.#streams.get(shareId) ?? null;
  }

  /** The share is over; pages that hold the stream still see its end. */
  drop(shareId: string): void {
    const stream = this.#streams.get(shareId);
    this.#streams.delete(shareId);
    for (const track of stream?.getTracks() ?? []) track.stop();
  }
}
