import { X } from 'lucide';
import { Show, type JSX } from 'solid-js';
import type { TransferView } from '../../messaging/snapshot.ts';
import { Icon } from '../common/Icon.tsx';
import { createIntentRunner } from '../common/intent-runner.ts';
import { Problem } from '../common/Notice.tsx';
import { formatAgo } from '../format.ts';
import * as text from '../text.ts';
import {
  amountText,
  hasEnded,
  openActionOf,
  phaseOf,
  progressOf,
  stateText,
  titleText,
} from '../transfer-view.ts';
import type { ViewPort } from '../view-port.ts';
import { kindIcons } from './kind-icons.ts';
import { OfferActions } from './OfferActions.tsx';
import { OpenButton } from './OpenButton.tsx';
import { ProgressBar } from './ProgressBar.tsx';

export function TransferRow(props: {
  transfer: TransferView;
  port: ViewPort;
  now: number;
}): JSX.Element {
  const { run, problem } = createIntentRunner(props.port);
  const id = () => props.transfer.transferId;
  const title = () => titleText(props.transfer);
  return (
    <li
      class="card transfer"
      classList={{ accent: phaseOf(props.transfer) === 'ask' }}
      data-phase={phaseOf(props.transfer)}
      data-state={props.transfer.state}
    >
      <span class="tile">
        <Icon node={kindIcons[props.transfer.kind]} />
      </span>
      <div class="grow">
        <Show
          when={phaseOf(props.transfer) === 'ask'}
          fallback={
            <p class="transfer-title truncate" title={title()}>
              {title()}
            </p>
          }
        >
          <OfferTitle transfer={props.transfer} />
        </Show>
        <TransferMeta transfer={props.transfer} now={props.now} />
      </div>
      <div class="row">
        <Show when={openActionOf(props.transfer)}>
          {(action) => (
            <OpenButton
              action={action()}
              onOpen={() => run({ type: 'transfer/open', transferId: id() })}
            />
          )}
        </Show>
        <Show when={phaseOf(props.transfer) !== 'ask'}>
          <EndButton transfer={props.transfer} onIntent={(intent) => void run(intent)} />
        </Show>
      </div>
      <ProgressBar
        value={progressOf(props.transfer)}
        label={text.transfers.progress(title())}
        words={stateText(props.transfer)}
      />
      <Show when={phaseOf(props.transfer) === 'ask'}>
        <OfferActions
          onDecide={(decision) => void run({ type: 'transfer/decide', transferId: id(), decision })}
        />
      </Show>
      <Show when={remark(props.transfer)}>
        {(words) => <p class="wide small muted">{words()}</p>}
      </Show>
      <Show when={problem()}>
        <div class="wide">
          <Problem text={problem()} />
        </div>
      </Show>
    </li>
  );
}

function OfferTitle(props: { transfer: TransferView }): JSX.Element {
  const what = () => text.kinds[props.transfer.kind](props.transfer.count);
  return (
    <>
      <p class="offer-title">{text.transfers.offer(props.transfer.deviceName, what())}</p>
      <p class="truncate" title={titleText(props.transfer)}>
        {titleText(props.transfer)}
      </p>
    </>
  );
}

/** "Sending · to Desktop · 12 MiB of 32 MiB": the state first, since it is what one looks for. */
function TransferMeta(props: { transfer: TransferView; now: number }): JSX.Element {
  const who = () =>
    props.transfer.direction === 'out'
      ? text.transfers.to(props.transfer.deviceName)
      : text.transfers.from(props.transfer.deviceName);
  const when = () => formatAgo(props.transfer.endedAt ?? props.transfer.createdAt, props.now);
  const isMoving = () =>
    props.transfer.state === 'transferring' || props.transfer.state === 'paused';
  return (
    <>
      <p class="transfer-meta truncate" title={who()}>
        <span class="transfer-state" aria-live="polite">
          {stateText(props.transfer)}
        </span>
        {` · ${who()}`}
      </p>
      <p class="transfer-meta truncate">
        {amountText(props.transfer, props.now)}
        <Show when={!isMoving()}>{` · ${when()}`}</Show>
      </p>
    </>
  );
}

function remark(transfer: TransferView): string {
  const { reason, note } = transfer;
  return [
    reason === undefined ? '' : text.reasonText(reason),
    note === undefined ? '' : (text.noteText(note) ?? ''),
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function EndButton(props: {
  transfer: TransferView;
  onIntent: (intent: { type: 'transfer/cancel' | 'transfer/dismiss'; transferId: string }) => void;
}): JSX.Element {
  const ended = () => hasEnded(props.transfer);
  const label = () =>
    ended()
      ? text.transfers.dismissName(props.transfer.title)
      : text.transfers.cancelName(props.transfer.title);
  return (
    <button
      type="button"
      class="button quiet square"
      aria-label={label()}
      title={ended() ? text.transfers.dismiss : text.transfers.cancel}
      onClick={() =>
        props.onIntent({
          type: ended() ? 'transfer/dismiss' : 'transfer/cancel',
          transferId: props.transfer.transferId,
        })
      }
    >
      <Icon node={X} />
    </button>
  );
}
