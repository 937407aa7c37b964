import { createSignal, Show, type JSX } from 'solid-js';
import type { Snapshot } from '../../messaging/snapshot.ts';
import type { SnapshotSource } from '../common/snapshot-store.ts';
import { PairPanel } from '../pairing/PairPanel.tsx';
import * as text from '../text.ts';
import type { PopupPort } from '../view-port.ts';
import { HomePanel, PopupHead } from './HomePanel.tsx';

/** `initialCode` comes from a pairing link (`popup.html#pair=…`). */
export function PopupApp(props: {
  source: SnapshotSource;
  port: PopupPort;
  initialCode: string;
}): JSX.Element {
  return (
    <main class="popup">
      <Show when={props.source.snapshot} fallback={<Waiting />}>
        {(snapshot) => (
          <Panels snapshot={snapshot()} port={props.port} initialCode={props.initialCode} />
        )}
      </Show>
    </main>
  );
}

function Panels(props: { snapshot: Snapshot; port: PopupPort; initialCode: string }): JSX.Element {
  const [asked, setAsked] = createSignal(props.initialCode !== '');
  // A pairing under way opens the panel again, wherever it was begun; a cancelled one is over.
  const underWay = () => {
    const { pairing } = props.snapshot;
    return (
      pairing.state !== 'idle' && !(pairing.state === 'failed' && pairing.reason === 'cancelled')
    );
  };
  return (
    <Show
      when={asked() || underWay()}
      fallback={
        <HomePanel snapshot={props.snapshot} port={props.port} onPair={() => setAsked(true)} />
      }
    >
      <PairPanel
        snapshot={props.snapshot}
        port={props.port}
        initialCode={props.initialCode}
        onClose={() => setAsked(false)}
      />
    </Show>
  );
}

/** The layout that is about to come, for the moment in which background wakes up. */
function Waiting(): JSX.Element {
  return (
    <>
      <PopupHead name="" />
      <div class="card skeleton" role="status" aria-label={text.header.loading} />
    </>
  );
}
