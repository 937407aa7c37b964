import { createSignal, createUniqueId, For, type JSX } from 'solid-js';
import { History } from 'lucide';
import type { HistoryDays } from '../../messaging/snapshot.ts';
import { Icon } from '../common/Icon.tsx';
import { Problem } from '../common/Notice.tsx';
import * as text from './text.ts';
import type { ViewPort } from '../view-port.ts';
import { saveSetting } from './save-setting.ts';

const CHOICES = [0, 7, 30, 90, 365] as const satisfies readonly HistoryDays[];

export function HistorySection(props: { days: HistoryDays; port: ViewPort }): JSX.Element {
  const id = createUniqueId();
  const [problem, setProblem] = createSignal('');
  const choose = async (select: HTMLSelectElement) => {
    const historyDays = CHOICES[select.selectedIndex];
    if (historyDays === undefined) return;
    const refused = await saveSetting(props.port, { historyDays });
    setProblem(refused);
    // What was refused is as it was.
    if (refused !== '') select.selectedIndex = CHOICES.indexOf(props.days);
  };
  const open = async () => {
    const answer = await props.port.send({ type: 'open/history' });
    setProblem(answer.ok ? '' : text.reasonText(answer.code));
  };
  return (
    <section class="card section">
      <h2>{text.history.settingsSection}</h2>
      <div class="field">
        <label for={id}>{text.history.keep}</label>
        <select
          id={id}
          class="input"
          aria-describedby={`${id}-hint`}
          onChange={(event) => void choose(event.currentTarget)}
        >
          <For each={CHOICES}>
            {(days) => <option selected={props.days === days}>{text.keep[days]}</option>}
          </For>
        </select>
        <p class="small muted" id={`${id}-hint`}>
          {text.history.keepHint}
        </p>
      </div>
      <Problem text={problem()} />
      <div>
        <button type="button" class="button" onClick={() => void open()}>
          <Icon node={History} />
          {text.history.openHistory}
        </button>
      </div>
    </section>
  );
}
