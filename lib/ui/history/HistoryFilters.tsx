import { Search, X } from 'lucide';
import { For, Show, type JSX } from 'solid-js';
import type { DeviceView } from '../../messaging/snapshot.ts';
import { Icon } from '../common/Icon.tsx';
import * as text from '../text.ts';
import { dayOf } from './days.ts';
import { EVERYTHING, type HistoryModel } from './history-model.ts';

export function HistoryFilters(props: {
  model: HistoryModel;
  /** Those that are paired now: under the name that they have now. */
  devices: readonly DeviceView[];
}): JSX.Element {
  const wanted = () => props.model.wanted();
  const found = () => {
    if (!props.model.filtered()) return '';
    const { length } = props.model.rows;
    return length === 0 ? text.history.noHitsTitle : text.history.found(length, props.model.more());
  };
  const nameOf = (deviceId: string, then: string) =>
    props.devices.find((device) => device.deviceId === deviceId)?.name ??
    (then || text.history.deviceGone);
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <div class="search-box">
        <Icon node={Search} />
        <input
          type="search"
          class="input"
          aria-label={text.history.search}
          placeholder={text.history.searchPlaceholder}
          autocomplete="off"
          spellcheck={false}
          value={wanted().search}
          onInput={(event) => props.model.want({ search: event.currentTarget.value })}
        />
      </div>
      <select
        class="input"
        aria-label={text.history.device}
        onChange={(event) => props.model.want({ deviceId: event.currentTarget.value })}
      >
        <option value="" selected={wanted().deviceId === ''}>
          {text.history.allDevices}
        </option>
        <For each={props.model.summary()?.devices ?? []}>
          {({ deviceId, name }) => (
            <option value={deviceId} selected={wanted().deviceId === deviceId}>
              {nameOf(deviceId, name)}
            </option>
          )}
        </For>
      </select>
      <input
        type="date"
        class="input"
        aria-label={text.history.day}
        max={dayOf(Date.now())}
        value={wanted().day}
        onInput={(event) => props.model.want({ day: event.currentTarget.value })}
      />
      <div class="filters-found">
        <p class="small muted" role="status">
          {found()}
        </p>
        {/* With nothing found, the same button stands where the entries would be. */}
        <Show when={props.model.filtered() && props.model.rows.length > 0}>
          <button
            type="button"
            class="button quiet small"
            onClick={() => props.model.want(EVERYTHING)}
          >
            <Icon node={X} />
            {text.history.clearFilters}
          </button>
        </Show>
      </div>
    </form>
  );
}
