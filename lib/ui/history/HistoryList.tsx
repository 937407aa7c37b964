import { For, Show, type JSX } from 'solid-js';
import type { DeviceView } from '../../messaging/snapshot.ts';
import { createClock } from '../common/clock.ts';
import * as text from '../text.ts';
import { dayOf, dayTitle } from './days.ts';
import type { HistoryPort } from './entry.ts';
import { entryTitle } from './entry-view.ts';
import type { HistoryModel, HistoryRow } from './history-model.ts';
import { HistoryItem } from './HistoryItem.tsx';

/** "Today" becomes "Yesterday" while the page is open. */
const DAY_LOOKED_AT_MS = 60_000;

export function HistoryList(props: {
  model: HistoryModel;
  port: HistoryPort;
  /** Undefined until background has told. */
  devices: readonly DeviceView[] | undefined;
  /** Said by a screen reader. */
  onTold: (words: string) => void;
}): JSX.Element {
  const now = createClock(DAY_LOOKED_AT_MS);
  let list: HTMLUListElement | undefined;
  const day = (row: HistoryRow | undefined) => row && dayOf(row.entry.endedAt);
  const isKnown = (deviceId: string) =>
    props.devices?.some((device) => device.deviceId === deviceId) ?? false;
  const removed = (row: HistoryRow, index: number) => {
    props.onTold(text.history.removed(entryTitle(row.entry)));
    // Where a person was; with the last one gone, the heading.
    const items = list?.querySelectorAll<HTMLElement>('[data-remove]');
    const next = items?.[Math.min(index, items.length - 1)];
    (next ?? document.querySelector('h1'))?.focus();
  };
  return (
    <>
      <ul class="entries" aria-label={text.history.title} ref={(element) => (list = element)}>
        <For each={props.model.rows}>
          {(row, index) => (
            <HistoryItem
              row={row}
              port={props.port}
              known={isKnown(row.entry.deviceId)}
              there={
                row.entry.downloadId === null
                  ? undefined
                  : props.model.isThere(row.entry.downloadId)
              }
              day={
                day(row) === day(props.model.rows[index() - 1])
                  ? undefined
                  : dayTitle(row.entry.endedAt, now())
              }
              last={day(row) !== day(props.model.rows[index() + 1])}
              onRemoved={() => removed(row, index())}
            />
          )}
        </For>
      </ul>
      <Show when={props.model.more()}>
        <button type="button" class="button wide" onClick={() => void props.model.showMore()}>
          {text.history.showMore}
        </button>
      </Show>
    </>
  );
}
