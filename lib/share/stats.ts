/**
 * From the statistics of a media connection (W3C webrtc-stats), read about once a second, to what
 * the quality controller and a view need. Never throws, whatever the entries hold.
 */
import { readPath, type ConnectionPath, type PathSample, type StatsEntry } from '../ice/path.ts';
import { qpStrain } from './qp.ts';
import type { QualitySample } from './quality-controller.ts';
import type { Size } from './quality.ts';

/** What a view says of a stream. */
export interface StreamLine {
  /** Pixels of the picture on the line; null before the first frame. */
  readonly size: Size | null;
  /** Frames a second. */
  readonly fps: number;
  /** Bits a second, sound and headers included. */
  readonly bitrate: number;
  /** From the sharer's socket to the picture, ms; the sharer knows only its half of the way. */
  readonly delayMs: number | null;
  readonly path: Pick<ConnectionPath, 'kind' | 'sameNetwork' | 'transport'> | null;
  /** `video/VP9` and its like; empty while unknown. */
  readonly codec: string;
}

/** What the next reading is compared with. Opaque to callers. */
export interface StreamReading {
  readonly at: number;
  readonly counts: Counts;
  readonly path: PathSample | undefined;
}

interface Counts {
  readonly ssrcs: string;
  readonly bytes: number;
  /** Bits of the sound, with all headers. */
  readonly sound: number;
  readonly frames: number;
  readonly codingSeconds: number;
  readonly qp: number;
  readonly delaySeconds: number;
  readonly delayed: number;
  readonly reportAt: number;
}

/** Entries as `RTCStatsReport.values()` gives them: what is none is left out. */
export function decodeStats(values: Iterable<unknown>): StatsEntry[] {
  return [...values].filter(isEntry);
}

function isEntry(value: unknown): value is StatsEntry {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    'type' in value &&
    typeof value.type === 'string'
  );
}

/** The sharer's side. `sample` is null until there are two readings of the same streams. */
export function readSending(
  stats: readonly StatsEntry[],
  before?: StreamReading,
): {
  readonly sample: QualitySample | null;
  readonly line: StreamLine;
  readonly reading: StreamReading;
} {
  const streams = stats.filter(({ type }) => type === 'outbound-rtp');
  const video = largest(streams.filter(isVideo));
  const report = stats.find(
    ({ type, localId }) => type === 'remote-inbound-rtp' && localId === video?.id,
  );
  const route = readPath(stats, before?.path);
  const counts: Counts = {
    ssrcs: idsOf(streams),
    bytes: bytesOf(streams),
    sound: soundBits(streams.filter(({ kind }) => kind === 'audio')),
    frames: count(video?.framesEncoded),
    codingSeconds: count(video?.totalEncodeTime),
    qp: count(video?.qpSum),
    delaySeconds: 0,
    delayed: 0,
    reportAt: count(report?.timestamp),
  };
  const reading = { at: timeOf(stats), counts, path: route?.sample };
  const since = deltaOf(reading, before);
  const rttMs = seconds(report?.roundTripTime) ?? route?.path.rttMs ?? null;
  const codec = codecOf(stats, video);
  const line: StreamLine = {
    size: sizeOf(video?.frameWidth, video?.frameHeight),
    fps: since?.fps ?? count(video?.framesPerSecond),
    bitrate: since?.bitrate ?? 0,
    delayMs: rttMs === null ? null : rttMs / 2,
    path: pathOf(route?.path),
    codec,
  };
  if (since === null) return { sample: null, line, reading };
  const source = stats.find(({ id }) => id === video?.mediaSourceId);
  const isNew = report !== undefined && counts.reportAt !== before?.counts.reportAt;
  const sample: QualitySample = {
    at: reading.at,
    loss: isNew ? part(report.fractionLost) : null,
    rttMs,
    available: availableOf(stats),
    audio: streams.some(({ kind, active }) => kind === 'audio' && active !== false),
    sound: since.sound,
    source: sizeOf(source?.width, source?.height),
    encodeMs: since.frames > 0 ? (since.codingSeconds / since.frames) * 1000 : null,
    fps: since.fps,
    strain: since.frames > 0 ? qpStrain(codec, since.qp / since.frames) : null,
  };
  return { sample, line, reading };
}

/** IPv4, UDP, the tag of SRTP and a relay's own header: what congestion control counts as well. */
const PACKET_OVERHEAD_BYTES = 28 + 16 + 4;

function bytesOf(streams: readonly StatsEntry[]): number {
  return sum(streams, 'bytesSent') + sum(streams, 'headerBytesSent');
}

function soundBits(streams: readonly StatsEntry[]): number {
  return (bytesOf(streams) + sum(streams, 'packetsSent') * PACKET_OVERHEAD_BYTES) * 8;
}

