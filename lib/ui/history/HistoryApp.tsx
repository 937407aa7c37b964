import { History, SearchX, Settings } from 'lucide';
import { createSignal, Match, Show, Switch, type JSX } from 'solid-js';
import type { HistoryDays, Snapshot } from '../../messaging/snapshot.ts';
import { Icon } from '../common/Icon.tsx';
import { createIntentRunner } from '../common/intent-runner.ts';
import { Notice, Problem } from '../common/Notice.tsx';
import type { SnapshotSource } from '../common/snapshot-store.ts';
import * as text from '../text.ts';
import { ClearHistory } from './ClearHistory.tsx';
import type { HistoryPort } from './entry.ts';
import { createHistory, EVERYTHING, type HistoryModel } from './history-model.ts';
import { HistoryFilters } from './HistoryFilters.tsx';
import { HistoryList } from './HistoryList.tsx';

export function HistoryApp(props: { source: SnapshotSource; port: HistoryPort }): JSX.Element {
  const model = createHistory(props.port);
  const { run, problem } = createIntentRunner(props.port);
  const [told, setTold] = createSignal('');
  const some = () => (model.summary()?.count ?? 0) > 0;
  const clear = async () => {
    if (!(await run({ type: 'history/clear' }))) return;
    model.want(EVERYTHING);
    setTold(text.history.cleared);
  };
  return (
    <main class="page history">
      <header class="page-head">
        <img src="/icon/128.png" alt="" width="40" height="40" />
        <div class="grow">
          <p class="small muted">{text.APP_NAME}</p>
          <h1 tabindex="-1">{text.history.title}</h1>
        </div>
        <Show when={some()}>
          <ClearHistory onClear={() => void clear()} />
        </Show>
      </header>
      <p class="visually-hidden" role="status">
        {told()}
      </p>
      <Problem text={problem()} />
      <Troubles model={model} snapshot={props.source.snapshot} />
      <Show when={model.problem() === ''}>
        <HistoryFilters model={model} devices={props.source.snapshot?.devices ?? []} />
      </Show>
      <HistoryList
        model={model}
        port={props.port}
        devices={props.source.snapshot?.devices}
        onTold={setTold}
      />
      <Show when={model.summary() && model.problem() === '' && model.rows.length === 0}>
        <Nothing
          model={model}
          days={props.source.snapshot?.settings.historyDays}
          onSettings={() => void run({ type: 'open/settings' })}
        />
      </Show>
      <Show when={some() && props.source.snapshot}>
        {(snapshot) => (
          <p class="history-foot small muted">
            {text.history.keptFor(text.keep[snapshot().settings.historyDays].toLowerCase())}
            <button type="button" class="link" onClick={() => void run({ type: 'open/settings' })}>
              {text.history.change}
            </button>
          </p>
        )}
      </Show>
    </main>
  );
}

/** What cannot be read, and what is done about it. */
function Troubles(props: { model: HistoryModel; snapshot: Snapshot | null }): JSX.Element {
  /** Background's word on it says more: it knows where new entries are. */
  const code = () => {
    const told = props.snapshot?.problem ?? '';
    return told.startsWith('history-') ? told : props.model.problem();
  };
  const setAside = () => props.model.summary()?.setAside ?? 0;
  return (
    <>
      <Show when={code()}>
        {(known) => (
          <Notice tone="bad" body={text.reasonText(known())}>
            <div>
              <button type="button" class="button" onClick={() => void props.model.reload()}>
                {text.history.tryAgain}
              </button>
            </div>
          </Notice>
        )}
      </Show>
      <Show when={setAside() > 0}>
        <Notice tone="info" body={text.history.setAside(setAside())} />
      </Show>
    </>
  );
}

function Nothing(props: {
  model: HistoryModel;
  days: HistoryDays | undefined;
  onSettings: () => void;
}): JSX.Element {
  return (
    <div class="nothing">
      <Switch
        fallback={
          <>
            <Icon node={History} class="big" />
            <h3>{text.history.emptyTitle}</h3>
            <p class="muted">{text.history.emptyBody}</p>
          </>
        }
      >
        <Match when={props.model.filtered()}>
          <Icon node={SearchX} class="big" />
          <h3>{text.history.noHitsTitle}</h3>
          <p class="muted">{text.history.noHitsBody}</p>
          <button type="button" class="button" onClick={() => props.model.want(EVERYTHING)}>
            {text.history.clearFilters}
          </button>
        </Match>
        <Match when={props.days === 0}>
          <Icon node={History} class="big" />
          <h3>{text.history.offTitle}</h3>
          <p class="muted">{text.history.offBody}</p>
          <button type="button" class="button" onClick={() => props.onSettings()}>
            <Icon node={Settings} />
            {text.header.settings}
          </button>
        </Match>
      </Switch>
    </div>
  );
}
