/// <reference types="vite/client" />
/**
 * Renders one page with one made-up snapshot: `?page=popup&scene=pairing-showing`. Nothing behind
 * the views runs here; intents are written to the page's console.
 */
import { render } from 'solid-js/web';
import type { Intent } from '../../../lib/messaging/intents.ts';
import type { Snapshot } from '../../../lib/messaging/snapshot.ts';
import { createSnapshotStore } from '../../../lib/ui/common/snapshot-store.ts';
import { scenes } from './scenes.ts';

const query = new URLSearchParams(location.search);
const scene = scenes[query.get('scene') ?? ''] ?? scenes['devices-1'];
const root = document.getElementById('root');
if (root === null || scene === undefined) throw new Error('nothing to show');

/** Lets a test push the next snapshot: `window.gallery.publish({...})`. */
let publish: (snapshot: Snapshot) => void = () => {};
const source = createSnapshotStore((onSnapshot) => {
  publish = onSnapshot;
  if (scene.snapshot !== null) onSnapshot(scene.snapshot);
  return () => {};
});
const intents: Intent[] = [];
const port = {
  send: (intent: Intent) => {
    intents.push(intent);
    console.info(JSON.stringify(intent));
    return Promise.resolve(scene.answer ?? ({ ok: true } as const));
  },
  maxTextLength: 1000,
  exportLog: () => Promise.resolve({ ok: true, text: 'Tallow Send debug log\n' } as const),
  handOver: () => Promise.resolve(scene.transferId ?? 'f'.repeat(32)),
  maxCopyBytes: 64 * 1024 * 1024,
  requestCapture: () => Promise.resolve(true),
  capture: () => Promise.resolve({ sourceId: `screen:${'a'.repeat(32)}`, title: 'a window' }),
};
Object.assign(window, {
  gallery: { publish: (next: Snapshot) => publish(next), intents, snapshot: scene.snapshot },
});

switch (query.get('page')) {
  case 'send': {
    await import('../../../lib/ui/styles/send.css');
    const { SendApp } = await import('../../../lib/ui/send/SendApp.tsx');
    const deviceId = scene.snapshot?.devices[0]?.deviceId ?? '';
    render(() => <SendApp source={source} port={port} deviceId={deviceId} />, root);
    break;
  }
  case 'history': {
    await import('../../../lib/ui/styles/history.css');
    const { HistoryApp } = await import('../../../lib/ui/history/HistoryApp.tsx');
    const { historyPort } = await import('./history.ts');
    const made = historyPort(query.get('scene') ?? '', port);
    render(() => <HistoryApp source={source} port={made} />, root);
    break;
  }
  case 'viewer': {
    await import('../../../lib/ui/styles/viewer.css');
    const { ViewerApp } = await import('../../../lib/ui/viewer/ViewerApp.tsx');
    const { showViewer } = await import('./viewer.ts');
    const shown = showViewer(query.get('scene') ?? '');
    render(() => <ViewerApp {...shown} />, root);
    break;
  }
  case 'settings': {
    await import('../../../lib/ui/styles/settings.css');
    const { SettingsApp } = await import('../../../lib/ui/settings/SettingsApp.tsx');
    render(() => <SettingsApp source={source} port={port} />, root);
    break;
  }
  case 'share': {
    await import('../../../lib/ui/styles/share.css');
    const { ShareScreenApp } = await import('../../../lib/ui/shares/ShareScreenApp.tsx');
    const deviceId = scene.snapshot?.devices[0]?.deviceId ?? '';
    const wanted = query.get('wanted') === 'tab' ? 'tab' : 'any';
    render(
      () => <ShareScreenApp source={source} port={port} deviceId={deviceId} wanted={wanted} />,
      root,
    );
    break;
  }
  default: {
    await import('../../../lib/ui/styles/popup.css');
    const { PopupApp } = await import('../../../lib/ui/popup/PopupApp.tsx');
    const code = query.get('code') ?? '';
    render(() => <PopupApp source={source} port={port} initialCode={code} />, root);
  }
}
