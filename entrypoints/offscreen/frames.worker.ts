/**
 * The worker of `RTCRtpScriptTransform`: encrypts and decrypts encoded frames ([SF1] to [SF11]).
 * Nothing but this glue knows the browser; it goes to no network and keeps nothing.
 */
import type { FrameKeys, FramesReport, FramesRequest } from '../../lib/messaging/frames.ts';
import { FrameDesk, type FrameTransformer } from './frame-desk.ts';

const report = (message: FramesReport) => postMessage(message);

const desk = new FrameDesk({
  report,
  clock: { monotonic: () => performance.now() },
});

addEventListener('message', ({ data }: MessageEvent<FramesRequest>) => {
  if (data.type === 'port') {
    data.port.onmessage = (event: MessageEvent<FrameKeys>) => desk.open(event.data);
    return;
  }
  if (data.type !== 'end') return desk.handle(data);
  desk.end();
  close();
});

// Of a worker's scope only; TypeScript's library for pages does not know it.
addEventListener('rtctransform', (event: Event) => {
  if ('transformer' in event) desk.transform(event.transformer as FrameTransformer);
});

report({ type: 'started' });
