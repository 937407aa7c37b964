import { createEffect, createSignal, onCleanup, Show, type Accessor, type JSX } from 'solid-js';
import { Info, LoaderCircle } from 'lucide';
import { Icon } from '../common/Icon.tsx';
import { Problem } from '../common/Notice.tsx';
import * as text from './text.ts';
import { Controls } from './Controls.tsx';
import { createPlayer, type Sound } from './player.ts';
import type { ViewerPort, WatchedShare } from './port.ts';
import { createPictureInPicture, type ScreenMode } from './screen-modes.ts';
import { shareTitle, stateSentence } from './share-words.ts';
import { Stage, type PictureKey } from './Stage.tsx';
import { StreamDetails } from './StreamDetails.tsx';

/** What stays from one share to the next. */
export interface Volume {
  /** From 0 to 1. */
  readonly level: Accessor<number>;
  readonly setLevel: (level: number) => void;
}

/** A share that is accepted and not over: the picture, and everything that is done with it. */
export function WatchPane(props: {
  share: WatchedShare;
  name: string;
  port: ViewerPort;
  volume: Volume;
  fullScreen: ScreenMode;
  problem: string;
  onStop: () => void;
}): JSX.Element {
  const { shareId } = props.share;
  const player = createPlayer({
    stream: () => props.port.stream(shareId),
    volume: props.volume.level,
    elsewhere: () => props.port.soundElsewhere(shareId),
  });
  const [zoom, setZoom] = createSignal<'fit' | 'real'>('fit');
  const [pointing, setPointing] = createSignal(true);
  const [refused, setRefused] = createSignal(false);
  const small = createPictureInPicture(player.video);

  createEffect(() => {
    const sound = player.sound();
    if (props.share.audio && sound !== 'elsewhere') props.port.soundHere(shareId, sound === 'on');
  });
  onCleanup(() => props.port.soundHere(shareId, null));

  const change = async (mode: ScreenMode) => setRefused(!(await mode.toggle()));
  const turnSound = () => {
    if (props.share.audio) player.setSound(player.sound() === 'on' ? 'off' : 'on');
  };
  const setVolume = (level: number) => {
    props.volume.setLevel(level);
    // Who moves the slider wants to hear it.
    player.setSound('on');
  };
  const turnZoom = () => setZoom(zoom() === 'fit' ? 'real' : 'fit');
  const keys: Readonly<Record<PictureKey, () => void>> = {
    'full-screen': () => void change(props.fullScreen),
    sound: turnSound,
    zoom: turnZoom,
  };

  return (
    <>
      <Stage
        player={player}
        title={shareTitle(props.share)}
        zoom={zoom()}
        pointing={props.share.pointer && pointing() && props.share.state.type === 'watching'}
        onPoint={(at) => props.port.point(shareId, at)}
        onKey={(key) => keys[key]()}
      >
        <StageNote share={props.share} name={props.name} shown={player.size() !== null} />
      </Stage>
      <footer class="viewer-foot">
        <Problem text={props.problem || (refused() ? text.viewer.notSupported : '')} />
        <SoundNote audio={props.share.audio} sound={player.sound()} />
        <Controls
          player={player}
          audio={props.share.audio}
          volume={props.volume.level()}
          onVolume={setVolume}
          onSound={turnSound}
          zoom={zoom()}
          onZoom={turnZoom}
          pointing={props.share.pointer ? pointing() : null}
          onPointing={() => setPointing(!pointing())}
          inPicture={small.on()}
          onPictureInPicture={() => void change(small)}
          full={props.fullScreen.on()}
          onFullScreen={() => void change(props.fullScreen)}
          onStop={() => props.onStop()}
        />
        <StreamDetails share={props.share} />
      </footer>
    </>
  );
}

/** Over the picture, which stays as it was last; a screen reader hears it from the page's status. */
function StageNote(props: { share: WatchedShare; name: string; shown: boolean }): JSX.Element {
  const stall = () => stateSentence(props.share, props.name);
  return (
    <Show
      when={stall()}
      fallback={
        <Show when={!props.shown}>
          <p class="notice info stage-note">
            <Icon node={LoaderCircle} class="turning" />
            {text.watchingStates.connecting}
          </p>
        </Show>
      }
    >
      {(words) => (
        <div class="notice info stage-note">
          <Icon node={Info} />
          <p>
            <strong>{words().what}</strong>
            {words().next}
          </p>
        </div>
      )}
    </Show>
  );
}

/** Why nothing is heard, where it was not this person's doing. */
function SoundNote(props: { audio: boolean; sound: Sound }): JSX.Element {
  const words = () => {
    if (props.sound === 'held') return text.viewer.soundHeld;
    return props.sound === 'elsewhere' ? text.viewer.soundElsewhere : '';
  };
  return (
    <Show when={props.audio && words()}>
      {(said) => (
        <p class="small muted" role="status">
          {said()}
        </p>
      )}
    </Show>
  );
}
