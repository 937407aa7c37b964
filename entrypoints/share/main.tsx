import { render } from 'solid-js/web';
import { MAX_TEXT_LENGTH } from '../../lib/messaging/intents.ts';
import { followSnapshot, sendIntent } from '../../lib/messaging/view-client.ts';
import { createSnapshotStore } from '../../lib/ui/common/snapshot-store.ts';
import { ShareScreenApp } from '../../lib/ui/shares/ShareScreenApp.tsx';
import '../../lib/ui/styles/share.css';
import { captureScreen } from './capture.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('share.html has no #root');

const source = createSnapshotStore(followSnapshot);
const port = { send: sendIntent, maxTextLength: MAX_TEXT_LENGTH, capture: captureScreen };
const query = new URLSearchParams(location.search);
const deviceId = query.get('device') ?? '';
const wanted = query.get('wanted') === 'tab' ? 'tab' : 'any';
render(
  () => <ShareScreenApp source={source} port={port} deviceId={deviceId} wanted={wanted} />,
  root,
);
