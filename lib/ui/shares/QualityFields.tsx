import { createEffect, createUniqueId, For, on, type JSX } from 'solid-js';
import { CONTENTS, QUALITIES, type QualitySettings } from '../../share/quality.ts';
import { createIntentRunner } from '../common/intent-runner.ts';
import { Problem } from '../common/Notice.tsx';
import * as text from '../text.ts';
import type { ViewPort } from '../view-port.ts';

/** For all that is shared from here, now and later. */
export function QualityFields(props: { settings: QualitySettings; port: ViewPort }): JSX.Element {
  const { run, problem } = createIntentRunner(props.port);
  /** Chosen since the settings were last told: two quick choices are both kept. */
  let chosen: Partial<QualitySettings> = {};
  createEffect(
    on([() => props.settings.quality, () => props.settings.content], () => (chosen = {})),
  );
  const set = (change: Partial<QualitySettings>) => {
    chosen = { ...chosen, ...change };
    void run({ type: 'share/quality', settings: { ...props.settings, ...chosen } });
  };
  return (
    <div class="stack">
      <div class="share-quality">
        <Choice
          label={text.shares.quality}
          options={QUALITIES}
          words={text.shareQualities}
          value={props.settings.quality}
          onChange={(quality) => set({ quality })}
        />
        <Choice
          label={text.shares.content}
          options={CONTENTS}
          words={text.shareContents}
          value={props.settings.content}
          onChange={(content) => set({ content })}
        />
      </div>
      <Problem text={problem()} />
    </div>
  );
}

function Choice<T extends string>(props: {
  label: string;
  options: readonly T[];
  words: Readonly<Record<T, string>>;
  value: T;
  onChange: (value: T) => void;
}): JSX.Element {
  const id = createUniqueId();
  return (
    <div class="field">
      <label for={id} class="small">
        {props.label}
      </label>
      <select
        id={id}
        class="input"
        value={props.value}
        onChange={(event) => {
          const chosen = props.options.find((option) => option === event.currentTarget.value);
          if (chosen !== undefined) props.onChange(chosen);
        }}
      >
        <For each={props.options}>
          {(option) => (
            <option value={option} selected={option === props.value}>
              {props.words[option]}
            </option>
          )}
        </For>
      </select>
    </div>
  );
}
