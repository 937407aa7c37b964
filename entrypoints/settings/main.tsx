import { render } from 'solid-js/web';
import { MAX_TEXT_LENGTH } from '../../lib/messaging/intents.ts';
import { errorCode } from '../../lib/errors/index.ts';
import { exportDebugLog } from '../../lib/messaging/rpc.ts';
import { followSnapshot, sendIntent } from '../../lib/messaging/view-client.ts';
import { createSnapshotStore } from '../../lib/ui/common/snapshot-store.ts';
import { SettingsApp } from '../../lib/ui/settings/SettingsApp.tsx';
import type { SettingsPort } from '../../lib/ui/view-port.ts';
import '../../lib/ui/styles/settings.css';

const root = document.getElementById('root');
if (root === null) throw new Error('settings.html has no #root');

const source = createSnapshotStore(followSnapshot);
const port: SettingsPort = {
  send: sendIntent,
  maxTextLength: MAX_TEXT_LENGTH,
  exportLog: async () => {
    try {
      return { ok: true, text: await exportDebugLog() };
    } catch (error) {
      return { ok: false, code: errorCode(error) };
    }
  },
};
render(() => <SettingsApp source={source} port={port} />, root);
