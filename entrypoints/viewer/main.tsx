import { render } from 'solid-js/web';
import { shareStreams } from '../../lib/messaging/share-streams.ts';
import { followSnapshot, sendIntent } from '../../lib/messaging/view-client.ts';
import { watchShare } from '../../lib/messaging/watchers.ts';
import { closeThisTab } from '../../lib/platform/this-tab.ts';
import '../../lib/ui/styles/viewer.css';
import type { ViewerPort } from '../../lib/ui/viewer/port.ts';
import { createViewerSource } from '../../lib/ui/viewer/viewer-source.ts';
import { ViewerApp } from '../../lib/ui/viewer/ViewerApp.tsx';
import { pagesOpen } from './pages-open.ts';
import { soundElsewhere, soundHere } from './sound.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('viewer.html has no #root');

const port: ViewerPort = {
  send: sendIntent,
  stream: (shareId) => shareStreams()?.stream(shareId) ?? null,
  watch: (shareId) => watchShare(shareId),
  point: (shareId, at) => shareStreams()?.point(shareId, at),
  soundElsewhere,
  soundHere,
  shows: (shareId) => {
    const address = `?${new URLSearchParams({ share: shareId })}`;
    if (location.search !== address) history.replaceState(null, '', address);
  },
  alone: () => pagesOpen() === 1,
  close: () => void closeThisTab(),
};
const source = createViewerSource(followSnapshot);
const shareId = new URLSearchParams(location.search).get('share');
render(() => <ViewerApp source={source} port={port} shareId={shareId} />, root);
