/** What a person chooses for a share, and what it means to encoder and track. */

export const QUALITIES = ['auto', '720p', '1080p', '4k'] as const;
export type Quality = (typeof QUALITIES)[number];

/** "Sharp text" and "Smooth motion". */
export const CONTENTS = ['text', 'motion'] as const;
export type Content = (typeof CONTENTS)[number];

export interface QualitySettings {
  readonly quality: Quality;
  readonly content: Content;
}

export const DEFAULT_QUALITY: QualitySettings = { quality: 'auto', content: 'text' };

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The most that is sent; the line and the processor may allow less. */
export interface Ceiling extends Size {
  /** Bits a second of video. */
  readonly bitrate: number;
}

export const MAX_FPS = 30;

export const PRESETS = {
  '720p': { width: 1280, height: 720, bitrate: 1_500_000 },
  '1080p': { width: 1920, height: 1080, bitrate: 3_000_000 },
  '4k': { width: 3840, height: 2160, bitrate: 8_000_000 },
} as const satisfies Record<Exclude<Quality, 'auto'>, Ceiling>;

/**
 * Auto takes the smallest preset that holds the picture, and never 4K: an encoder in software has
 * four times as much to do there, which only a person can want.
 */
export function ceilingOf(quality: Quality, source: Size | null): Ceiling {
  if (quality !== 'auto') return PRESETS[quality];
  return source !== null && downscale(source, PRESETS['720p']) <= 1
    ? PRESETS['720p']
    : PRESETS['1080p'];
}

/**
 * By what a picture is divided to fit, at least 1. A tall picture may be as tall as a wide one is
 * wide.
 */
export function downscale(source: Size, into: Size): number {
  const long = Math.max(source.width, source.height) / Math.max(into.width, into.height);
  const short = Math.min(source.width, source.height) / Math.min(into.width, into.height);
  return Math.max(1, long, short);
}

/** W3C mst-content-hint; `degradationPreference` of RTCRtpSendParameters. */
export interface TrackHints {
  readonly contentHint: 'text' | 'motion';
  readonly degradationPreference: 'maintain-resolution' | 'maintain-framerate';
}

export function hintsOf(content: Content): TrackHints {
  return content === 'text'
    ? { contentHint: 'text', degradationPreference: 'maintain-resolution' }
    : { contentHint: 'motion', degradationPreference: 'maintain-framerate' };
}
