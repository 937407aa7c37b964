import { render } from 'solid-js/web';
import { errorCode } from '../../lib/errors/index.ts';
import { onHistoryChanged } from '../../lib/messaging/history-news.ts';
import { MAX_TEXT_LENGTH } from '../../lib/messaging/intents.ts';
import { followSnapshot, sendIntent } from '../../lib/messaging/view-client.ts';
import { existingDownloads } from '../../lib/platform/downloads.ts';
import { openHistory } from '../../lib/storage/history-open.ts';
import type { HistoryStore } from '../../lib/storage/history-store.ts';
import { createSnapshotStore } from '../../lib/ui/common/snapshot-store.ts';
import type { HistoryPort } from '../../lib/ui/history/entry.ts';
import { HistoryApp } from '../../lib/ui/history/HistoryApp.tsx';
import '../../lib/ui/styles/history.css';

const root = document.getElementById('root');
if (root === null) throw new Error('history.html has no #root');

let opened: Promise<HistoryStore> | undefined;

/** One that was open may have been closed, for an update or by the browser: it is opened anew. */
async function reading<T>(work: (store: HistoryStore) => Promise<T>): Promise<T> {
  const before = opened;
  try {
    opened ??= openHistory();
    return await work(await opened);
  } catch (error) {
    opened = undefined;
    if (before) return await reading(work);
    throw error;
  }
}

const source = createSnapshotStore(followSnapshot);
const port: HistoryPort = {
  send: sendIntent,
  maxTextLength: MAX_TEXT_LENGTH,
  page: (filter, after, limit) => reading((store) => store.page(filter, after, limit)),
  summary: () => reading((store) => store.summary()),
  existing: existingDownloads,
  follow: onHistoryChanged,
  codeOf: (error) => `history-${errorCode(error)}`,
};
render(() => <HistoryApp source={source} port={port} />, root);
