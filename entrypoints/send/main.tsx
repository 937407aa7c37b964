import { render } from 'solid-js/web';
import { handOverFiles } from '../../lib/messaging/hand-over.ts';
import { MAX_TEXT_LENGTH } from '../../lib/messaging/intents.ts';
import { followSnapshot, sendIntent } from '../../lib/messaging/view-client.ts';
import { createSnapshotStore } from '../../lib/ui/common/snapshot-store.ts';
import { SendApp } from '../../lib/ui/send/SendApp.tsx';
import '../../lib/ui/styles/send.css';

const root = document.getElementById('root');
if (root === null) throw new Error('send.html has no #root');

const source = createSnapshotStore(followSnapshot);
const port = { send: sendIntent, maxTextLength: MAX_TEXT_LENGTH, handOver: handOverFiles };
const query = new URLSearchParams(location.search);
const deviceId = query.get('device') ?? '';
const again = query.get('again') ?? '';
render(() => <SendApp source={source} port={port} deviceId={deviceId} again={again} />, root);
