import { createEffect, createSignal, For, Show, type JSX } from 'solid-js';
import type { Snapshot } from '../../messaging/snapshot.ts';
import { createIntentRunner } from '../common/intent-runner.ts';
import { Notice, Problem } from '../common/Notice.tsx';
import type { SnapshotSource } from '../common/snapshot-store.ts';
import * as text from '../text.ts';
import type { ScreenPort } from '../view-port.ts';
import { QualityFields } from './QualityFields.tsx';
import { deviceNameOf, sharesToShow } from './share-view.ts';
import { ShareRow } from './ShareRow.tsx';

/**
 * `share.html?device=<deviceId>`: a window or screen, from the browser's own picker. With
 * `&wanted=tab` a tab was to be shared that the browser does not give otherwise.
 */
export function ShareScreenApp(props: {
  source: SnapshotSource;
  port: ScreenPort;
  deviceId: string;
  wanted: 'tab' | 'any';
}): JSX.Element {
  const known = (snapshot: Snapshot) =>
    snapshot.devices.some(({ deviceId }) => deviceId === props.deviceId);
  return (
    <main class="page">
      <Show when={props.source.snapshot}>
        {(snapshot) => (
          <Show
            when={known(snapshot())}
            fallback={<Notice tone="bad" body={text.shareScreen.notPaired} />}
          >
            <Chooser
              snapshot={snapshot()}
              port={props.port}
              deviceId={props.deviceId}
              wanted={props.wanted}
            />
          </Show>
        )}
      </Show>
    </main>
  );
}

function Chooser(props: {
  snapshot: Snapshot;
  port: ScreenPort;
  deviceId: string;
  wanted: 'tab' | 'any';
}): JSX.Element {
  const { run, problem, setProblem } = createIntentRunner(props.port);
  /** What this page captured: its shares live as long as the page. */
  const [sources, setSources] = createSignal<readonly string[]>([]);
  const name = () => deviceNameOf(props.snapshot, props.deviceId);
  const mine = () =>
    sharesToShow(props.snapshot.shares).filter(
      (view) => view.role === 'sharer' && sources().includes(view.sourceId),
    );
  const choose = async () => {
    setProblem('');
    try {
      const captured = await props.port.capture();
      if (captured === null) return;
      setSources((before) => [...before, captured.sourceId]);
      await run({ type: 'share/captured', deviceId: props.deviceId, ...captured });
    } catch (error) {
      setProblem(text.reasonText(codeOf(error)));
    }
  };
  createEffect(() => {
    document.title = text.shareScreen.title(name());
  });
  return (
    <>
      <header class="page-head">
        <img src="/icon/128.png" alt="" width="40" height="40" />
        <h1>{text.shareScreen.title(name())}</h1>
      </header>
      <p class="muted">{text.shareScreen.body[props.wanted]}</p>
      <button type="button" class="button primary large" onClick={() => void choose()}>
        {text.shareScreen.choose}
      </button>
      <Problem text={problem()} />
      <ul class="stack" aria-label={text.shares.title}>
        <For each={mine()}>
          {(view) => <ShareRow view={view} name={name()} port={props.port} />}
        </For>
      </ul>
      <QualityFields settings={props.snapshot.settings.share} port={props.port} />
    </>
  );
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'internal';
}
