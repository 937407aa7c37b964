/**
 * A tab whose sound is captured is silent here: this plays it on. Its own output, not an element:
 * nothing of it can be paused by accident or by the browser's media controls.
 */
export class LocalSound {
  readonly #context: AudioContext | null;

  /** @param stream of the tab; without sound in it nothing is made */
  constructor(stream: MediaStream, make: () => AudioContext = () => new AudioContext()) {
    this.#context = null;
    const tracks = stream.getAudioTracks();
    if (tracks.length === 0) return;
    const context = make();
    this.#context = context;
    // A stream of its own: the capture's loses and gets tracks without this one hearing of it.
    context.createMediaStreamSource(new MediaStream(tracks)).connect(context.destination);
    // Begins suspended where the browser wants a gesture in this document first.
    if (context.state === 'suspended') void context.resume().catch(() => undefined);
  }

  /** Whether it is heard; `none` where the tab has no sound. */
  get state(): AudioContextState | 'none' {
    return this.#context?.state ?? 'none';
  }

  close(): void {
    if (this.#context === null || this.#context.state === 'closed') return;
    void this.#context.close().catch(() => undefined);
  }
}
