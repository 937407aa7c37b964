import { CircleAlert, CircleCheck, CircleDashed, Info } from 'lucide';
import { Index, Show, type JSX } from 'solid-js';
import type { CheckLine, CheckReport } from '../../ice/self-test.ts';
import { reportText, type ShownLine, shownLines, summaryWords } from '../check-words.ts';
import { createClock } from '../common/clock.ts';
import { CopyButton } from '../common/CopyButton.tsx';
import { Icon } from '../common/Icon.tsx';
import { createIntentRunner } from '../common/intent-runner.ts';
import { Problem } from '../common/Notice.tsx';
import { formatAgo } from '../format.ts';
import * as text from './text.ts';
import type { ViewPort } from '../view-port.ts';

const AGO_EVERY_MS = 30_000;

const icons = {
  pending: CircleDashed,
  good: CircleCheck,
  bad: CircleAlert,
  neutral: Info,
} satisfies Record<CheckLine['verdict'], unknown>;

/** "Check connection": each thing that can be wrong, what was found, and what to do about it. */
export function CheckSection(props: { report: CheckReport | null; port: ViewPort }): JSX.Element {
  const { run, problem } = createIntentRunner(props.port);
  const now = createClock(AGO_EVERY_MS);
  const running = () => props.report?.state === 'running';
  return (
    <section class="card section">
      <h2>{text.check.section}</h2>
      <p class="muted prose">{text.check.hint}</p>
      <div class="row wrap">
        <button
          type="button"
          class="button"
          // Not `disabled`: that would take the focus away from under the finger.
          aria-disabled={running()}
          onClick={() => !running() && void run({ type: 'check/run' })}
        >
          {running() ? text.check.running : text.check.run}
        </button>
        <Show when={props.report?.state === 'done' && props.report}>
          {(report) => (
            <CopyButton
              label={text.check.copy}
              copied={text.check.copied}
              failed={text.check.copyFailed}
              value={reportText(report())}
            />
          )}
        </Show>
      </div>
      <Problem text={problem()} />
      <Show when={props.report}>
        {(report) => (
          <>
            <p class="check-summary" role="status">
              <strong>{summaryWords(report())}</strong>{' '}
              <Show when={!running()}>
                <span class="small muted">{formatAgo(report().startedAt, now())}</span>
              </Show>
            </p>
            <ul class="check-lines" aria-label={text.check.list} aria-live="polite">
              {/* By place: a screen reader is told only what is another line than before. */}
              <Index each={shownLines(report())}>{(line) => <Line line={line()} />}</Index>
            </ul>
          </>
        )}
      </Show>
    </section>
  );
}

function Line(props: { line: ShownLine }): JSX.Element {
  return (
    <li class="check-line" data-verdict={props.line.verdict}>
      <Icon node={icons[props.line.verdict]} />
      <div class="stack grow">
        <p>
          <span class="check-name">{props.line.name}</span>{' '}
          <span class="check-verdict">{text.verdicts[props.line.verdict]}</span>
        </p>
        <Show when={props.line.found}>{(found) => <p class="small muted">{found()}</p>}</Show>
        <Show when={props.line.step}>{(step) => <p class="small">{step()}</p>}</Show>
      </div>
    </li>
  );
}
