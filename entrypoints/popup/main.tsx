import { render } from 'solid-js/web';
import { MAX_TEXT_LENGTH } from '../../lib/messaging/intents.ts';
import { followSnapshot, sendIntent } from '../../lib/messaging/view-client.ts';
import { whyNotCapturable } from '../../lib/platform/capturable.ts';
import { capturesTabs, requestCapture } from '../../lib/platform/tab-capture.ts';
import { frontPage } from '../../lib/platform/tabs.ts';
import { createSnapshotStore } from '../../lib/ui/common/snapshot-store.ts';
import { codeFromLink } from '../../lib/ui/pairing/code-entry.ts';
import { PopupApp } from '../../lib/ui/popup/PopupApp.tsx';
import '../../lib/ui/styles/popup.css';

const root = document.getElementById('root');
if (root === null) throw new Error('popup.html has no #root');

const source = createSnapshotStore(followSnapshot);
/** Known before a click: after any `await` the click no longer counts. */
let capturable = capturesTabs();
void frontPage().then(({ url }) => (capturable &&= whyNotCapturable(url) === null));
const port = {
  send: sendIntent,
  maxTextLength: MAX_TEXT_LENGTH,
  // Where it would come to nothing, nobody is asked.
  requestCapture: async () => capturable && (await requestCapture()),
};
const initialCode = codeFromLink(location.hash);
render(() => <PopupApp source={source} port={port} initialCode={initialCode} />, root);
