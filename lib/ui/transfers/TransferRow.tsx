import { createUniqueId, Index, Show, type JSX } from 'solid-js';
import type { DeviceView, TransferView } from '../../messaging/snapshot.ts';
import { Icon } from '../common/Icon.tsx';
import { createIntentRunner } from '../common/intent-runner.ts';
import { Problem } from '../common/Notice.tsx';
import { formatAgo } from '../format.ts';
import * as text from '../text.ts';
import { helpActionOf, helpIntent, openActionOf } from '../transfer-actions.ts';
import {
  amountText,
  hasEnded,
  nameText,
  othersText,
  pathText,
  phaseOf,
  progressOf,
  remarkText,
  stateText,
  titleText,
} from '../transfer-view.ts';
import type { ViewPort } from '../view-port.ts';
import { CornerButtons } from './CornerButtons.tsx';
import { Files } from './FileRows.tsx';
import { HelpButton } from './HelpButton.tsx';
import { kindIcons } from './kind-icons.ts';
import { OfferAnswer } from './OfferAnswer.tsx';
import { OpenButton } from './OpenButton.tsx';
import { ProgressBar } from './ProgressBar.tsx';

export function TransferRow(props: {
  transfer: TransferView;
  devices: readonly DeviceView[];
  port: ViewPort;
  now: number;
}): JSX.Element {
  const { run, problem } = createIntentRunner(props.port);
  const id = () => props.transfer.transferId;
  const title = () => titleText(props.transfer);
  const asks = () => phaseOf(props.transfer) === 'ask';
  const titleId = createUniqueId();
  return (
    <li
      class="card transfer"
      classList={{ accent: asks() }}
      tabindex="-1"
      data-phase={phaseOf(props.transfer)}
      data-state={props.transfer.state}
    >
      <span class="tile">
        <Icon node={kindIcons[props.transfer.kind]} />
      </span>
      <Show when={asks()}>
        <p class="offer-title">{offerText(props.transfer)}</p>
      </Show>
      <p id={titleId} class="transfer-title" title={props.transfer.title}>
        <span class="truncate" dir="auto">
          {nameText(props.transfer)}
        </span>
        <Show when={othersText(props.transfer)}>
          {(others) => <span class="others">{` ${others()}`}</span>}
        </Show>
      </p>
      <CornerButtons
        transfer={props.transfer}
        titleId={titleId}
        onIntent={(intent) => void run(intent)}
      />
      <div class="transfer-more">
        <div class="grow">
          <TransferMeta transfer={props.transfer} devices={props.devices} now={props.now} />
        </div>
        <Show when={openActionOf(props.transfer)}>
          {(action) => (
            <OpenButton
              action={action()}
              titleId={titleId}
              onOpen={() => run({ type: 'transfer/open', transferId: id() })}
            />
          )}
        </Show>
      </div>
      <Show when={props.transfer.files}>
        <Files transfer={props.transfer} title={title()} onIntent={(intent) => void run(intent)} />
      </Show>
      <ProgressBar
        value={progressOf(props.transfer)}
        label={text.transfers.progress(title())}
        words={stateText(props.transfer)}
      />
      <Show when={asks()}>
        <OfferAnswer
          transfer={props.transfer}
          titleId={titleId}
          onIntent={(intent) => void run(intent)}
        />
      </Show>
      <Show when={remarkText(props.transfer)}>
        {(words) => <p class="remark small muted">{words()}</p>}
      </Show>
      <Show when={helpActionOf(props.transfer)}>
        {(action) => (
          <div class="help">
            <HelpButton
              action={action()}
              titleId={titleId}
              onPress={() => void run(helpIntent(action(), id()))}
            />
          </div>
        )}
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
function TransferMeta(props: {
  transfer: TransferView;
  devices: readonly DeviceView[];
  now: number;
}): JSX.Element {
  const asks = () => phaseOf(props.transfer) === 'ask';
  const who = () =>
    props.transfer.direction === 'out'
      ? text.transfers.to(props.transfer.deviceName)
      : text.transfers.from(props.transfer.deviceName);
  const when = () =>
    formatAgo(props.transfer.endedAt ?? props.transfer.createdAt, props.now, 'short');
  /** Each holds together where the line is too short for all. */
  const amounts = () => [
    ...amountText(props.transfer).split(' · '),
    ...(hasEnded(props.transfer) ? [when()] : []),
  ];
  const path = () => pathText(props.transfer, props.devices);
  return (
    <>
      <p class="transfer-meta">
        {/* Only this is read out as it changes: amounts change several times a second. */}
        <span class="transfer-state" aria-live="polite">
          {stateText(props.transfer)}
        </span>
        <Show when={!asks()} fallback={` · ${amountText(props.transfer)}`}>
          {' · '}
          <bdi class="transfer-who" title={who()}>
            {who()}
          </bdi>
        </Show>
        <Show when={path()}>
          {(words) => (
            <>
              {' · '}
              <span class="transfer-part">{words()}</span>
            </>
          )}
        </Show>
      </p>
      <Show when={!asks()}>
        <p class="transfer-meta">
          <Index each={amounts()}>
            {(part, at) => (
              <>
                {at > 0 && ' · '}
                <span class="transfer-part">{part()}</span>
              </>
            )}
          </Index>
        </p>
      </Show>
    </>
  );
}
