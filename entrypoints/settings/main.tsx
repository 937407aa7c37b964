import { render } from 'solid-js/web';
import { MAX_TEXT_LENGTH } from '../../lib/messaging/intents.ts';
import { followSnapshot, sendIntent } from '../../lib/messaging/view-client.ts';
import { createSnapshotStore } from '../../lib/ui/common/snapshot-store.ts';
import { SettingsApp } from '../../lib/ui/settings/SettingsApp.tsx';
import '../../lib/ui/styles/settings.css';

const root = document.getElementById('root');
if (root === null) throw new Error('settings.html has no #root');

const source = createSnapshotStore(followSnapshot);
const port = { send: sendIntent, maxTextLength: MAX_TEXT_LENGTH };
render(() => <SettingsApp source={source} port={port} />, root);
