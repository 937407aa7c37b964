import { beforeEach, describe, expect, it, vi } from 'vitest';
import { bindingOf } from '../../../entrypoints/offscreen/worker-lanes.ts';
import { WorkerMedia } from '../../../entrypoints/offscreen/worker-media.ts';
import { fromHex, randomBytes } from '../../../lib/crypto/bytes.ts';
import type { EngineReport } from '../../../lib/messaging/engine.ts';
import type { FrameKeys } from '../../../lib/messaging/frames.ts';
import { DataChannelBytes } from '../../../lib/rtc/data-channel.ts';
import { bindChannel } from '../../../lib/session/bound-channel.ts';
import { fakeChannelPair, type FakeChannel } from '../rtc/fake-channel.ts';

const sessionId = 'a-session';
const pcId = '0123456789abcdef0123456789abcdef';
const ends = { ownFingerprint: randomBytes(32), peerFingerprint: randomBytes(32) };
const secure = { type: 'media-secure', sessionId, pcId, ...ends, maxMessageSize: 1024 } as const;

describe('media in the engine’s worker', () => {
  let keys: { bind: Uint8Array<ArrayBuffer>; media: Uint8Array<ArrayBuffer> };
  let own: FakeChannel;
  let far: FakeChannel;
  let reports: EngineReport[];
  let media: WorkerMedia;

  beforeEach(() => {
    keys = { bind: randomBytes(32), media: randomBytes(32) };
    [own, far] = fakeChannelPair();
    own.open();
    far.open();
    reports = [];
    media = new WorkerMedia((report) => reports.push(report));
    media.open(sessionId, 'i2r', keys);
  });

  function take(): void {
    const channel = own as unknown as RTCDataChannel;
    void media.handle({ type: 'media-channel', sessionId, pcId, channel });
  }

  async function peerProves(key: Uint8Array): Promise<void> {
    const raw = new DataChannelBytes(far as unknown as RTCDataChannel);
    const seen = { ownFingerprint: ends.peerFingerprint, peerFingerprint: ends.ownFingerprint };
    await bindChannel(raw, bindingOf(key, 'r2i', fromHex(pcId), seen)).catch(() => undefined);
  }

  it('[SH4][BD2] tells that the peer proved itself; what it says on `bind` then is not kept', async () => {
    take();
    const proved = peerProves(keys.bind);
    await media.handle(secure);
    await proved;
    expect(reports).toEqual([{ type: 'media-bound', sessionId, pcId }]);
    for (let i = 0; i < 100; i++) far.send(new Uint8Array(1_000_000));
    await vi.waitFor(() => expect(far.bufferedAmount).toBe(0));
    expect(own.readyState).toBe('open');
    await media.handle({ type: 'media-drop', sessionId, pcId });
    expect(own.readyState).toBe('closed');
  });

  it('[BD4] a wrong proof ends the session', async () => {
    take();
    void peerProves(randomBytes(32));
    await media.handle(secure);
    expect(reports).toEqual([{ type: 'binding-failed', sessionId }]);
  });

  it('[SH4] one that closes before its proof is only that connection’s end', async () => {
    take();
    const secured = media.handle(secure);
    far.close();
    await secured;
    expect(reports).toEqual([{ type: 'media-unbound', sessionId, pcId }]);
  });

  it('one that is dropped before its proof is closed, and so are all with their session', async () => {
    take();
    await media.handle({ type: 'media-drop', sessionId, pcId });
    expect(own.readyState).toBe('closed');
    [own, far] = fakeChannelPair();
    own.open();
    far.open();
    take();
    void peerProves(keys.bind);
    await media.handle(secure);
    media.close(sessionId);
    expect(own.readyState).toBe('closed');
    expect(reports).toEqual([{ type: 'media-bound', sessionId, pcId }]);
  });

  describe('[SF2] the key of frames', () => {
    function port(): { given: FrameKeys[]; moved: Transferable[][] } {
      const [given, moved]: [FrameKeys[], Transferable[][]] = [[], []];
      const fake = {
        postMessage(message: FrameKeys, transfer: Transferable[]) {
          given.push(structuredClone(message, { transfer }));
          moved.push(transfer);
        },
      };
      void media.handle({ type: 'frames-port', port: fake as unknown as MessagePort });
      return { given, moved };
    }

    it('goes to the worker of frames when it is asked for, transferred', async () => {
      const { given, moved } = port();
      await media.handle({ type: 'media-keys', sessionId });
      expect(given).toEqual([{ sessionId, role: 'i2r', mediaKey: keys.media }]);
      // No copy of it stays behind.
      expect(moved).toMatchObject([[{ byteLength: 0 }]]);
    });

    it('is a copy: the request’s own is wiped, and handed out again to a new worker', async () => {
      const media32 = keys.media.slice();
      keys.media.fill(0);
      const { given } = port();
      await media.handle({ type: 'media-keys', sessionId });
      await media.handle({ type: 'media-keys', sessionId });
      expect(given.map(({ mediaKey }) => mediaKey)).toEqual([media32, media32]);
    });

    it('is not there without a worker, for another session, or after the session', async () => {
      await media.handle({ type: 'media-keys', sessionId });
      const { given } = port();
      await media.handle({ type: 'media-keys', sessionId: 'another' });
      media.close(sessionId);
      await media.handle({ type: 'media-keys', sessionId });
      expect(given).toEqual([]);
    });
  });
});
