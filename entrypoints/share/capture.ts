import { openScreenStream } from '../../lib/capture/screen-stream.ts';
import { toHex } from '../../lib/protocol/base64.ts';
import { errorCode } from '../../lib/errors/index.ts';
import { CallError } from '../../lib/messaging/rpc.ts';
import { shareStreams } from '../../lib/messaging/share-streams.ts';
import { sendIntent } from '../../lib/messaging/view-client.ts';
import * as text from '../../lib/ui/text.ts';
import type { Captured } from '../../lib/ui/view-port.ts';

/** In a click's own task. Null where the person closed the picker. @throws CallError, CaptureError */
export async function captureScreen(): Promise<Captured | null> {
  // Before anything is awaited, or the click no longer counts.
  const picking = openScreenStream();
  const stream = await picking.catch((error: unknown) => {
    if (errorCode(error) === 'capture-refused') return null;
    throw error;
  });
  if (stream === null) return null;
  try {
    const ready = await sendIntent({ type: 'offscreen/ensure' });
    if (!ready.ok) throw new CallError(ready.code);
    const document = shareStreams();
    if (document === null) throw new CallError('offscreen-missing');
    const sourceId = `screen:${toHex(crypto.getRandomValues(new Uint8Array(16)))}`;
    addEventListener('pagehide', () => shareStreams()?.sourceGone(sourceId));
    document.give(sourceId, stream);
    return { sourceId, title: titleOf(stream) };
  } catch (error) {
    for (const track of stream.getTracks()) track.stop();
    throw error;
  }
}

/** A window's own title is not to be had: the tracks' labels are ids. */
function titleOf(stream: MediaStream): string {
  const surface = stream.getVideoTracks()[0]?.getSettings().displaySurface;
  const words: Readonly<Record<string, string>> = text.shareScreen.surfaces;
  return (surface !== undefined && words[surface]) || words.monitor || '';
}
