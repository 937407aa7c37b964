import { Send } from 'lucide';
import { createSignal, Match, Show, Switch, type JSX } from 'solid-js';
import type { DeviceView, TransferView } from '../../messaging/snapshot.ts';
import { Icon } from '../common/Icon.tsx';
import { Notice, Problem } from '../common/Notice.tsx';
import { formatBytes } from '../format.ts';
import * as text from '../text.ts';
import { TransferList } from '../transfers/TransferList.tsx';
import type { ChosenFile, SendPort } from '../view-port.ts';
import { addFiles, MAX_FILES, notKept } from './chosen-files.ts';
import { AskPassword } from './AskPassword.tsx';
import { DropZone } from './DropZone.tsx';
import { FileList } from './FileList.tsx';
import { handOver, type HandOverState } from './hand-over-state.ts';

/** Choose, send, and from then on only watch: the files are with the background. */
export function SendForm(props: {
  device: DeviceView;
  transfers: readonly TransferView[];
  port: SendPort;
}): JSX.Element {
  const [files, setFiles] = createSignal<readonly ChosenFile[]>([]);
  const [remark, setRemark] = createSignal('');
  const [state, setState] = createSignal<HandOverState>({ state: 'choosing' });
  const [password, setPassword] = createSignal<string | null>(null);
  // Everything handed over from this page, so that a second send does not hide the first.
  const [handed, setHanded] = createSignal<ReadonlySet<string>>(new Set());
  const sent = () => props.transfers.filter(({ transferId }) => handed().has(transferId));

  const add = (more: readonly ChosenFile[], unreadable: number) => {
    const next = addFiles(files(), more);
    const tooMany = next.length > MAX_FILES;
    if (!tooMany) setFiles(next);
    if (tooMany) setRemark(text.send.tooMany(MAX_FILES));
    else setRemark(unreadable === 0 ? '' : text.send.unreadable(unreadable));
    setState({ state: 'choosing' });
  };
  const submit = async () => {
    if (files().length === 0) return setRemark(text.send.nothing);
    if (password() === '') return setRemark(text.lock.needed);
    setRemark('');
    setState({ state: 'handing-over' });
    const result = await handOver(props.port, props.device.deviceId, files(), password());
    setState(result);
    if (result.state !== 'handed-over') return;
    setHanded(new Set([...handed(), result.transferId]));
    setFiles([]);
    // It is told to one person, for one thing.
    setPassword(null);
  };
  const tooLarge = () => notKept(files(), props.port.maxCopyBytes);
  const failure = () => {
    const now = state();
    return now.state === 'failed' ? text.reasonText(now.code) : '';
  };

  return (
    <form
      class="stack stack-l"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Switch>
        <Match when={state().state === 'handed-over'}>
          <Notice tone="good" title={text.send.closeNow} body={text.send.closeHint} />
        </Match>
        <Match when={state().state === 'handing-over'}>
          <Notice tone="info" title={text.send.handingOver} body={text.send.keepOpen} />
        </Match>
      </Switch>
      <TransferList transfers={sent()} devices={[props.device]} port={props.port} />
      <Show when={state().state !== 'handing-over'}>
        <DropZone deviceName={props.device.name} onFiles={add} />
      </Show>
      <Show when={files().length > 0}>
        <FileList
          files={files()}
          onRemove={(file) => setFiles(files().filter((one) => one !== file))}
          onClear={() => setFiles([])}
        />
      </Show>
      <Show when={files().length > 0}>
        <AskPassword password={password()} onChange={setPassword} />
      </Show>
      <Problem text={failure() || remark()} />
      <Show when={tooLarge() > 0}>
        <Notice
          tone="info"
          body={text.outbox.tooLarge(tooLarge(), formatBytes(props.port.maxCopyBytes))}
        />
      </Show>
      <Show when={props.device.presence === 'offline' && files().length > 0}>
        <Notice tone="info" body={text.send.offlineHint(props.device.name)} />
      </Show>
      <div class="send-bar">
        <span class="muted" role="status">
          <Show when={files().length > 0}>{text.send.ready(files().length)}</Show>
        </span>
        <button
          type="submit"
          class="button primary large"
          disabled={state().state === 'handing-over'}
        >
          <Icon node={Send} />
          {text.send.send}
        </button>
      </div>
    </form>
  );
}
