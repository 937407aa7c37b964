import { describe, expect, it } from 'vitest';
import { FlowWatch } from '../../../lib/share/flow-watch.ts';
import { qpStrain } from '../../../lib/share/qp.ts';
import {
  decodeStats,
  readReceiving,
  readSending,
  type StreamReading,
} from '../../../lib/share/stats.ts';
import { STALL_MS } from '../../../lib/share/constants.ts';
import type { StatsEntry } from '../../../lib/ice/path.ts';
import { Mutator } from '../../fuzz/mutate.ts';

const AT = 1_800_000_000_000;

/** As Chromium tells them; only what is read, and a few others. */
function sending(n: number, over: Record<string, unknown> = {}): StatsEntry[] {
  const timestamp = AT + n * 1000;
  return [
    {
      id: 'OT01V',
      type: 'outbound-rtp',
      kind: 'video',
      timestamp,
      ssrc: 1,
      codecId: 'COT01_98',
      mediaSourceId: 'SV1',
      remoteId: 'RIV1',
      bytesSent: n * 100_000,
      headerBytesSent: n * 5_000,
      packetsSent: n * 100,
      framesEncoded: n * 25,
      framesPerSecond: 24,
      totalEncodeTime: n * 0.3,
      qpSum: n * 25 * 163,
      frameWidth: 1280,
      frameHeight: 720,
      active: true,
      ...over,
    },
    {
      id: 'OT01A',
      type: 'outbound-rtp',
      kind: 'audio',
      timestamp,
      ssrc: 2,
      bytesSent: n * 10_000,
      headerBytesSent: n * 1_000,
      packetsSent: n * 50,
      active: true,
    },
    { id: 'COT01_98', type: 'codec', timestamp, mimeType: 'video/VP9', payloadType: 98 },
    { id: 'SV1', type: 'media-source', kind: 'video', timestamp, width: 1920, height: 1080 },
    {
      id: 'RIV1',
      type: 'remote-inbound-rtp',
      kind: 'video',
      localId: 'OT01V',
      // Reports come less often than they are read.
      timestamp: AT + Math.floor(n / 2) * 2000,
      fractionLost: 0.02,
      roundTripTime: 0.06,
      packetsLost: n,
    },
    ...route(timestamp, n),
  ];
}

function receiving(n: number, over: Record<string, unknown> = {}): StatsEntry[] {
  const timestamp = AT + n * 1000;
  return [
    {
      id: 'IT01V',
      type: 'inbound-rtp',
      kind: 'video',
      timestamp,
      codecId: 'CIT01_98',
      bytesReceived: n * 100_000,
      headerBytesReceived: n * 5_000,
      framesDecoded: n * 25,
      framesPerSecond: 25,
      totalDecodeTime: n * 0.1,
      jitterBufferDelay: n * 0.75,
      jitterBufferEmittedCount: n * 25,
      totalProcessingDelay: n * 1,
      frameWidth: 1280,
      frameHeight: 720,
      ...over,
    },
    { id: 'CIT01_98', type: 'codec', timestamp, mimeType: 'video/VP9', payloadType: 98 },
    ...route(timestamp, n),
  ];
}

function route(timestamp: number, n: number): StatsEntry[] {
  return [
    { id: 'T01', type: 'transport', timestamp, selectedCandidatePairId: 'CP2', bytesSent: n },
    { id: 'CP1', type: 'candidate-pair', timestamp, availableOutgoingBitrate: 7 },
    {
      id: 'CP2',
      type: 'candidate-pair',
      timestamp,
      localCandidateId: 'L1',
      remoteCandidateId: 'R1',
      state: 'succeeded',
      nominated: true,
      currentRoundTripTime: 0.05,
      availableOutgoingBitrate: 2_500_000,
    },
    {
      id: 'L1',
      type: 'local-candidate',
      timestamp,
      candidateType: 'host',
      address: '192.168.0.2',
      protocol: 'udp',
    },
    {
      id: 'R1',
      type: 'remote-candidate',
      timestamp,
      candidateType: 'host',
      address: '192.168.0.3',
      port: 5,
    },
  ];
}

const PATH = { kind: 'direct', sameNetwork: true, transport: 'udp' };

describe('[SH11] the sharer’s statistics', () => {
  it('two readings make a sample', () => {
    const first = readSending(sending(2));
    expect(first.sample).toBeNull();
    const { sample, line } = readSending(sending(4), first.reading);
    expect(sample).toEqual({
      at: AT + 4000,
      loss: 0.02,
      rttMs: 60,
      available: 2_500_000,
      audio: true,
      sound: 8 * (11_000 + 50 * 48),
      source: { width: 1920, height: 1080 },
      encodeMs: 12,
      fps: 25,
      strain: 0.25,
    });
    expect(line).toEqual({
      size: { width: 1280, height: 720 },
      fps: 25,
      bitrate: 8 * 116_000,
      delayMs: 30,
      path: PATH,
      codec: 'video/VP9',
    });
  });

  it('a report that was seen before says nothing about loss', () => {
    const { reading } = readSending(sending(2));
    expect(readSending(sending(3), reading).sample?.loss).toBeNull();
    const without = sending(4).filter(({ type }) => type !== 'remote-inbound-rtp');
    const { sample } = readSending(without, reading);
    expect(sample).toMatchObject({ loss: null, rttMs: 50 });
  });

  it('no frame in between: nothing is said about encoding', () => {
    const { reading } = readSending(sending(2));
    const still = sending(3, { framesEncoded: 50, totalEncodeTime: 0.6, qpSum: 50 * 163 });
    expect(readSending(still, reading).sample).toMatchObject({
      fps: 0,
      encodeMs: null,
      strain: null,
    });
  });

  it('other streams, or no time between: no sample', () => {
    const { reading } = readSending(sending(2));
    const others = sending(3).map((entry) =>
      entry.id === 'OT01V' ? { ...entry, id: 'OT09V' } : entry,
    );
    expect(readSending(others, reading).sample).toBeNull();
    expect(readSending(sending(2), reading).sample).toBeNull();
    expect(readSending(sending(1), reading).sample).toBeNull();
  });

  it('Firefox tells less, and what there is is used', () => {
    const less = (n: number) =>
      sending(n, { qpSum: undefined, mediaSourceId: undefined }).flatMap((entry) => {
        if (entry.type === 'transport') return [];
        if (entry.id !== 'CP2') return [entry];
        return [{ ...entry, availableOutgoingBitrate: undefined, selected: true }];
      });
    const { reading } = readSending(less(2));
    const { sample, line } = readSending(less(4), reading);
    expect(sample).toMatchObject({ available: null, strain: null, source: null, fps: 25 });
    expect(line.path).toEqual(PATH);
  });

  it('counters that fall are taken for none', () => {
    const { reading } = readSending(sending(4));
    const restarted = sending(6, { bytesSent: 0, headerBytesSent: 0, framesEncoded: 0 });
    const { sample, line } = readSending(restarted, reading);
    expect(sample?.fps).toBe(0);
    expect(line.bitrate).toBeGreaterThanOrEqual(0);
  });
});

