import { createSignal, type JSX } from 'solid-js';
import { createFlash } from '../common/CopyButton.tsx';
import { Problem } from '../common/Notice.tsx';
import * as text from './text.ts';
import type { SettingsPort } from '../view-port.ts';
import { saveSetting } from './save-setting.ts';
import { saveText } from './save-text.ts';
import { SettingSwitch } from './SettingSwitch.tsx';

/** For reporting what went wrong: off until a person wants it, and what is in it said first. */
export function DebugLogSection(props: { on: boolean; port: SettingsPort }): JSX.Element {
  const [problem, setProblem] = createSignal('');
  const exported = createFlash();
  const cleared = createFlash();
  const exportLog = async () => {
    const answer = await props.port.exportLog();
    setProblem(answer.ok ? '' : text.reasonText(answer.code));
    if (!answer.ok) return;
    saveText(answer.text, text.debugLog.fileName);
    exported.tell(text.debugLog.exported);
  };
  const clear = async () => {
    const answer = await props.port.send({ type: 'log/clear' });
    setProblem(answer.ok ? '' : text.reasonText(answer.code));
    if (answer.ok) cleared.tell(text.debugLog.cleared);
  };
  return (
    <section class="card section">
      <h2>{text.debugLog.section}</h2>
      <SettingSwitch
        label={text.debugLog.switch}
        hint={text.debugLog.switchHint}
        on={props.on}
        onChange={(debugLog) => saveSetting(props.port, { debugLog })}
      />
      <dl class="facts prose">
        <div>
          <dt>{text.debugLog.inTitle}</dt>
          <dd class="muted">{text.debugLog.in}</dd>
        </div>
        <div>
          <dt>{text.debugLog.outTitle}</dt>
          <dd class="muted">{text.debugLog.out}</dd>
        </div>
      </dl>
      <Problem text={problem()} />
      <div class="row wrap">
        <button type="button" class="button" onClick={() => void exportLog()}>
          {text.debugLog.export}
        </button>
        <button type="button" class="button" onClick={() => void clear()}>
          {text.debugLog.clear}
        </button>
        <span class="small muted" role="status">
          {exported.told() || cleared.told()}
        </span>
      </div>
    </section>
  );
}
