import { History, Plus, Settings } from 'lucide';
import { createMemo, For, Show, type JSX } from 'solid-js';
import type { Snapshot, TransferView } from '../../messaging/snapshot.ts';
import { Icon } from '../common/Icon.tsx';
import { createIntentRunner } from '../common/intent-runner.ts';
import { Problem } from '../common/Notice.tsx';
import { SignalingNotice } from '../common/SignalingNotice.tsx';
import { DeviceList } from '../devices/DeviceList.tsx';
import * as text from '../text.ts';
import { ShareSection } from '../shares/ShareSection.tsx';
import { neededFile, phaseOf } from '../transfer-view.ts';
import { ClearEnded } from '../transfers/ClearEnded.tsx';
import { TransferList } from '../transfers/TransferList.tsx';
import type { PopupPort } from '../view-port.ts';

export function HomePanel(props: {
  snapshot: Snapshot;
  port: PopupPort;
  onPair: () => void;
}): JSX.Element {
  const { run, problem } = createIntentRunner(props.port);
  const openSettings = () => void run({ type: 'open/settings' });
  /** What waits for a person comes before everything else. */
  const transfersFirst = createMemo(() => props.snapshot.transfers.some(waitsForPerson));
  const order = createMemo((): readonly Section[] =>
    transfersFirst() ? ['transfers', 'devices'] : ['devices', 'transfers'],
  );
  return (
    <>
      <PopupHead
        name={props.snapshot.self.name}
        onHistory={() => void run({ type: 'open/history' })}
        onSettings={openSettings}
      />
      <Problem text={problem()} />
      {/* With its own storage broken, nothing else that background says means anything. */}
      <Show
        when={props.snapshot.problem}
        fallback={
          <SignalingNotice
            signaling={props.snapshot.signaling}
            servers={props.snapshot.settings.signalingUrl}
            onSettings={openSettings}
          />
        }
      >
        {(code) => <Problem text={text.reasonText(code())} />}
      </Show>
      <ShareSection snapshot={props.snapshot} port={props.port} />
      {/* Moved, not made anew: what is unfolded or typed into stays so. */}
      <For each={order()}>
        {(section) =>
          section === 'devices' ? (
            <Devices snapshot={props.snapshot} port={props.port} onPair={() => props.onPair()} />
          ) : (
            <Show when={props.snapshot.transfers.length > 0}>
              <Transfers snapshot={props.snapshot} port={props.port} />
            </Show>
          )
        }
      </For>
    </>
  );
}

type Section = 'devices' | 'transfers';

function waitsForPerson(transfer: TransferView): boolean {
  const phase = phaseOf(transfer);
  return phase === 'ask' || phase === 'attention' || neededFile(transfer) !== undefined;
}

function Devices(props: { snapshot: Snapshot; port: PopupPort; onPair: () => void }): JSX.Element {
  const hasDevices = () => props.snapshot.devices.length > 0;
  return (
    <section class="stack">
      <div class="section-head">
        <h2>{text.devices.title}</h2>
      </div>
      <DeviceList devices={props.snapshot.devices} port={props.port} />
      <button
        type="button"
        class="button wide"
        classList={{ 'primary large': !hasDevices() }}
        onClick={() => props.onPair()}
      >
        <Icon node={Plus} />
        {text.pairing.open}
      </button>
    </section>
  );
}

function Transfers(props: { snapshot: Snapshot; port: PopupPort }): JSX.Element {
  return (
    <section class="stack">
      <div class="section-head">
        <h2>{text.transfers.title}</h2>
        <ClearEnded transfers={props.snapshot.transfers} port={props.port} />
      </div>
      <TransferList
        transfers={props.snapshot.transfers}
        devices={props.snapshot.devices}
        port={props.port}
      />
    </section>
  );
}

export function PopupHead(props: {
  name: string;
  onHistory?: () => void;
  onSettings?: () => void;
}): JSX.Element {
  return (
    <header class="popup-head">
      <img src="/icon/48.png" alt="" width="28" height="28" />
      <div class="grow">
        <h1 class="brand">{text.APP_NAME}</h1>
        <p class="small muted truncate">
          {props.name === '' ? '\u00a0' : text.header.thisDevice(props.name)}
        </p>
      </div>
      <Show when={props.onHistory}>
        {(open) => (
          <button
            type="button"
            class="button quiet square"
            aria-label={text.history.title}
            title={text.history.title}
            onClick={() => open()()}
          >
            <Icon node={History} />
          </button>
        )}
      </Show>
      <Show when={props.onSettings}>
        {(open) => (
          <button
            type="button"
            class="button quiet square"
            aria-label={text.header.settings}
            title={text.header.settings}
            onClick={() => open()()}
          >
            <Icon node={Settings} />
          </button>
        )}
      </Show>
    </header>
  );
}