/** The viewer's side. */
export function readReceiving(
  stats: readonly StatsEntry[],
  before?: StreamReading,
): { readonly line: StreamLine; readonly frames: number; readonly reading: StreamReading } {
  const streams = stats.filter(({ type }) => type === 'inbound-rtp');
  const video = largest(streams.filter(isVideo));
  const route = readPath(stats, before?.path);
  const counts: Counts = {
    ssrcs: idsOf(streams),
    bytes: sum(streams, 'bytesReceived') + sum(streams, 'headerBytesReceived'),
    sound: 0,
    frames: count(video?.framesDecoded),
    codingSeconds: count(video?.totalDecodeTime),
    qp: 0,
    ...delayCounts(video),
    reportAt: 0,
  };
  const reading = { at: timeOf(stats), counts, path: route?.sample };
  const since = deltaOf(reading, before);
  const rttMs = route?.path.rttMs ?? null;
  const heldMs =
    since !== null && since.delayed > 0 ? (since.delaySeconds / since.delayed) * 1000 : null;
  const line: StreamLine = {
    size: sizeOf(video?.frameWidth, video?.frameHeight),
    fps: since?.fps ?? count(video?.framesPerSecond),
    bitrate: since?.bitrate ?? 0,
    delayMs: heldMs === null || rttMs === null ? null : rttMs / 2 + heldMs,
    path: pathOf(route?.path),
    codec: codecOf(stats, video),
  };
  return { line, frames: counts.frames, reading };
}

/**
 * From a frame's first packet to its picture. Firefox has no `totalProcessingDelay`: there it is
 * the jitter buffer and the decoder.
 */
function delayCounts(video: StatsEntry | undefined): Pick<Counts, 'delaySeconds' | 'delayed'> {
  if (typeof video?.totalProcessingDelay === 'number') {
    return { delaySeconds: count(video.totalProcessingDelay), delayed: count(video.framesDecoded) };
  }
  const held = count(video?.jitterBufferDelay) + count(video?.totalDecodeTime);
  return { delaySeconds: held, delayed: count(video?.jitterBufferEmittedCount) };
}

interface Delta {
  readonly fps: number;
  readonly bitrate: number;
  readonly sound: number;
  readonly frames: number;
  readonly codingSeconds: number;
  readonly qp: number;
  readonly delaySeconds: number;
  readonly delayed: number;
}

/** Null where there is nothing to compare: the first reading, other streams, no time between. */
function deltaOf(now: StreamReading, before: StreamReading | undefined): Delta | null {
  if (before === undefined || before.counts.ssrcs !== now.counts.ssrcs) return null;
  const elapsed = (now.at - before.at) / 1000;
  if (!(elapsed > 0)) return null;
  const since = (name: Exclude<keyof Counts, 'ssrcs'>) =>
    Math.max(0, now.counts[name] - before.counts[name]);
  return {
    fps: since('frames') / elapsed,
    bitrate: (since('bytes') * 8) / elapsed,
    sound: since('sound') / elapsed,
    frames: since('frames'),
    codingSeconds: since('codingSeconds'),
    qp: since('qp'),
    delaySeconds: since('delaySeconds'),
    delayed: since('delayed'),
  };
}

/** Of the pair in use: the estimate of congestion control. Firefox tells none. */
function availableOf(stats: readonly StatsEntry[]): number | null {
  const transport = stats.find(({ type }) => type === 'transport');
  const pairs = stats.filter(({ type }) => type === 'candidate-pair');
  const pair =
    pairs.find(({ id }) => id === transport?.selectedCandidatePairId) ??
    pairs.find(({ nominated, state }) => nominated === true && state === 'succeeded');
  const available = count(pair?.availableOutgoingBitrate);
  return available > 0 ? available : null;
}

function pathOf(path: ConnectionPath | undefined): StreamLine['path'] {
  if (path === undefined) return null;
  const { kind, sameNetwork, transport } = path;
  return { kind, sameNetwork, transport };
}

function codecOf(stats: readonly StatsEntry[], video: StatsEntry | undefined): string {
  const codec = stats.find(({ id, type }) => type === 'codec' && id === video?.codecId);
  return typeof codec?.mimeType === 'string' ? codec.mimeType.slice(0, 40) : '';
}

function isVideo({ kind }: StatsEntry): boolean {
  return kind === 'video';
}

/** With several encodings the largest is the one that is looked at. */
function largest(streams: readonly StatsEntry[]): StatsEntry | undefined {
  return streams.toSorted((a, b) => count(b.frameHeight) - count(a.frameHeight))[0];
}

function idsOf(streams: readonly StatsEntry[]): string {
  return streams
    .map(({ id }) => id)
    .toSorted()
    .join(' ');
}

function sum(entries: readonly StatsEntry[], member: string): number {
  return entries.reduce((total, entry) => total + count(entry[member]), 0);
}

function sizeOf(width: unknown, height: unknown): Size | null {
  const size = { width: count(width), height: count(height) };
  return size.width > 0 && size.height > 0 ? size : null;
}

/** All entries of one report have nearly the same. */
function timeOf(stats: readonly StatsEntry[]): number {
  return stats.reduce((latest, { timestamp }) => Math.max(latest, count(timestamp)), 0);
}

function count(value: unknown): number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : 0;
}

function part(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : null;
}

/** A round trip longer than an hour is a fault of the report. */
function seconds(value: unknown): number | null {
  return typeof value === 'number' && value > 0 && value < 3_600 ? value * 1000 : null;
}
