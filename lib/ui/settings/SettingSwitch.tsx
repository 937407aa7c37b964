import { createSignal, createUniqueId, type JSX } from 'solid-js';
import { Problem } from '../common/Notice.tsx';

/** A setting that is on or off, with what it means said below its name. */
export function SettingSwitch(props: {
  label: string;
  hint: string;
  on: boolean;
  /** Resolves with a sentence when it was refused, '' when it was saved. */
  onChange: (on: boolean) => Promise<string>;
}): JSX.Element {
  const id = createUniqueId();
  const [problem, setProblem] = createSignal('');
  const change = async (input: HTMLInputElement) => {
    const refused = await props.onChange(input.checked);
    setProblem(refused);
    // What was refused is as it was.
    if (refused !== '') input.checked = props.on;
  };
  return (
    <>
      <div class="switch-row">
        <label class="switch-label" for={id}>
          {props.label}
        </label>
        <p class="hint small muted prose" id={`${id}-hint`}>
          {props.hint}
        </p>
        <input
          id={id}
          type="checkbox"
          role="switch"
          class="switch"
          aria-describedby={`${id}-hint`}
          checked={props.on}
          onChange={(event) => void change(event.currentTarget)}
        />
      </div>
      <Problem text={problem()} />
    </>
  );
}
