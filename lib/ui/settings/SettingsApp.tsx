import { Show, type JSX } from 'solid-js';
import type { Snapshot } from '../../messaging/snapshot.ts';
import type { SnapshotSource } from '../common/snapshot-store.ts';
import { Problem } from '../common/Notice.tsx';
import * as text from './text.ts';
import type { SettingsPort } from '../view-port.ts';
import { CheckSection } from './CheckSection.tsx';
import { CodeSection } from './CodeSection.tsx';
import { DebugLogSection } from './DebugLogSection.tsx';
import { HistorySection } from './HistorySection.tsx';
import { HonestSections } from './HonestSections.tsx';
import { OutboxSection } from './OutboxSection.tsx';
import { PairedSection } from './PairedSection.tsx';
import { ReachSection } from './ReachSection.tsx';
import { ServerSection } from './ServerSection.tsx';
import { SharingSection } from './SharingSection.tsx';
import { ThisDeviceSection } from './ThisDeviceSection.tsx';

export function SettingsApp(props: { source: SnapshotSource; port: SettingsPort }): JSX.Element {
  return (
    <main class="page">
      <header class="page-head">
        <img src="/icon/128.png" alt="" width="40" height="40" />
        <div class="grow">
          <p class="small muted">{text.APP_NAME}</p>
          <h1>{text.settings.title}</h1>
        </div>
      </header>
      <Show when={props.source.snapshot}>
        {(snapshot) => <Sections snapshot={snapshot()} port={props.port} />}
      </Show>
      <HonestSections />
    </main>
  );
}

function Sections(props: { snapshot: Snapshot; port: SettingsPort }): JSX.Element {
  return (
    <>
      <Problem
        text={props.snapshot.problem === undefined ? '' : text.reasonText(props.snapshot.problem)}
      />
      <ThisDeviceSection
        self={props.snapshot.self}
        name={props.snapshot.settings.deviceName}
        port={props.port}
      />
      <ServerSection
        signaling={props.snapshot.signaling}
        url={props.snapshot.settings.signalingUrl}
        port={props.port}
      />
      <ReachSection
        settings={props.snapshot.settings}
        relayKnown={props.snapshot.relayKnown}
        relayAsked={props.snapshot.devices.length > 0}
        port={props.port}
      />
      <CheckSection report={props.snapshot.check} port={props.port} />
      <CodeSection style={props.snapshot.settings.codeStyle} port={props.port} />
      <PairedSection devices={props.snapshot.devices} port={props.port} />
      <SharingSection settings={props.snapshot.settings.share} port={props.port} />
      <OutboxSection outbox={props.snapshot.outbox} />
      <HistorySection days={props.snapshot.settings.historyDays} port={props.port} />
      <DebugLogSection on={props.snapshot.settings.debugLog} port={props.port} />
    </>
  );
}
