import { Show, type JSX } from 'solid-js';
import type { OutboxView } from '../../messaging/snapshot.ts';
import { formatBytes } from '../format.ts';
import * as text from './text.ts';

/** How much of what waits to be sent is kept here, and what that means. */
export function OutboxSection(props: { outbox: OutboxView | null }): JSX.Element {
  return (
    <section class="card section">
      <h2>{text.outbox.section}</h2>
      <p class="muted prose">{text.outbox.hint}</p>
      <Show when={props.outbox}>
        {(outbox) => (
          <dl class="facts">
            <div>
              <dt>{text.outbox.usage}</dt>
              <dd>
                {text.outbox.used(
                  formatBytes(outbox().usedBytes),
                  formatBytes(outbox().quotaBytes),
                )}
              </dd>
            </div>
          </dl>
        )}
      </Show>
    </section>
  );
}
