import { describe, expect, it } from 'vitest';
import { TallowError } from '../../../lib/errors/index.ts';
import {
  handOverFiles,
  HAND_OVER_CHANNEL,
  receiveHandOvers,
} from '../../../lib/messaging/hand-over.ts';

const DEVICE = 'd'.repeat(64);
/** A new one each time: Node can post the same `File` only once. */
const file = () => new File(['hello'], 'a.txt', { type: 'text/plain' });

class Refusal extends TallowError<'no-room'> {}

describe('handing files to the offscreen document', () => {
  it('resolves once the document has written the transfer down, with the bytes in its hands', async () => {
    let taken: { transferId: string; text: string; path: string } | undefined;
    const stop = receiveHandOvers(async ({ transferId, deviceId, files }) => {
      expect(deviceId).toBe(DEVICE);
      const [first] = files;
      if (!first) throw new Error('a file was sent');
      taken = { transferId, text: await first.file.text(), path: first.path };
    });
    const transferId = await handOverFiles(DEVICE, [{ file: file(), path: 'dir/a.txt' }]);
    expect(taken).toEqual({ transferId, text: 'hello', path: 'dir/a.txt' });
    stop();
  });

  it('a refusal reaches the page as its code', async () => {
    const stop = receiveHandOvers(async () => {
      throw new Refusal('no-room');
    });
    await expect(handOverFiles(DEVICE, [{ file: file(), path: 'a' }])).rejects.toMatchObject({
      code: 'no-room',
    });
    stop();
  });

  it('a file that cannot be posted is a typed error at once', async () => {
    const unpostable = (() => {}) as unknown as File;
    await expect(handOverFiles(DEVICE, [{ file: unpostable, path: 'a' }])).rejects.toMatchObject({
      code: 'not-sent',
    });
  });

  it('[BP1] nonsense on the channel reaches nobody', async () => {
    const seen: unknown[] = [];
    const stop = receiveHandOvers(async (handOver) => {
      seen.push(handOver);
    });
    const channel = new BroadcastChannel(HAND_OVER_CHANNEL);
    for (const message of [null, 5, { type: 'files' }, { type: 'files', files: [{ file: 'x' }] }])
      channel.postMessage(message);
    await handOverFiles(DEVICE, [{ file: file(), path: 'a' }]);
    expect(seen).toHaveLength(1);
    channel.close();
    stop();
  });
});
