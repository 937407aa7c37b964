import {
  Maximize,
  Minimize,
  MousePointer2,
  PictureInPicture2,
  ScreenShareOff,
  Volume2,
  VolumeX,
  ZoomIn,
} from 'lucide';
import { Show, type JSX } from 'solid-js';
import { Icon } from '../common/Icon.tsx';
import * as text from './text.ts';
import type { Player } from './player.ts';
import { hasPictureInPicture } from './screen-modes.ts';
import { ToolButton } from './ToolButton.tsx';

/** The slider moves by so many percent. */
const VOLUME_STEP = 5;

export function Controls(props: {
  player: Player;
  /** The share has sound. */
  audio: boolean;
  /** From 0 to 1. */
  volume: number;
  onVolume: (volume: number) => void;
  onSound: () => void;
  zoom: 'fit' | 'real';
  onZoom: () => void;
  /** Null where the sharer does not show it. */
  pointing: boolean | null;
  onPointing: () => void;
  inPicture: boolean;
  onPictureInPicture: () => void;
  full: boolean;
  onFullScreen: () => void;
  onStop: () => void;
}): JSX.Element {
  const sound = () => props.player.sound();
  const heard = () => props.audio && sound() === 'on';
  const percent = () => Math.round(props.volume * 100);
  const volumeWords = () =>
    heard() ? text.viewer.volumeNow(percent()) : text.viewer.volumeMuted(percent());
  return (
    <div class="tools" role="group" aria-label={text.viewer.controls}>
      <ToolButton
        icon={heard() ? Volume2 : VolumeX}
        label={heard() ? text.viewer.soundOff : text.viewer.soundOn}
        key="m"
        disabled={!props.audio}
        attention={props.audio && sound() === 'held'}
        onPress={props.onSound}
      />
      <input
        type="range"
        class="volume"
        min="0"
        max="100"
        step={VOLUME_STEP}
        aria-label={text.viewer.volume}
        aria-valuetext={props.audio ? volumeWords() : text.viewer.noSound}
        title={props.audio ? text.viewer.volume : text.viewer.noSound}
        disabled={!props.audio}
        value={percent()}
        onInput={(event) => props.onVolume(event.currentTarget.valueAsNumber / 100)}
      />
      <span class="grow" />
      <Show when={props.pointing !== null}>
        <ToolButton
          icon={MousePointer2}
          label={text.viewer.pointer}
          pressed={props.pointing === true}
          onPress={props.onPointing}
        />
      </Show>
      <ToolButton
        icon={ZoomIn}
        label={text.viewer.realPixels}
        key="z"
        pressed={props.zoom === 'real'}
        onPress={props.onZoom}
      />
      <Show when={hasPictureInPicture()}>
        <ToolButton
          icon={PictureInPicture2}
          label={text.viewer.pictureInPicture}
          pressed={props.inPicture}
          disabled={props.player.size() === null}
          onPress={props.onPictureInPicture}
        />
      </Show>
      <ToolButton
        icon={props.full ? Minimize : Maximize}
        label={text.viewer.fullScreen}
        key="f"
        pressed={props.full}
        onPress={props.onFullScreen}
      />
      <button type="button" class="button danger" onClick={() => props.onStop()}>
        <Icon node={ScreenShareOff} />
        {text.viewer.stop}
      </button>
    </div>
  );
}
