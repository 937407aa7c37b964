import { createEffect, onCleanup, type JSX } from 'solid-js';
import * as text from './text.ts';
import { placeOn } from './picture-place.ts';
import type { Player } from './player.ts';
import { PointerFeed } from './pointer-feed.ts';
import type { PointerPlace } from './port.ts';
import { createPixelRatio } from './screen-modes.ts';

/** Keys that work while the picture has the focus; elsewhere letters belong to the person. */
export const PICTURE_KEYS = { f: 'full-screen', m: 'sound', z: 'zoom' } as const;
export type PictureKey = (typeof PICTURE_KEYS)[keyof typeof PICTURE_KEYS];

/** The picture: fitted into the window, or one of its pixels on one of the screen's. */
export function Stage(props: {
  player: Player;
  title: string;
  zoom: 'fit' | 'real';
  /** The pointer over the picture is told ([SH10]). */
  pointing: boolean;
  onPoint: (at: PointerPlace | null) => void;
  onKey: (key: PictureKey) => void;
  children?: JSX.Element;
}): JSX.Element {
  const ratio = createPixelRatio();
  const feed = new PointerFeed({
    now: () => performance.now(),
    after: (ms, task) => {
      const timer = setTimeout(task, ms);
      return () => clearTimeout(timer);
    },
    post: (at) => props.onPoint(at),
  });
  createEffect(() => {
    if (!props.pointing) feed.gone();
  });
  onCleanup(() => feed.gone());

  const point = (event: PointerEvent & { currentTarget: HTMLVideoElement }) => {
    if (!props.pointing) return;
    const at = { x: event.clientX, y: event.clientY };
    feed.move(placeOn(event.currentTarget.getBoundingClientRect(), props.player.size(), at));
  };
  /** A picture larger than the window is moved by dragging; fingers do that by themselves. */
  const drag = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    if (props.zoom === 'fit' || event.pointerType !== 'mouse' || event.buttons !== 1) return;
    event.currentTarget.scrollBy(-event.movementX, -event.movementY);
  };
  const onKey = (event: KeyboardEvent & { currentTarget: HTMLElement; target: Element }) => {
    if (event.target !== event.currentTarget || event.repeat) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const key = event.key.toLowerCase();
    if (isPictureKey(key)) props.onKey(PICTURE_KEYS[key]);
  };
  const style = (): JSX.CSSProperties => {
    const size = props.player.size();
    if (props.zoom === 'fit' || size === null) return {};
    return { width: `${size.width / ratio()}px`, height: `${size.height / ratio()}px` };
  };

  return (
    <div class="stage">
      <div
        class="stage-pane"
        role="region"
        aria-label={text.viewer.picture}
        tabindex="0"
        data-zoom={props.zoom}
        onKeyDown={onKey}
        onPointerMove={drag}
        onDblClick={() => props.onKey('full-screen')}
      >
        <video
          ref={(element) => props.player.attach(element)}
          aria-label={text.viewer.video(props.title)}
          playsinline
          disableremoteplayback
          style={style()}
          data-pointing={props.pointing}
          onPointerMove={point}
          onPointerLeave={() => feed.gone()}
        />
      </div>
      {props.children}
    </div>
  );
}

function isPictureKey(key: string): key is keyof typeof PICTURE_KEYS {
  return Object.hasOwn(PICTURE_KEYS, key);
}
