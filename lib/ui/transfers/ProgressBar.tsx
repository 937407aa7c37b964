import type { JSX } from 'solid-js';

/** `value` from 0 to 1; `words` is what a screen reader says in place of a bare percentage. */
export function ProgressBar(props: { value: number; label: string; words: string }): JSX.Element {
  const percent = () => Math.round(props.value * 100);
  return (
    <div
      class="bar"
      role="progressbar"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent()}
      aria-valuetext={`${props.words}, ${percent()} %`}
    >
      <div class="bar-fill" style={{ transform: `scaleX(${props.value})` }} />
    </div>
  );
}
