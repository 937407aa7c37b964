import { createSignal, createUniqueId, For, type JSX } from 'solid-js';
import type { SettingsView } from '../../messaging/snapshot.ts';
import { Problem } from '../common/Notice.tsx';
import * as text from './text.ts';
import type { ViewPort } from '../view-port.ts';
import { saveSetting } from './save-setting.ts';

type Style = SettingsView['codeStyle'];

const CHOICES: readonly { readonly value: Style; readonly label: string; readonly hint: string }[] =
  [
    { value: 'words', label: text.settings.codeWords, hint: text.settings.codeWordsHint },
    {
      value: 'characters',
      label: text.settings.codeCharacters,
      hint: text.settings.codeCharactersHint,
    },
  ];

export function CodeSection(props: { style: Style; port: ViewPort }): JSX.Element {
  const name = createUniqueId();
  const [problem, setProblem] = createSignal('');
  const choose = async (codeStyle: Style) => {
    setProblem(await saveSetting(props.port, { codeStyle }));
  };
  return (
    <section class="card section">
      <h2>{text.settings.codeSection}</h2>
      <fieldset class="stack stack-m">
        <legend class="visually-hidden">{text.settings.codeStyle}</legend>
        <For each={CHOICES}>
          {({ value, label, hint }) => (
            <label class="choice">
              <input
                type="radio"
                name={name}
                checked={props.style === value}
                onChange={() => void choose(value)}
              />
              <span>{label}</span>
              <span class="small muted">{hint}</span>
            </label>
          )}
        </For>
      </fieldset>
      <Problem text={problem()} />
    </section>
  );
}
