import { createEffect, createSignal, createUniqueId, For, on, Show, type JSX } from 'solid-js';
import * as text from '../text.ts';
import {
  checkCode,
  choicesFor,
  completedBySeparator,
  withChoice,
  withSuggestion,
  type CheckedCode,
} from './code-entry.ts';

/**
 * A plain textbox with the words that fit as buttons below: Tab takes the first of them, a space or
 * hyphen completes a word that can only be one.
 */
export function EnterCode(props: {
  initial: string;
  onConnect: (code: string) => void;
}): JSX.Element {
  const [typed, setTyped] = createSignal(props.initial);
  const [checked, setChecked] = createSignal<CheckedCode>({ type: 'good' });
  const id = createUniqueId();
  let input: HTMLInputElement | undefined;
  createEffect(
    on(
      () => props.initial,
      (code) => setTyped(code),
      { defer: true },
    ),
  );

  const change = (value: string) => {
    setTyped(value);
    setChecked({ type: 'good' });
  };
  const choose = (value: string) => {
    change(value);
    input?.focus();
  };
  const submit = () => {
    const result = checkCode(typed());
    setChecked(result);
    if (result.type === 'good') props.onConnect(typed());
    else input?.focus();
  };
  const bad = () => {
    const result = checked();
    return result.type === 'bad' ? result : undefined;
  };

  return (
    <form
      class="card stack"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div class="field">
        <label for={id}>{text.pairing.enterLabel}</label>
        <div class="code-entry">
          <input
            id={id}
            ref={(element) => (input = element)}
            class="input"
            type="text"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            placeholder={text.pairing.placeholder}
            aria-describedby={`${id}-help`}
            aria-invalid={bad() !== undefined}
            value={typed()}
            onInput={(event) => {
              const { value } = event.currentTarget;
              // Only while typing forward: a deleted letter must not be put back.
              const forward = value.length > typed().length;
              change(forward ? completedBySeparator(value) : value);
            }}
            onKeyDown={(event) => {
              const [first] = choicesFor(typed());
              if (event.key !== 'Tab' || event.shiftKey || first === undefined) return;
              event.preventDefault();
              choose(withChoice(typed(), first));
            }}
          />
          <button type="submit" class="button primary">
            {text.pairing.connect}
          </button>
        </div>
      </div>
      <div id={`${id}-help`} class="completions small" aria-live="polite">
        <Show when={bad()} fallback={<Choices typed={typed()} onChoose={choose} />}>
          {(problem) => (
            <>
              <span class="field-problem">{problem().message}</span>
              <Chips
                words={problem().suggestions}
                label={text.pairing.instead}
                onChoose={(word) => choose(withSuggestion(typed(), problem().part, word))}
              />
            </>
          )}
        </Show>
      </div>
    </form>
  );
}

function Choices(props: { typed: string; onChoose: (value: string) => void }): JSX.Element {
  const words = () => choicesFor(props.typed);
  return (
    <Show when={words().length > 0} fallback={<span class="muted">{text.pairing.enterHint}</span>}>
      <Chips
        words={words()}
        label={text.pairing.complete}
        onChoose={(word) => props.onChoose(withChoice(props.typed, word))}
      />
    </Show>
  );
}

function Chips(props: {
  words: readonly string[];
  label: (word: string) => string;
  onChoose: (word: string) => void;
}): JSX.Element {
  return (
    <For each={props.words}>
      {(word) => (
        <button
          type="button"
          class="chip"
          aria-label={props.label(word)}
          onClick={() => props.onChoose(word)}
        >
          {word}
        </button>
      )}
    </For>
  );
}
