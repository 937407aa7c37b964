/** What shares touch of a `MediaStreamTrack`. */
export class FakeTrack {
  readonly kind: string;
  contentHint = '';
  readonly limits: MediaTrackConstraints[] = [];
  readyState: MediaStreamTrackState = 'live';
  onended: (() => void) | null = null;
  onmute: (() => void) | null = null;
  onunmute: (() => void) | null = null;

  constructor(kind: string) {
    this.kind = kind;
  }

  get real(): MediaStreamTrack {
    return this as unknown as MediaStreamTrack;
  }

  /** By our own hand: no event. */
  stop(): void {
    this.readyState = 'ended';
  }

  end(): void {
    this.readyState = 'ended';
    this.onended?.();
  }

  async applyConstraints(limits: MediaTrackConstraints): Promise<void> {
    this.limits.push(limits);
  }

  getSettings(): MediaTrackSettings {
    return this.kind === 'video' ? { width: 1280, height: 720 } : {};
  }
}

/** What shares touch of a `MediaStream`. */
export class FakeStream {
  tracks: FakeTrack[];

  constructor(tracks: FakeTrack[]) {
    this.tracks = tracks;
  }

  static of(...kinds: string[]): FakeStream {
    return new FakeStream(kinds.map((kind) => new FakeTrack(kind)));
  }

  get real(): MediaStream {
    return this as unknown as MediaStream;
  }

  getTracks = () => [...this.tracks];
  getVideoTracks = () => this.tracks.filter(({ kind }) => kind === 'video');
  getAudioTracks = () => this.tracks.filter(({ kind }) => kind === 'audio');
  addTrack = (track: FakeTrack) => {
    if (!this.tracks.includes(track)) this.tracks.push(track);
  };
  removeTrack = (track: FakeTrack) => {
    this.tracks = this.tracks.filter((each) => each !== track);
  };
}
