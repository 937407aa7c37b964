import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TallowError } from '../../../lib/errors/index.ts';
import {
  FILES_A_MESSAGE,
  handOverAgain,
  handOverFiles,
  HAND_OVER_CHANNEL,
  receiveHandOvers,
  type HandOver,
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

/** A handle as far as this contract goes: whatever it is, it arrives as it was. */
const handleOf = (name: string) => ({ kind: 'directory', name }) as FileSystemHandle;

describe('handing files to the offscreen document', () => {
  it('resolves once the document has written the transfer down, with the bytes in its hands', async () => {
    let taken: HandOver | undefined;
    const stop = receiveHandOvers(async (handOver) => {
      taken = handOver;
    });
    const transferId = await handOverFiles(DEVICE, [{ file: file(), path: 'dir/a.txt' }]);
    expect(taken?.purpose).toEqual({ type: 'send', transferId, deviceId: DEVICE });
    expect(taken?.files.map(({ path }) => path)).toEqual(['dir/a.txt']);
    expect(await taken?.files[0]?.file.text()).toBe('hello');
    stop();
  });

  it('thousands of files go piece by piece, in order, and each handle goes once', async () => {
    const sizes: number[] = [];
    const ears = new BroadcastChannel(HAND_OVER_CHANNEL);
    ears.onmessage = ({ data }) => {
      const sent = filesOf(data).length;
      if (sent > 0) sizes.push(sent);
    };
    let taken: HandOver | undefined;
    const stop = receiveHandOvers(async (handOver) => {
      taken = handOver;
    });
    const [one, root] = [file(), handleOf('trip')];
    const count = 2 * FILES_A_MESSAGE + 3;
    const files = Array.from({ length: count }, (_, i) => ({
      file: one,
      path: `trip/${i}`,
      handle: { root, below: [`${i}`] },
    }));
    await handOverFiles(DEVICE, files);
    expect(sizes).toEqual([FILES_A_MESSAGE, FILES_A_MESSAGE, 3]);
    expect(taken?.roots).toEqual([root]);
    expect(taken?.files).toHaveLength(count);
    expect(taken?.files.at(-1)).toMatchObject({
      path: `trip/${count - 1}`,
      original: { root: 0, below: [`${count - 1}`] },
    });
    ears.close();
    stop();
  });

  it('files go to the window of the document where the page sees it', async () => {
    const channelSaw: unknown[] = [];
    const ears = new BroadcastChannel(HAND_OVER_CHANNEL);
    ears.onmessage = ({ data }) => channelSaw.push(...filesOf(data));
    vi.stubGlobal('location', { origin: 'chrome-extension://x' });
    const world = new EventTarget();
    vi.stubGlobal('addEventListener', world.addEventListener.bind(world));
    let taken: HandOver | undefined;
    const stop = receiveHandOvers(async (handOver) => {
      taken = handOver;
    });
    const postFrom = (origin: string) => (data: unknown) => {
      world.dispatchEvent(Object.assign(new Event('message'), { data, origin }));
    };
    const stranger = { postMessage: postFrom('https://evil.example') };
    vi.useFakeTimers();
    const refused = handOverFiles(DEVICE, [{ file: file(), path: 'a' }], { find: () => stranger });
    const outcome = expect(refused).rejects.toMatchObject({ code: 'no-answer' });
    await vi.runAllTimersAsync();
    await outcome;
    vi.useRealTimers();
    expect(taken).toBeUndefined();

    const view = { postMessage: postFrom('chrome-extension://x') };
    await handOverFiles(DEVICE, [{ file: file(), path: 'a' }], { find: () => view });
    expect(taken?.files).toHaveLength(1);
    expect(channelSaw).toEqual([]);
    ears.close();
    stop();
  });

  it('files chosen again say which of the transfer they are', async () => {
    let taken: HandOver | undefined;
    const stop = receiveHandOvers(async (handOver) => {
      taken = handOver;
    });
    const transferId = '0f'.repeat(16);
    await handOverAgain(transferId, [{ file: file(), path: 'a', fileId: 7 }]);
    expect(taken).toMatchObject({
      purpose: { type: 'again', transferId },
      files: [{ path: 'a', fileId: 7 }],
    });
    stop();
  });

  it('two pages hand over at the same time, each its own', async () => {
    const taken: HandOver[] = [];
    const stop = receiveHandOvers(async (handOver) => {
      taken.push(handOver);
    });
    const ids = await Promise.all(
      ['a', 'b'].map((path) => handOverFiles(DEVICE, [{ file: file(), path }])),
    );
    const got = taken.map(({ purpose, files }) => [purpose.transferId, files[0]?.path]);
    expect(got).toEqual([
      [ids[0], 'a'],
      [ids[1], 'b'],
    ]);
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
    const stop = receiveHandOvers(async () => undefined);
    const unpostable = (() => {}) as unknown as File;
    await expect(handOverFiles(DEVICE, [{ file: unpostable, path: 'a' }])).rejects.toMatchObject({
      code: 'not-sent',
    });
    stop();
  });

  it('[BP1] nonsense on the channel reaches nobody', async () => {
    const seen: unknown[] = [];
    const stop = receiveHandOvers(async (handOver) => {
      seen.push(handOver);
    });
    const channel = new BroadcastChannel(HAND_OVER_CHANNEL);
    const id = '0f'.repeat(16);
    for (const message of [
      null,
      5,
      { type: 'files' },
      { type: 'begin', handOverId: id, purpose: { type: 'send', transferId: '../' }, roots: [] },
      { type: 'end', handOverId: id },
      { type: 'files', handOverId: id, files: [{ file: file(), path: 'a' }] },
    ])
      channel.postMessage(message);
    await handOverFiles(DEVICE, [{ file: file(), path: 'a' }]);
    expect(seen).toHaveLength(1);
    channel.close();
    stop();
  });
});
