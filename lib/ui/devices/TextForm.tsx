import { createSignal, Show, type JSX } from 'solid-js';
import type { DeviceView } from '../../messaging/snapshot.ts';
import { createFlash } from '../common/CopyButton.tsx';
import { createIntentRunner } from '../common/intent-runner.ts';
import { Problem } from '../common/Notice.tsx';
import * as text from '../text.ts';
import type { ViewPort } from '../view-port.ts';

/** A line to type or paste into; Enter sends, Shift+Enter makes a new line. */
export function TextForm(props: { device: DeviceView; port: ViewPort }): JSX.Element {
  const [value, setValue] = createSignal('');
  const { run, problem } = createIntentRunner(props.port);
  const flash = createFlash();
  const tooLong = () => value().length > props.port.maxTextLength;

  const submit = async () => {
    const words = value();
    if (words.trim() === '' || tooLong()) return;
    const { deviceId } = props.device;
    if (!(await run({ type: 'send/text', deviceId, text: words }))) return;
    setValue('');
    flash.tell(text.devices.sent);
  };

  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <textarea
        class="input"
        rows={2}
        aria-label={text.devices.textLabel(props.device.name)}
        placeholder={text.devices.textPlaceholder}
        value={value()}
        onInput={(event) => setValue(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          void submit();
        }}
      />
      <Problem text={tooLong() ? text.devices.textTooLong : problem()} />
      <div class="row">
        <button type="submit" class="button primary" disabled={value().trim() === '' || tooLong()}>
          {text.devices.textSend}
        </button>
        <span class="small muted" role="status">
          <Show when={flash.told()}>{flash.told()}</Show>
        </span>
      </div>
    </form>
  );
}
