import { render } from 'solid-js/web';
import { MAX_COPY_BYTES } from '../../lib/files/outbox-limits.ts';
import { neededSources, requestAccess } from '../../lib/files/source-access.ts';
import { handOverAgain, handOverFiles } from '../../lib/messaging/hand-over.ts';
import { MAX_TEXT_LENGTH } from '../../lib/messaging/intents.ts';
import { followSnapshot, sendIntent } from '../../lib/messaging/view-client.ts';
import { createSnapshotStore } from '../../lib/ui/common/snapshot-store.ts';
import { SendApp } from '../../lib/ui/send/SendApp.tsx';
import { SourcesApp } from '../../lib/ui/send/SourcesApp.tsx';
import '../../lib/ui/styles/send.css';

const root = document.getElementById('root');
if (root === null) throw new Error('send.html has no #root');

const source = createSnapshotStore(followSnapshot);
const port = {
  send: sendIntent,
  maxTextLength: MAX_TEXT_LENGTH,
  maxCopyBytes: MAX_COPY_BYTES,
  handOver: handOverFiles,
  needed: neededSources,
  request: requestAccess,
  giveAgain: handOverAgain,
};
const query = new URLSearchParams(location.search);
const transferId = query.get('transfer');
render(
  () =>
    transferId === null ? (
      <SendApp
        source={source}
        port={port}
        deviceId={query.get('device') ?? ''}
        again={query.get('again') ?? ''}
      />
    ) : (
      <SourcesApp source={source} port={port} transferId={transferId} />
    ),
  root,
);
