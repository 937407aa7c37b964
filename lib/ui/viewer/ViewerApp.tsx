import { MonitorPlay } from 'lucide';
import {
  createEffect,
  createMemo,
  createSignal,
  Match,
  on,
  Show,
  Switch,
  type JSX,
} from 'solid-js';
import { Icon } from '../common/Icon.tsx';
import * as text from './text.ts';
import { AskCard } from './AskCard.tsx';
import { EndCard } from './EndCard.tsx';
import { HeldShares } from './held-shares.ts';
import type { ViewerIntent, ViewerPort, ViewerSource, WatchedShare } from './port.ts';
import { createFullScreen, createResting, type ScreenMode } from './screen-modes.ts';
import { deviceName, shareTitle, stateSentence, stateWords } from './share-words.ts';
import { ShareSwitch } from './ShareSwitch.tsx';
import { WatchPane, type Volume } from './WatchPane.tsx';
import { isWatched, sharesToChoose, shareToShow } from './which-share.ts';

/** `viewer.html?share=<shareId>`; without it, or once that is over, the newest that goes on. */
export function ViewerApp(props: {
  source: ViewerSource;
  port: ViewerPort;
  shareId: string | null;
}): JSX.Element {
  let host: HTMLElement | undefined;
  let title: HTMLHeadingElement | undefined;
  const [wanted, setWanted] = createSignal(props.shareId);
  const [level, setLevel] = createSignal(1);
  const fullScreen = createFullScreen(() => host);
  const resting = createResting();

  const watched = createMemo(() => (props.source.snapshot?.shares ?? []).filter(isWatched));
  // What begins while several pages are open is for the one that background chooses, and stays so:
  // a page that is closed must not leave what it showed to another one.
  const left = new Set<string>();
  const share = createMemo(() => {
    const shown = wanted();
    if (shown !== null && !props.port.alone()) {
      for (const { shareId } of watched()) if (shareId !== shown) left.add(shareId);
    }
    return shareToShow(watched(), shown, left);
  });
  // Until the page goes: each watch ends with its window by itself.
  const held = new HeldShares((shareId) => props.port.watch(shareId));
  createEffect(() => held.update(watched(), share()));
  const nameOf = (deviceId: string) => deviceName(props.source.snapshot, deviceId);
  const heading = () => {
    const now = share();
    return now === undefined ? '' : shareTitle(now);
  };
  const told = () => {
    const now = share();
    return now === undefined ? '' : stateWords(now, nameOf(now.deviceId));
  };
  createEffect(() => {
    const now = share();
    if (now === undefined) {
      document.title = text.APP_NAME;
      return;
    }
    setWanted(now.shareId);
    props.port.shows(now.shareId);
    document.title = text.viewer.windowTitle(heading(), nameOf(now.deviceId));
  });
  // A question that was answered takes its buttons with it, and the focus of whoever pressed one.
  const part = createMemo(() => `${share()?.shareId} ${partOf(share())}`);
  createEffect(
    on(
      part,
      () => {
        if (document.activeElement === document.body) title?.focus();
      },
      { defer: true },
    ),
  );
  createEffect(() => {
    // What is left to say belongs into a window again.
    if (share()?.state.type === 'ended' && fullScreen.on()) void fullScreen.toggle();
  });

  return (
    <main
      class="viewer"
      data-full={fullScreen.on()}
      data-resting={resting()}
      ref={(element) => (host = element)}
    >
      <header class="viewer-head">
        <img src="/icon/128.png" alt="" width="32" height="32" />
        <div class="grow">
          <h1 class="truncate" tabindex="-1" title={heading()} ref={(element) => (title = element)}>
            {heading() || text.APP_NAME}
          </h1>
          <Show when={share()}>
            {(now) => (
              <p class="small muted truncate">{text.viewer.from(nameOf(now().deviceId))}</p>
            )}
          </Show>
        </div>
        <ShareSwitch
          shares={sharesToChoose(watched(), share()?.shareId)}
          shown={share()?.shareId}
          nameOf={nameOf}
          onShow={setWanted}
        />
      </header>
      <p class="visually-hidden" role="status">
        {told()}
      </p>
      <Show when={props.source.snapshot}>
        {/* Keyed: another share has another picture, another port and answers of its own. */}
        <Show when={share()?.shareId} keyed fallback={<Nothing />}>
          {(_shareId) => (
            <Show when={share()}>
              {(now) => (
                <OneShare
                  share={now()}
                  name={nameOf(now().deviceId)}
                  port={props.port}
                  volume={{ level, setLevel }}
                  fullScreen={fullScreen}
                />
              )}
            </Show>
          )}
        </Show>
      </Show>
    </main>
  );
}

/** What the page shows. */
function partOf(share: WatchedShare | undefined): 'nothing' | 'question' | 'end' | 'picture' {
  if (share === undefined) return 'nothing';
  const { type } = share.state;
  if (type === 'asked') return 'question';
  return type === 'ended' ? 'end' : 'picture';
}

function OneShare(props: {
  share: WatchedShare;
  name: string;
  port: ViewerPort;
  volume: Volume;
  fullScreen: ScreenMode;
}): JSX.Element {
  const [problem, setProblem] = createSignal('');
  const say = async (type: ViewerIntent['type']) => {
    const answer = await props.port.send({ type, shareId: props.share.shareId });
    setProblem(answer.ok ? '' : text.reasonText(answer.code));
  };
  const asked = () => {
    const { state } = props.share;
    return state.type === 'asked' ? state : undefined;
  };
  return (
    <Switch
      fallback={
        <WatchPane
          share={props.share}
          name={props.name}
          port={props.port}
          volume={props.volume}
          fullScreen={props.fullScreen}
          problem={problem()}
          onStop={() => void say('share/stop')}
        />
      }
    >
      <Match when={asked()}>
        {(state) => (
          <AskCard
            share={props.share}
            expiresAt={state().expiresAt}
            name={props.name}
            problem={problem()}
            onAnswer={(answer) => void say(`share/${answer}`)}
          />
        )}
      </Match>
      <Match when={props.share.state.type === 'ended' && stateSentence(props.share, props.name)}>
        {(words) => (
          <EndCard what={words().what} next={words().next} onClose={() => props.port.close()} />
        )}
      </Match>
    </Switch>
  );
}

function Nothing(): JSX.Element {
  return (
    <section class="viewer-card nothing">
      <Icon node={MonitorPlay} class="big" />
      <h2>{text.viewer.emptyTitle}</h2>
      <p class="muted">{text.viewer.emptyBody}</p>
    </section>
  );
}
