import { beforeEach, describe, expect, it, vi } from 'vitest';
import { bindingOf, WorkerLanes } from '../../../entrypoints/offscreen/worker-lanes.ts';
import type { EngineRequest } from '../../../lib/messaging/engine.ts';
import { fromHex, randomBytes } from '../../../lib/crypto/bytes.ts';
import type { ByteChannel } from '../../../lib/protocol/byte-channel.ts';
import { DataChannelBytes } from '../../../lib/rtc/data-channel.ts';
import { bindChannel } from '../../../lib/session/bound-channel.ts';
import { fakeChannelPair, type FakeChannel } from '../rtc/fake-channel.ts';

const SESSION = 'a-session';
const PC_ID = '0123456789abcdef0123456789abcdef';

const ends = { ownFingerprint: randomBytes(32), peerFingerprint: randomBytes(32) };
const secure = {
  type: 'lane-secure',
  sessionId: SESSION,
  pcId: PC_ID,
  ...ends,
  maxMessageSize: 262_144,
} as const satisfies EngineRequest;

describe('lanes in the worker', () => {
  let bindKey: Uint8Array;
  let own: FakeChannel;
  let far: FakeChannel;
  let added: ByteChannel[];
  let failed: string[];
  let broken: string[];
  let lanes: WorkerLanes;

  beforeEach(() => {
    bindKey = randomBytes(32);
    [own, far] = fakeChannelPair();
    own.open();
    far.open();
    added = [];
    failed = [];
    broken = [];
    lanes = new WorkerLanes({
      addLane: (_sessionId, _pcId, channel) => added.push(channel),
      laneNews: (_sessionId, { type, pcId }) => failed.push(`${type} ${pcId}`),
      bindingFailed: (sessionId) => broken.push(sessionId),
    });
    lanes.open(SESSION, 'i2r', bindKey);
  });

  function take(sessionId = SESSION): void {
    const channel = own as unknown as RTCDataChannel;
    lanes.take({ sessionId, pcId: PC_ID, channel });
  }

  /** The peer proves what it saw. */
  function peerProves(key: Uint8Array, pcId = PC_ID): Promise<ByteChannel> {
    const raw = new DataChannelBytes(far as unknown as RTCDataChannel);
    const seen = { ownFingerprint: ends.peerFingerprint, peerFingerprint: ends.ownFingerprint };
    return bindChannel(raw, bindingOf(key, 'r2i', fromHex(pcId), seen));
  }

  it('[LN2][BD2] a lane proved under the session’s key joins it', async () => {
    take();
    const proved = peerProves(bindKey);
    await lanes.secure(secure);
    await proved;
    expect(added).toHaveLength(1);
    expect(added[0]?.maxMessageSize).toBe(262_144);
    expect([failed, broken]).toEqual([[], []]);
  });

  it('[BD4] a proof under another key ends the session', async () => {
    take();
    peerProves(randomBytes(32)).catch(() => undefined);
    await lanes.secure(secure);
    expect(broken).toEqual([SESSION]);
    expect(added).toEqual([]);
  });

  it('[BD4] so does the proof of another lane', async () => {
    take();
    peerProves(bindKey, PC_ID.replaceAll('0', 'f')).catch(() => undefined);
    await lanes.secure(secure);
    expect(broken).toEqual([SESSION]);
    expect(added).toEqual([]);
  });

  it('[LN2] a channel that closes before its proof is a lane that failed, no more', async () => {
    take();
    const secured = lanes.secure(secure);
    far.close();
    await secured;
    expect(failed).toEqual([`lane-failed ${PC_ID}`]);
    expect(broken).toEqual([]);
  });

  it('closes the channels of a session that is gone, and takes none for it', async () => {
    take();
    lanes.close(SESSION);
    await vi.waitFor(() => expect(own.readyState).toBe('closed'));
    await lanes.secure(secure);
    expect([added, failed, broken]).toEqual([[], [], []]);
    [own] = fakeChannelPair();
    take();
    expect(own.readyState).toBe('closed');
  });

  it('keeps a copy of the key: the request’s own is wiped', async () => {
    take();
    const key = bindKey.slice();
    bindKey.fill(0);
    const proved = peerProves(key);
    await lanes.secure(secure);
    await proved;
    expect(added).toHaveLength(1);
  });

  it('a lane that is dropped before its proof is closed', () => {
    take();
    lanes.drop(SESSION, PC_ID);
    expect(own.readyState).toBe('closed');
  });
});
