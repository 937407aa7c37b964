import { Eye, MonitorUp } from 'lucide';
import { createUniqueId, For, Match, Show, Switch, type JSX } from 'solid-js';
import type { Intent } from '../../messaging/intents.ts';
import type { ShareView } from '../../share/views.ts';
import { Icon } from '../common/Icon.tsx';
import { createIntentRunner } from '../common/intent-runner.ts';
import { Problem } from '../common/Notice.tsx';
import * as text from '../text.ts';
import type { ViewPort } from '../view-port.ts';
import { shareHead, shareRemarks } from './share-view.ts';

type Act = Extract<Intent, { type: `share/${string}`; shareId: string }>['type'];

export function ShareRow(props: { view: ShareView; name: string; port: ViewPort }): JSX.Element {
  const { run, problem } = createIntentRunner(props.port);
  const headId = createUniqueId();
  const state = () => props.view.state.type;
  const sharer = () => props.view.role === 'sharer';
  const act = (type: Exclude<Act, 'share/allow-pointer'>) =>
    void run({ type, shareId: props.view.shareId });
  const Button = (own: { label: string; act: Parameters<typeof act>[0]; tone?: string }) => (
    <button
      type="button"
      class={`button ${own.tone ?? ''}`}
      aria-describedby={headId}
      onClick={() => act(own.act)}
    >
      {own.label}
    </button>
  );
  return (
    <li class="card share stack" data-state={state()}>
      <div class="device-head">
        <span class="tile">
          <Icon node={sharer() ? MonitorUp : Eye} />
        </span>
        <div class="grow">
          <p
            id={headId}
            class="share-head"
            role="status"
            aria-label={shareHead(props.view, props.name)}
          >
            {shareHead(props.view, props.name)}
          </p>
          <For each={shareRemarks(props.view, props.name)}>
            {(remark) => <p class="small muted">{remark}</p>}
          </For>
        </div>
      </div>
      <Problem text={problem()} />
      <div class="device-actions">
        <Switch>
          <Match when={state() === 'ended'}>
            <Button label={text.shares.dismiss} act="share/dismiss" />
          </Match>
          <Match when={state() === 'asked'}>
            <Button label={text.shares.accept} act="share/accept" tone="primary grow" />
            <Button label={text.shares.decline} act="share/decline" />
          </Match>
          <Match when={sharer()}>
            <Show when={state() === 'unprotected'}>
              <Button label={text.shares.goOn} act="share/unprotected" />
            </Show>
            <Button label={text.shares.stopSharing} act="share/stop" tone="danger grow" />
          </Match>
          <Match when={!sharer()}>
            <Button label={text.shares.show} act="share/show" tone="primary grow" />
            <Button label={text.shares.stopWatching} act="share/stop" />
          </Match>
        </Switch>
      </div>
      <Show when={sharer() && (state() === 'live' || state() === 'interrupted')}>
        <label class="switch-row">
          <span>{text.shares.pointer(props.name)}</span>
          <input
            type="checkbox"
            role="switch"
            class="switch"
            checked={props.view.pointer}
            onChange={(event) =>
              void run({
                type: 'share/allow-pointer',
                shareId: props.view.shareId,
                allowed: event.currentTarget.checked,
              })
            }
          />
        </label>
      </Show>
    </li>
  );
}
