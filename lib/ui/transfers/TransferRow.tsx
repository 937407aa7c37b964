import { Pause, Play, X } from 'lucide';
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
  pauseActionOf,
  phaseOf,
  progressOf,
  remarkText,
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
      <Show
        when={phaseOf(props.transfer) === 'ask'}
        fallback={
          <>
            <p class="transfer-title truncate" title={title()}>
              {title()}
            </p>
            <span class="transfer-buttons">
              <PauseButton transfer={props.transfer} onIntent={(intent) => void run(intent)} />
              <EndButton transfer={props.transfer} onIntent={(intent) => void run(intent)} />
            </span>
          </>
        }
      >
        <p class="offer-title">{offerText(props.transfer)}</p>
      </Show>
      <div class="transfer-more">
        <div class="grow">
          <Show when={phaseOf(props.transfer) === 'ask'}>
            <p class="truncate" title={title()}>
              {title()}
            </p>
          </Show>
          <TransferMeta transfer={props.transfer} now={props.now} />
        </div>
        <Show when={openActionOf(props.transfer)}>
          {(action) => (
            <OpenButton
              action={action()}
              onOpen={() => run({ type: 'transfer/open', transferId: id() })}
            />
          )}
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
      <Show when={remarkText(props.transfer)}>
        {(words) => <p class="remark small muted">{words()}</p>}
      </Show>
      <Show when={problem()}>
        <div class="wide">
          <Problem text={problem()} />
        </div>
      </Show>
    </li>
  );
}

function offerText(transfer: TransferView): string {
  const what = text.kinds[transfer.kind](transfer.count);
  return text.transfers.offer(transfer.deviceName, what);
}

/** The state first, since it is what one looks for; an offer has named its sender above. */
function TransferMeta(props: { transfer: TransferView; now: number }): JSX.Element {
  const who = () =>
    props.transfer.direction === 'out'
      ? text.transfers.to(props.transfer.deviceName)
      : text.transfers.from(props.transfer.deviceName);
  const when = () => formatAgo(props.transfer.endedAt ?? props.transfer.createdAt, props.now);
  const isMoving = () =>
    props.transfer.state === 'transferring' || props.transfer.state === 'paused';
  const amount = () => amountText(props.transfer);
  return (
    <>
      <p class="transfer-meta truncate">
        <span class="transfer-state" aria-live="polite">
          {stateText(props.transfer)}
        </span>
        {` · ${phaseOf(props.transfer) === 'ask' ? amount() : who()}`}
      </p>
      <Show when={phaseOf(props.transfer) !== 'ask'}>
        <p class="transfer-meta truncate">{isMoving() ? amount() : `${amount()} · ${when()}`}</p>
      </Show>
    </>
  );
}

function PauseButton(props: {
  transfer: TransferView;
  onIntent: (intent: { type: 'transfer/pause' | 'transfer/resume'; transferId: string }) => void;
}): JSX.Element {
  const action = () => pauseActionOf(props.transfer);
  const { pause, pauseName, resume, resumeName } = text.transfers;
  return (
    <Show when={action()}>
      {(what) => (
        <button
          type="button"
          class="button quiet square"
          aria-label={(what() === 'pause' ? pauseName : resumeName)(props.transfer.title)}
          title={what() === 'pause' ? pause : resume}
          onClick={() =>
            props.onIntent({
              type: what() === 'pause' ? 'transfer/pause' : 'transfer/resume',
              transferId: props.transfer.transferId,
            })
          }
        >
          <Icon node={what() === 'pause' ? Pause : Play} />
        </button>
      )}
    </Show>
  );
}

function EndButton(props: {
  transfer: TransferView;
  onIntent: (intent: { type: 'transfer/cancel' | 'transfer/dismiss'; transferId: string }) => void;
}): JSX.Element {
  // What waits for the person to save it can only be let go of: nothing runs that could be stopped.
  const ended = () => hasEnded(props.transfer) || phaseOf(props.transfer) === 'attention';
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
