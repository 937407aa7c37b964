import { createComputed, createSignal, createUniqueId, on, Show, type JSX } from 'solid-js';
import * as text from './text.ts';

export type Checked =
  | { readonly type: 'good'; readonly value: string; readonly warning?: string }
  | { readonly type: 'bad'; readonly message: string };

/** What became of the last save. */
type Outcome =
  | { readonly type: 'none' }
  | { readonly type: 'saved' }
  | { readonly type: 'unchanged' }
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
  /** In several lines too, Enter saves; Shift and Enter begin a new one. */
  enterSaves?: boolean;
  /** A line to copy, under the hint. */
  example?: string;
  /** What of a saved value stays on the page, where that is not all of it. */
  shown?: (value: string) => string;
  check: (typed: string) => Checked;
  /** Resolves with a sentence when it was refused, '' when it was saved. */
  onSave: (value: string) => Promise<string>;
}): JSX.Element {
  const id = createUniqueId();
  const [draft, setDraft] = createSignal(props.value);
  const [outcome, setOutcome] = createSignal<Outcome>({ type: 'none' });
  /** What the field showed when nobody had typed. */
  let untouched = props.value;
  /** Being saved: leaving the field by pressing its button asks twice. */
  let underWay: string | undefined;
  const show = (value: string) => {
    untouched = value;
    setDraft(value);
  };
  // A change from elsewhere shows, unless a person is in the middle of typing here. The first run
  // has nothing to compare with: `on` knows no value before it, deferred or not.
  createComputed(
    on(
      () => props.value,
      (value) => {
        if (draft() !== untouched) return;
        if (value !== untouched) setOutcome({ type: 'none' });
        show(value);
      },
      { defer: true },
    ),
  );

  const save = async () => {
    const checked = props.check(draft());
    if (checked.type === 'bad') return setOutcome(checked);
    const { value } = checked;
    if (value === underWay || outcome().type === 'saved') return undefined;
    if (value === props.value) {
      show(value);
      return setOutcome({ type: 'unchanged' });
    }
    underWay = value;
    const refused = await props.onSave(value);
    underWay = undefined;
    if (refused !== '') return setOutcome({ type: 'bad', message: refused });
    show(props.shown?.(value) ?? value);
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
              onKeyDown={(event) => {
                if (props.enterSaves !== true || event.key !== 'Enter' || event.shiftKey) return;
                event.preventDefault();
                void save();
              }}
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
        <Show when={outcome().type === 'unchanged'}>{`${text.settings.unchanged} `}</Show>
        {bad() ?? warning() ?? (outcome().type === 'saved' ? '' : props.hint)}
      </p>
      <Show when={props.example}>
        {(example) => <p class="field-note">{text.reach.example(example())}</p>}
      </Show>
    </form>
  );
}
