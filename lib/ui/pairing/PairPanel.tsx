import { Match, onMount, Show, Switch, type JSX } from 'solid-js';
import { ArrowLeft } from 'lucide';
import type { Snapshot } from '../../messaging/snapshot.ts';
import { Icon } from '../common/Icon.tsx';
import { createIntentRunner } from '../common/intent-runner.ts';
import { Problem } from '../common/Notice.tsx';
import * as text from '../text.ts';
import type { ViewPort } from '../view-port.ts';
import { CheckWords } from './CheckWords.tsx';
import { EnterCode } from './EnterCode.tsx';
import { PairingFailed } from './PairingFailed.tsx';
import { ShowCode } from './ShowCode.tsx';

/**
 * Pairing as background tells it. The state lives there: this popup may close and come back in the
 * middle. Showing and entering stay side by side, since both sides may begin with either.
 */
export function PairPanel(props: {
  snapshot: Snapshot;
  port: ViewPort;
  initialCode: string;
  onClose: () => void;
}): JSX.Element {
  const { run, problem } = createIntentRunner(props.port);
  const pairing = () => props.snapshot.pairing;
  const failed = () => {
    const now = pairing();
    return now.state === 'failed' && now.reason !== 'cancelled' ? now : undefined;
  };
  const paired = () => {
    const now = pairing();
    return now.state === 'paired' ? now : undefined;
  };
  const working = () => pairing().state === 'joining' || pairing().state === 'handshaking';
  const leave = () => {
    if (pairing().state !== 'idle') void run({ type: 'pair/cancel' });
    props.onClose();
  };
  // One after the other: while the pairing stands, it is the surest way to tell the peer.
  const remove = async (deviceId: string) => {
    if (await run({ type: 'device/remove', deviceId })) leave();
  };
  // Whoever follows a link has come to enter its code.
  const fromLink = props.initialCode !== '';
  const show = () => (
    <ShowCode
      pairing={pairing()}
      style={props.snapshot.settings.codeStyle}
      onShow={(style) => void run({ type: 'pair/show-code', style })}
    />
  );
  const enter = () => (
    <EnterCode
      initial={props.initialCode}
      onConnect={(code) => void run({ type: 'pair/enter-code', code })}
    />
  );
  let title: HTMLHeadingElement | undefined;
  onMount(() => title?.focus());

  return (
    <>
      <header class="popup-head">
        <button
          type="button"
          class="button quiet square"
          aria-label={text.pairing.back}
          onClick={leave}
        >
          <Icon node={ArrowLeft} />
        </button>
        <h1 ref={(element) => (title = element)} tabindex={-1}>
          <Show when={paired()} fallback={text.pairing.title}>
            {(now) => text.pairing.pairedWith(now().name)}
          </Show>
        </h1>
      </header>
      <Problem text={problem()} />
      <Show when={failed()}>
        {(now) => (
          <PairingFailed
            reason={now().reason}
            onSettings={() => void run({ type: 'open/settings' })}
          />
        )}
      </Show>
      <Switch
        fallback={
          <>
            {fromLink ? enter() : show()}
            <p class="or">{text.pairing.or}</p>
            {fromLink ? show() : enter()}
          </>
        }
      >
        <Match when={working()}>
          <section class="card working">
            <span class="pulse" />
            <p role="status">
              {pairing().state === 'joining' ? text.pairing.joining : text.pairing.handshaking}
            </p>
            <button type="button" class="button" onClick={() => void run({ type: 'pair/cancel' })}>
              {text.pairing.cancel}
            </button>
          </section>
        </Match>
        <Match when={paired()}>
          {(now) => (
            <CheckWords
              paired={now()}
              onSame={leave}
              onRemove={() => void remove(now().deviceId)}
            />
          )}
        </Match>
      </Switch>
    </>
  );
}
