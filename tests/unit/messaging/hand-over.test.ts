import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TallowError } from '../../../lib/errors/index.ts';
import {
  handOverFiles,
  HAND_OVER_CHANNEL,
  receiveHandOvers,
} from '../../../lib/messaging/hand-over.ts';

const DEVICE = 'd'.repeat(64);
const file = () => new File(['hello'], 'a.txt', { type: 'text/plain' });

/** Node's own can post a `File` to one receiver only; this one posts as browsers do. */
class FakeBroadcastChannel {
  static readonly all = new Set<FakeBroadcastChannel>();
  onmessage: ((event: { data: unknown }) => void) | null = null;
  readonly name: string;
  constructor(name: string) {
    this.name = name;
    FakeBroadcastChannel.all.add(this);
  }
  postMessage(data: unknown) {
    if (filesOf(data).some((file) => !(file instanceof File)))
      throw new DOMException('not cloneable', 'DataCloneError');
    for (const other of FakeBroadcastChannel.all)
      if (other !== this && other.name === this.name)
        queueMicrotask(() => other.onmessage?.({ data }));
  }
  close() {
    FakeBroadcastChannel.all.delete(this);
  }
}

/** The `file`s of a hand-over's message, whatever they are. */
function filesOf(message: unknown): unknown[] {
  if (typeof message !== 'object' || message === null || !('files' in message)) return [];
  if (!Array.isArray(message.files)) return [];
  return message.files.map((entry: unknown) =>
    typeof entry === 'object' && entry !== null && 'file' in entry ? entry.file : undefined,
  );
}

beforeEach(() => {
  vi.stubGlobal('BroadcastChannel', FakeBroadcastChannel);
});
afterEach(() => {
  expect(FakeBroadcastChannel.all.size).toBe(0);
  vi.unstubAllGlobals();
});

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
    for (const message of [null, 5, { type: 'files' }, { type: 'files', transferId: '../' }])
      channel.postMessage(message);
    await handOverFiles(DEVICE, [{ file: file(), path: 'a' }]);
    expect(seen).toHaveLength(1);
    channel.close();
    stop();
  });
});
