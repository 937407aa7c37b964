import {
  createResource,
  createSignal,
  Match,
  onCleanup,
  onMount,
  Show,
  Switch,
  type JSX,
} from 'solid-js';
import type { Snapshot, TransferView } from '../../messaging/snapshot.ts';
import { errorCode } from '../../errors/index.ts';
import { Notice, Problem } from '../common/Notice.tsx';
import type { SnapshotSource } from '../common/snapshot-store.ts';
import * as text from '../text.ts';
import { hasEnded } from '../transfer-view.ts';
import { TransferList } from '../transfers/TransferList.tsx';
import type { ChosenFile, FileAgain, NeededRoot, SourcesPort } from '../view-port.ts';
import { AllowList } from './AllowList.tsx';
import { ChooseAgain } from './ChooseAgain.tsx';
import { droppedItems, readDropped } from './dropped-files.ts';
import { hasFilePicker, pickFiles } from './pick-files.ts';
import { matchFiles, toAgain, type Match as FileMatch } from './match-files.ts';

/** `send.html?transfer=<transferId>`: files of a transfer that only a person can make readable. */
export function SourcesApp(props: {
  source: SnapshotSource;
  port: SourcesPort;
  transferId: string;
}): JSX.Element {
  onMount(() => (document.title = text.sources.title));
  const transferOf = (snapshot: Snapshot) =>
    snapshot.transfers.find(({ transferId }) => transferId === props.transferId);
  return (
    <main class="page">
      <header class="page-head">
        <img src="/icon/128.png" alt="" width="40" height="40" />
        <h1 class="grow">{text.sources.title}</h1>
      </header>
      <Show when={props.source.snapshot}>
        {(snapshot) => (
          <Sources
            transferId={props.transferId}
            transfer={transferOf(snapshot())}
            snapshot={snapshot()}
            port={props.port}
          />
        )}
      </Show>
    </main>
  );
}

type Progress =
  | { readonly state: 'asking' }
  | { readonly state: 'working' }
  | { readonly state: 'going-on' }
  | { readonly state: 'failed'; readonly code: string };