describe('[SH11] the viewer’s line', () => {
  it('resolution, frames, bit rate, delay and path', () => {
    const first = readReceiving(receiving(2));
    expect(first.line).toMatchObject({ fps: 25, bitrate: 0, delayMs: null });
    const { line, frames } = readReceiving(receiving(3), first.reading);
    expect(line).toEqual({
      size: { width: 1280, height: 720 },
      fps: 25,
      bitrate: 840_000,
      // Half of the round trip, and a frame's 40 ms from its first packet on.
      delayMs: 65,
      path: PATH,
      codec: 'video/VP9',
    });
    expect(frames).toBe(75);
  });

  it('where the browser does not tell the whole delay: jitter buffer and decoder', () => {
    const over = { totalProcessingDelay: undefined };
    const { reading } = readReceiving(receiving(2, over));
    expect(readReceiving(receiving(3, over), reading).line.delayMs).toBeCloseTo(25 + 34);
  });

  it('no frame in between: no delay is told', () => {
    const { reading } = readReceiving(receiving(2));
    const still = receiving(3, { framesDecoded: 50, totalProcessingDelay: 2 });
    expect(readReceiving(still, reading).line).toMatchObject({ fps: 0, delayMs: null });
  });

  it('before anything has come', () => {
    const { line, frames } = readReceiving([]);
    expect(line).toEqual({ size: null, fps: 0, bitrate: 0, delayMs: null, path: null, codec: '' });
    expect(frames).toBe(0);
  });
});

it('[BP1] what is no entry of statistics is left out', () => {
  const good = { id: 'a', type: 'codec' };
  expect(decodeStats([null, 1, 'x', [], {}, { id: 1, type: 'codec' }, { id: 'b' }, good])).toEqual([
    good,
  ]);
});

it('[BP1] 3,000 mutated reports: numbers or null, never anything else', () => {
  const mutator = new Mutator(11);
  let [sent, received]: (StreamReading | undefined)[] = [undefined, undefined];
  for (let i = 0; i < 3000; i++) {
    const mutated = (entries: StatsEntry[]): StatsEntry[] => {
      const value = mutator.json(JSON.parse(JSON.stringify(entries)) as unknown);
      return decodeStats(Array.isArray(value) ? value : []);
    };
    const sender = readSending(mutated(sending(i)), sent);
    const viewer = readReceiving(mutated(receiving(i)), received);
    [sent, received] = [sender.reading, viewer.reading];
    for (const line of [sender.line, viewer.line]) {
      for (const value of [line.fps, line.bitrate, line.delayMs ?? 0, line.size?.width ?? 0]) {
        if (!Number.isFinite(value) || value < 0) throw new Error(`input ${i}: ${value}`);
      }
    }
    for (const value of Object.values(sender.sample ?? {})) {
      if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`input ${i}`);
    }
  }
});

it('quantizers of all codecs on one scale', () => {
  expect(qpStrain('video/VP8', 29)).toBe(0);
  expect(qpStrain('video/VP8', 95)).toBe(1);
  expect(qpStrain('video/VP9', 177)).toBe(0.5);
  expect(qpStrain('video/AV1', 85)).toBe(-1);
  expect(qpStrain('video/H264', 37)).toBe(1);
  expect(qpStrain('video/VP9', 0)).toBeNull();
  expect(qpStrain('video/unheard-of', 100)).toBeNull();
  expect(qpStrain('', 100)).toBeNull();
});

describe('whether a picture moves on', () => {
  it('stalls after three seconds without a frame, and comes back with the next', () => {
    const watch = new FlowWatch();
    expect(watch.look(0, 0)).toBe(false);
    expect(watch.look(10_000, 0)).toBe(false);
    expect(watch.look(11_000, 1)).toBe(true);
    expect(watch.look(11_000 + STALL_MS - 1, 1)).toBe(true);
    expect(watch.look(11_000 + STALL_MS, 1)).toBe(false);
    expect(watch.look(20_000, 2)).toBe(true);
  });

  it('another connection counts from nothing', () => {
    const watch = new FlowWatch();
    watch.look(0, 500);
    expect(watch.look(1_000, 0)).toBe(false);
    expect(watch.look(2_000, 3)).toBe(true);
  });
});
