import { Show, type JSX } from 'solid-js';
import type { OutboxView } from '../../messaging/snapshot.ts';
import { Notice } from '../common/Notice.tsx';
import { formatBytes } from '../format.ts';
import * as text from '../text.ts';

/** On the send page: nothing while the outbox is less than half full. */
export function OutboxUsage(props: { outbox: OutboxView | null }): JSX.Element {
  const full = () => {
    const { outbox } = props;
    return outbox !== null && outbox.usedBytes * 2 > outbox.quotaBytes ? outbox : null;
  };
  return (
    <Show when={full()}>
      {(outbox) => (
        <Notice
          tone="info"
          title={text.outbox.nearlyFull(
            formatBytes(outbox().usedBytes),
            formatBytes(outbox().quotaBytes),
          )}
          body={text.outbox.nearlyFullHint}
        />
      )}
    </Show>
  );
}