function Sources(props: {
  transferId: string;
  /** Undefined for one that only the history knows. */
  transfer: TransferView | undefined;
  snapshot: Snapshot;
  port: SourcesPort;
}): JSX.Element {
  // It may end while this page is open; what the page is for stays the same.
  const again = props.transfer === undefined || hasEnded(props.transfer);
  const { transferId } = props;
  const [progress, setProgress] = createSignal<Progress>({ state: 'asking' });
  const [found, { refetch }] = createResource(async () => {
    try {
      return await props.port.needed(transferId, again);
    } catch (error) {
      setProgress({ state: 'failed', code: errorCode(error) });
      return { allow: [], choose: [] };
    }
  });
  /** What was chosen here is held now, whether it can be found again or not. */
  const [given, setGiven] = createSignal<ReadonlySet<number>>(new Set());
  const [remark, setRemark] = createSignal('');
  const [doubtful, setDoubtful] = createSignal<FileMatch | null>(null);
  const allow = () =>
    (found()?.allow ?? []).filter(({ files }) => files.some(({ fileId }) => !given().has(fileId)));
  const lost = () => (found()?.choose ?? []).filter(({ fileId }) => !given().has(fileId));
  const [denied, setDenied] = createSignal<readonly string[]>([]);
  /** Whom the browser does not let read one may still choose it. */
  const choose = () => [
    ...lost(),
    ...allow().flatMap(({ name, files }) => (denied().includes(name) ? files : [])),
  ];
  const open = () => [...lost(), ...allow().flatMap(({ files }) => files)];
  const failure = () => {
    const now = progress();
    return now.state === 'failed' ? text.reasonText(now.code) : '';
  };

  const goOn = async () => {
    const type = again ? 'transfer/send-again' : 'transfer/sources';
    const answer = await props.port.send({ type, transferId });
    if (!answer.ok) setProgress({ state: 'failed', code: answer.code });
    return answer.ok;
  };
  const request = async (root: NeededRoot) => {
    setRemark('');
    const answer = await props.port.request(root.handle);
    if (answer === 'denied') setDenied([...denied(), root.name]);
    if (answer !== 'granted') return setRemark(answer === 'denied' ? text.sources.denied : '');
    setProgress({ state: 'working' });
    await refetch();
    // Sent once more as a whole, or, what waits, as far as it can be read by now.
    if (again && open().length > 0) return setProgress({ state: 'asking' });
    if (await goOn()) setProgress({ state: 'going-on' });
    await refetch();
  };
  const give = async (files: readonly FileAgain[]) => {
    setProgress({ state: 'working' });
    const ready = await props.port.send({ type: 'offscreen/ensure' });
    try {
      if (ready.ok) {
        await props.port.giveAgain(transferId, files);
        setGiven(new Set([...given(), ...files.map(({ fileId }) => fileId)]));
      }
      setProgress(ready.ok ? { state: 'going-on' } : { state: 'failed', code: ready.code });
    } catch (error) {
      setProgress({ state: 'failed', code: errorCode(error) });
    }
    await refetch();
  };
  const take = (chosen: readonly ChosenFile[]) => {
    const { found: matched, strangers } = matchFiles(open(), chosen);
    const sure = matched.filter(({ how }) => how !== 'other-name');
    const changed = sure.filter(({ how }) => how === 'changed').length;
    const left = strangers > 0 ? text.sources.strangers(strangers) : '';
    setRemark(left || (changed > 0 ? text.sources.changed(changed) : ''));
    setDoubtful(matched.find(({ how }) => how === 'other-name') ?? null);
    if (sure.length > 0) void give(sure.map(toAgain));
  };
  const onDrop = async (event: DragEvent) => {
    event.preventDefault();
    if (event.dataTransfer && !again) {
      take((await readDropped(droppedItems(event.dataTransfer.items))).files);
    }
  };
  onMount(() => {
    const stop = new AbortController();
    const { signal } = stop;
    document.addEventListener('dragover', (event) => event.preventDefault(), { signal });
    document.addEventListener('drop', (event) => void onDrop(event), { signal });
    onCleanup(() => stop.abort());
  });
  /** The row's own button asks for this page: that is here. */
  const rowPort: SourcesPort = {
    ...props.port,
    send: (intent) => {
      if (intent.type !== 'open/sources') return props.port.send(intent);
      const [root] = allow();
      if (root) void request(root);
      else if (hasFilePicker()) void pickFiles().then((picked) => picked && take(picked.files));
      return Promise.resolve({ ok: true });
    },
  };
  const useAnyway = (match: FileMatch) => {
    setDoubtful(null);
    void give([toAgain(match)]);
  };

  return (
    <div class="stack stack-l">
      <p class="muted prose">
        {again ? text.sources.leadAgain : text.sources.lead(props.transfer?.deviceName ?? '')}
      </p>
      <TransferList
        transfers={props.transfer ? [props.transfer] : []}
        devices={props.snapshot.devices}
        port={rowPort}
      />
      <Switch>
        <Match when={progress().state === 'working'}>
          <Notice tone="info" body={text.sources.working} />
        </Match>
        <Match when={progress().state === 'going-on' && open().length === 0}>
          <Notice tone="good" title={text.sources.done} body={text.sources.doneHint} />
        </Match>
        <Match when={found() && open().length === 0}>
          <Notice tone="info" title={text.sources.nothing} body={text.sources.nothingHint} />
        </Match>
      </Switch>
      <Show when={allow().length > 0}>
        <AllowList roots={allow()} onAllow={(root) => void request(root)} />
      </Show>
      <Show when={choose().length > 0 && again}>
        <Notice tone="info" body={text.sources.chooseAgain} />
      </Show>
      <Show when={choose().length > 0 && !again}>
        <ChooseAgain
          files={choose()}
          doubtful={doubtful()}
          onFiles={take}
          onUse={(match) => useAnyway(match)}
        />
      </Show>
      <Show when={open().length > 0 && !again}>
        <p class="small muted">{text.sources.drop}</p>
      </Show>
      <Show when={remark()}>
        <Notice tone="info" body={remark()} />
      </Show>
      <Problem text={failure()} />
    </div>
  );
}
