/** Full screen, the small window over others, and a pointer that rests. */
import { createEffect, createSignal, onCleanup, type Accessor } from 'solid-js';

export interface ScreenMode {
  readonly on: Accessor<boolean>;
  /** Within a click or a key. @returns false where the browser refused */
  readonly toggle: () => Promise<boolean>;
}

/** Of the element with all its controls, so that "Stop" stays in reach. */
export function createFullScreen(host: () => HTMLElement | undefined): ScreenMode {
  const [on, setOn] = createSignal(false);
  const stop = new AbortController();
  document.addEventListener(
    'fullscreenchange',
    () => setOn(document.fullscreenElement !== null && document.fullscreenElement === host()),
    { signal: stop.signal },
  );
  onCleanup(() => stop.abort());
  return {
    on,
    toggle: () =>
      done(async () => await (on() ? document.exitFullscreen() : host()?.requestFullscreen())),
  };
}

/** Firefox has a button of its own and no such call. */
export function hasPictureInPicture(): boolean {
  return 'pictureInPictureEnabled' in document && document.pictureInPictureEnabled;
}

export function createPictureInPicture(video: Accessor<HTMLVideoElement | undefined>): ScreenMode {
  const [on, setOn] = createSignal(false);
  createEffect(() => {
    const element = video();
    element?.addEventListener('enterpictureinpicture', () => setOn(true));
    element?.addEventListener('leavepictureinpicture', () => setOn(false));
  });
  return {
    on,
    toggle: () =>
      done(async () => {
        await (on() ? document.exitPictureInPicture() : video()?.requestPictureInPicture());
      }),
  };
}

async function done(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch {
    return false;
  }
}

/** Device pixels of one CSS pixel; changes with the browser's zoom and from screen to screen. */
export function createPixelRatio(): Accessor<number> {
  const [ratio, setRatio] = createSignal(devicePixelRatio);
  createEffect(() => {
    // True until it is another one, whether or not the window's size changes with it.
    const same = matchMedia(`(resolution: ${ratio()}dppx)`);
    const read = () => setRatio(devicePixelRatio);
    same.addEventListener('change', read);
    onCleanup(() => same.removeEventListener('change', read));
  });
  return ratio;
}

/** How long controls stay over a full picture. */
const REST_MS = 3_000;

/** Whether neither pointer nor keys moved for some seconds. */
export function createResting(): Accessor<boolean> {
  const [resting, setResting] = createSignal(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const moved = () => {
    clearTimeout(timer);
    setResting(false);
    timer = setTimeout(() => setResting(true), REST_MS);
  };
  const stop = new AbortController();
  for (const event of ['pointermove', 'pointerdown', 'keydown', 'focusin'])
    document.addEventListener(event, moved, { signal: stop.signal });
  moved();
  onCleanup(() => {
    clearTimeout(timer);
    stop.abort();
  });
  return resting;
}
