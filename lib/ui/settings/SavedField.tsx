import { createEffect, createSignal, createUniqueId, on, Show, type JSX } from 'solid-js';
import * as text from '../text.ts';

export type Checked =
  | { readonly type: 'good'; readonly value: string; readonly warning?: string }
  | { readonly type: 'bad'; readonly message: string };

/** What became of the last save. */
type Outcome =
  | { readonly type: 'none' }
  | { readonly type: 'saved' }
  | { readonly type: 'bad'; readonly message: string };

/**
 * A textbox that is checked and saved on leaving it, by its button, and on Enter where it has one
 * line.
 */
export function SavedField(props: {
  label: string;
  hint: string;
  value: string;
  maxLength: number;
  type?: 'text' | 'url';
  /** Several lines, so many to begin with. */
  rows?: number;
  /** What of a saved value stays on the page, where that is not all of it. */
  shown?: (value: string) => string;
  check: (typed: string) => Checked;
  /** Resolves with a sentence when it was refused, '' when it was saved. */
  onSave: (value: string) => Promise<string>;
}): JSX.Element {
  const id = createUniqueId();
  const [draft, setDraft] = createSignal(props.value);
  const [outcome, setOutcome] = createSignal<Outcome>({ type: 'none' });
  // A change from elsewhere shows, unless a person is in the middle of typing here.
  createEffect(
    on(
      () => props.value,
      (value, before) => draft() === before && setDraft(value),
      { defer: true },
    ),
  );

  const save = async () => {
    const checked = props.check(draft());
    if (checked.type === 'bad') return setOutcome(checked);
    if (checked.value === props.value) {
      setDraft(checked.value);
      return undefined;
    }
    const refused = await props.onSave(checked.value);
    if (refused !== '') return setOutcome({ type: 'bad', message: refused });
    setDraft(props.shown?.(checked.value) ?? checked.value);
    return setOutcome({ type: 'saved' });
  };
  const bad = () => {
    const now = outcome();
    return now.type === 'bad' ? now.message : undefined;
  };
  const warning = () => {
    const checked = props.check(draft());
    return checked.type === 'good' ? checked.warning : undefined;
  };

  const typed = (event: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) => {
    setDraft(event.currentTarget.value);
    setOutcome({ type: 'none' });
  };
  const shared = {
    id,
    class: 'input',
    spellcheck: false,
    autocomplete: 'off',
    maxlength: props.maxLength,
    'aria-describedby': `${id}-note`,
    onChange: () => void save(),
  } as const;

  return (
    <form
      class="field"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label for={id}>{props.label}</label>
      <div class="inline-form" classList={{ tall: props.rows !== undefined }}>
        <Show
          when={props.rows}
          fallback={
            <input
              {...shared}
              // Not `url`: the browser's own check would speak before ours, in other words.
              type="text"
              inputmode={props.type ?? 'text'}
              aria-invalid={bad() !== undefined}
              value={draft()}
              onInput={typed}
            />
          }
        >
          {(rows) => (
            <textarea
              {...shared}
              rows={rows()}
              wrap="off"
              aria-invalid={bad() !== undefined}
              value={draft()}
              onInput={typed}
            />
          )}
        </Show>
        <button type="submit" class="button">
          {text.settings.save}
        </button>
      </div>
      <p
        id={`${id}-note`}
        class="field-note"
        classList={{ bad: bad() !== undefined, good: outcome().type === 'saved' }}
        role="status"
      >
        <Show when={outcome().type === 'saved'}>{`${text.settings.saved} `}</Show>
        {bad() ?? warning() ?? (outcome().type === 'saved' ? '' : props.hint)}
      </p>
    </form>
  );
}
