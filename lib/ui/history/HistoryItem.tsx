import { ArrowDownLeft, ArrowUpRight, X } from 'lucide';
import { createSignal, createUniqueId, For, Show, type JSX } from 'solid-js';
import type { IntentAnswer } from '../../messaging/intents.ts';
import { Icon } from '../common/Icon.tsx';
import { Notice, Problem } from '../common/Notice.tsx';
import * as text from '../text.ts';
import { phaseOf, remarkText } from '../transfer-view.ts';
import { kindIcons } from '../transfers/kind-icons.ts';
import { asTransfer, type HistoryPort } from './entry.ts';
import { entryActions, entryMeta, entryState, entryTitle } from './entry-view.ts';
import { EntryButton, type Outcome } from './EntryButton.tsx';
import type { HistoryRow } from './history-model.ts';

export function HistoryItem(props: {
  row: HistoryRow;
  port: HistoryPort;
  /** Its device is still paired. */
  known: boolean;
  /** Its file is where it was saved; undefined where that is not known. */
  there: boolean | undefined;
  /** Said above the first of a day. */
  day: string | undefined;
  /** The last one of its day. */
  last: boolean;
  onRemoved: () => void;
}): JSX.Element {
  const titleId = createUniqueId();
  const [problem, setProblem] = createSignal('');
  const [choose, setChoose] = createSignal(false);
  const entry = () => props.row.entry;
  const title = () => entryTitle(entry());
  const actions = () => entryActions(entry(), props.known, props.there === true);
  const remarks = () =>
    [
      props.row.matched.length > 0 && text.history.alsoHas(props.row.matched.join(', ')),
      remarkText(asTransfer(entry())),
      props.there === false && entry().downloadId !== null && text.history.fileGone,
    ].filter((words) => words !== false && words !== '');
  const sendAgain = async () => {
    const { transferId, deviceId } = entry();
    setChoose(false);
    const answer = await props.port.send({ type: 'transfer/send-again', transferId });
    if (!answer.ok && answer.code === 'needs-permission') {
      return outcomeOf(await props.port.send({ type: 'open/sources', transferId }));
    }
    if (answer.ok || answer.code !== 'choose-again') return outcomeOf(answer, text.history.sent);
    setChoose(true);
    return outcomeOf(await props.port.send({ type: 'open/send', deviceId, again: title() }));
  };
  const show = async () =>
    outcomeOf(await props.port.send({ type: 'history/show', transferId: entry().transferId }));
  const remove = async () => {
    const { transferId } = entry();
    const answer = await props.port.send({ type: 'history/remove', transferId });
    if (answer.ok) props.onRemoved();
    else setProblem(text.reasonText(answer.code));
  };
  return (
    <li
      class="entry"
      classList={{ first: props.day !== undefined, last: props.last }}
      data-phase={phaseOf(asTransfer(entry()))}
      data-state={entry().state}
    >
      <Show when={props.day}>{(day) => <h2 class="day">{day()}</h2>}</Show>
      <div class="entry-body">
        <span class="tile">
          <Icon node={kindIcons[entry().kind]} />
          <span class="way" data-direction={entry().direction}>
            <Icon node={entry().direction === 'out' ? ArrowUpRight : ArrowDownLeft} />
          </span>
        </span>
        <div class="entry-words">
          <p class="entry-title truncate" id={titleId} title={title()}>
            {title()}
          </p>
          <p class="transfer-meta">
            <span class="transfer-state">{entryState(entry())}</span>
            {` · ${entryMeta(entry())}`}
          </p>
          <For each={remarks()}>{(words) => <p class="small muted remark">{words}</p>}</For>
        </div>
        <div class="entry-actions">
          <For each={actions()}>
            {(action) => (
              <EntryButton
                action={action}
                describedBy={titleId}
                onShow={show}
                onSendAgain={sendAgain}
                onProblem={setProblem}
              />
            )}
          </For>
        </div>
        <button
          type="button"
          class="button quiet square"
          aria-label={text.history.remove}
          aria-describedby={titleId}
          title={text.history.remove}
          data-remove=""
          onClick={() => void remove()}
        >
          <Icon node={X} />
        </button>
        <Show when={choose()}>
          <div class="entry-notice">
            <Notice tone="info" body={text.history.chooseAgain} />
          </div>
        </Show>
        <Show when={problem()}>
          <div class="entry-notice">
            <Problem text={problem()} />
          </div>
        </Show>
      </div>
    </li>
  );
}

function outcomeOf(answer: IntentAnswer, said = ''): Outcome {
  if (answer.ok) return { said, problem: '' };
  return { said: '', problem: text.reasonText(answer.code) };
}
