/** The page's one video element: what it plays, how large that is, and whether it is heard. */
import { createEffect, createSignal, onCleanup, type Accessor, type Setter } from 'solid-js';
import type { Size } from '../../share/quality.ts';
import type { SoundElsewhere } from './port.ts';

/** `held`: the browser wants a click first; `elsewhere`: another window plays it already. */
export type Sound = 'on' | 'off' | 'held' | 'elsewhere';

/** How often it is looked whether there is a stream, or another one: the first is waited for. */
const LOOK_MS = 100;

export interface Player {
  readonly attach: (video: HTMLVideoElement) => void;
  readonly video: Accessor<HTMLVideoElement | undefined>;
  /** Of the picture; null before its first frame. */
  readonly size: Accessor<Size | null>;
  readonly sound: Accessor<Sound>;
  readonly setSound: Setter<Sound>;
}

export function createPlayer(options: {
  /** Null while there is none: the last picture stays until there is another. */
  readonly stream: () => MediaStream | null;
  readonly volume: Accessor<number>;
  readonly elsewhere: () => SoundElsewhere;
}): Player {
  const [video, setVideo] = createSignal<HTMLVideoElement>();
  const [stream, setStream] = createSignal<MediaStream | null>(null);
  const [size, setSize] = createSignal<Size | null>(null, {
    equals: (a, b) => a?.width === b?.width && a?.height === b?.height,
  });
  const [sound, setSound] = createSignal<Sound>(
    options.elsewhere() === 'plays' ? 'elsewhere' : 'on',
  );

  const play = async (element: HTMLVideoElement) => {
    try {
      await element.play();
    } catch (error) {
      // Others: a stream that came meanwhile is played in its place.
      if (!isNotAllowed(error) || element.muted) return;
      setSound('held');
      await element.play().catch(() => {});
    }
  };
  /** The other window was closed, or a person wants it silent: here as well then. */
  const listen = () => {
    const elsewhere = options.elsewhere();
    if (elsewhere !== 'plays') setSound(elsewhere === 'none' ? 'on' : 'off');
  };
  const look = () => {
    const now = options.stream();
    // One that takes another's place waits for its first packets: until then the last picture stays.
    if (now !== null && (stream() === null || hasPicture(now))) setStream(() => now);
    const element = video();
    if (sound() === 'elsewhere') listen();
    // A live picture has no pause: media keys and the small window have one.
    if (element?.paused === true && stream()?.active === true) void play(element);
  };

  createEffect(() => {
    const element = video();
    if (element === undefined) return;
    element.muted = sound() !== 'on';
    element.volume = options.volume();
  });
  createEffect(() => {
    const element = video();
    const now = stream();
    if (element === undefined || now === null || element.srcObject === now) return;
    element.srcObject = now;
    void play(element);
  });
  look();
  const timer = setInterval(look, LOOK_MS);
  onCleanup(() => {
    clearInterval(timer);
    const element = video();
    if (element) element.srcObject = null;
  });

  return {
    attach: (element) => {
      const measure = () => {
        const { videoWidth: width, videoHeight: height } = element;
        if (width > 0 && height > 0) setSize({ width, height });
      };
      element.addEventListener('loadeddata', measure);
      element.addEventListener('resize', measure);
      setVideo(element);
    },
    video,
    size,
    sound,
    setSound,
  };
}

function hasPicture(stream: MediaStream): boolean {
  return stream.getVideoTracks().some(({ muted, readyState }) => !muted && readyState === 'live');
}

function isNotAllowed(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotAllowedError';
}
