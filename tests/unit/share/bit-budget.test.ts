import { describe, expect, it } from 'vitest';
import { BitBudget, LEAST_BITRATE, type LineSample } from '../../../lib/share/bit-budget.ts';

const CEILING = 3_000_000;
const CALM = { loss: 0, rttMs: 40, available: null, audio: false, sound: null };

/** A sample a second; answers the video's part. */
class Line {
  readonly budget = new BitBudget();
  now = 0;

  tick(sample: Partial<LineSample> = {}, ceiling = CEILING): number {
    this.now += 1000;
    return this.budget.tick({ ...CALM, at: this.now, ...sample }, ceiling).video;
  }

  /** The browser's estimate has found its feet. */
  begun(): this {
    for (let i = 0; i < 5; i++) this.tick();
    return this;
  }
}

describe('[SH11] down at once', () => {
  it('to nine tenths of what the browser says the line carries', () => {
    const line = new Line().begun();
    expect(line.tick({ available: 1_000_000 })).toBe(900_000);
    expect(line.tick({ available: 150_000 })).toBe(135_000);
    expect(line.tick({ available: 10_000 })).toBe(LEAST_BITRATE);
  });

  it('also where a person chose more, or the picture grew: the line is the same', () => {
    const line = new Line().begun();
    expect(line.tick({ available: 2_000_000 }, 1_500_000)).toBe(1_500_000);
    expect(line.tick({ available: 2_000_000 }, 8_000_000)).toBe(1_800_000);
  });

  it('what the browser says in its first seconds is not believed', () => {
    const line = new Line();
    for (let i = 0; i < 3; i++) expect(line.tick({ available: 300_000 })).toBe(CEILING);
    expect(line.tick({ available: 300_000 })).toBe(270_000);
  });

  it('by half of a loss over a tenth, again when the first cut had time to show', () => {
    const line = new Line().begun();
    expect(line.tick({ loss: 0.09 })).toBe(CEILING);
    expect(line.tick({ loss: 0.2 })).toBeCloseTo(CEILING * 0.9);
    expect(line.tick({ loss: 0.2 })).toBeCloseTo(CEILING * 0.9);
    expect(line.tick({ loss: 0.2 })).toBeCloseTo(CEILING * 0.81);
  });

  it('once where the browser says what is left: its estimate has seen the loss and the queue', () => {
    const line = new Line().begun();
    expect(line.tick({ available: 300_000, loss: 0.7, rttMs: 400 })).toBe(270_000);
    expect(line.tick({ available: 300_000, loss: 0.7, rttMs: 400 })).toBe(270_000);
    // A report without it in between is no other line; after some seconds loss and queue lead.
    expect(line.tick({ loss: 0.7, rttMs: 400 })).toBe(270_000);
    for (let i = 0; i < 2; i++) line.tick({ loss: 0.2 });
    expect(line.tick({ loss: 0.2 })).toBeLessThan(270_000);
  });

  it('by a seventh when a queue stands on the way; a long way is none', () => {
    const line = new Line().begun();
    expect(line.tick({ rttMs: 170 })).toBe(CEILING);
    expect(line.tick({ rttMs: 200 })).toBeCloseTo(CEILING * 0.85);
    const far = new Line();
    for (let i = 0; i < 90; i++) expect(far.tick({ rttMs: 400 })).toBe(CEILING);
  });

  it('a clock that is set back holds up neither the next cut nor the way up', () => {
    const line = new Line().begun();
    line.tick({ loss: 0.2 });
    line.now -= 3_600_000;
    line.tick();
    const before = line.tick();
    expect(line.tick({ loss: 0.2 })).toBeCloseTo(before * 0.9);
    for (let i = 0; i < 10; i++) line.tick();
    expect(line.tick()).toBeGreaterThan(before);
  });

  it('another way is longer: after a minute that is its round trip', () => {
    const line = new Line().begun();
    for (let i = 0; i < 65; i++) line.tick({ rttMs: 300 });
    const before = line.tick({ rttMs: 300 });
    expect(line.tick({ rttMs: 300 })).toBeGreaterThanOrEqual(before);
  });
});

describe('[SH11] up slowly', () => {
  it('holds for three calm seconds, then 8 % a second, 16 % after fifteen', () => {
    const line = new Line().begun();
    const low = line.tick({ available: 200_000 });
    expect([line.tick(), line.tick(), line.tick()]).toEqual([low, low, low]);
    let before = low;
    for (let second = 4; second <= 25; second++) {
      const now = line.tick();
      expect(now / before, `${second}`).toBeCloseTo(second <= 15 ? 1.08 : 1.16);
      before = now;
    }
  });

  it('16 % below what the browser says is there', () => {
    const line = new Line().begun();
    let before = line.tick({ available: 100_000 });
    for (let i = 0; i < 3; i++) expect(line.tick({ available: 200_000 })).toBe(before);
    for (let i = 0; i < 4; i++) {
      const now = line.tick({ available: 200_000 });
      expect(now / before).toBeCloseTo(1.16);
      before = now;
    }
  });

  it('never past what the browser says, nor past the ceiling', () => {
    const line = new Line().begun();
    line.tick({ available: 200_000 });
    for (let i = 0; i < 60; i++) line.tick({ available: 500_000 });
    expect(line.tick({ available: 500_000 })).toBe(450_000);
    for (let i = 0; i < 60; i++) line.tick({ available: 50e6 });
    expect(line.tick({ available: 50e6 })).toBe(CEILING);
  });

  it('a loss of some percent holds it', () => {
    const line = new Line().begun();
    const low = line.tick({ available: 200_000 });
    for (let i = 0; i < 30; i++) expect(line.tick({ loss: 0.05 })).toBe(low);
  });

  it('once it was back at the ceiling, a higher one is taken at once', () => {
    const line = new Line().begun();
    line.tick({ available: 200_000 });
    for (let i = 0; i < 60; i++) line.tick();
    expect(line.tick({}, 8_000_000)).toBe(8_000_000);
    expect(line.tick({}, 1_500_000)).toBe(1_500_000);
  });

  it('a sample every five seconds climbs as far as five', () => {
    const [often, rarely] = [new Line().begun(), new Line().begun()];
    for (const line of [often, rarely]) line.tick({ available: 200_000 });
    for (let i = 0; i < 10; i++) often.tick();
    for (let i = 0; i < 2; i++) {
      rarely.now += 4000;
      rarely.tick();
    }
    const [a, b] = [often.tick(), rarely.tick()];
    expect(b / a).toBeGreaterThan(0.9);
    expect(b / a).toBeLessThan(1.3);
  });
});

it('[SH11] sound is counted with its headers, and has less where there is little', () => {
  const line = new Line().begun();
  const tick = (available: number) => {
    line.now += 1000;
    return line.budget.tick({ ...CALM, at: line.now, available, audio: true }, CEILING);
  };
  expect(tick(2_000_000)).toEqual({ video: 1_800_000 - 96_000 - 38_000, audio: 96_000 });
  expect(tick(300_000)).toEqual({ video: 270_000 - 32_000 - 38_000, audio: 32_000 });
  expect(tick(150_000)).toEqual({ video: 135_000 - 20_000 - 38_000, audio: 20_000 });
});

it('[SH11] sound that is silent leaves its part to the picture, until some seconds after it spoke', () => {
  const line = new Line().begun();
  const tick = (sound: number) => line.tick({ available: 150_000, audio: true, sound });
  expect(tick(60_000)).toBe(135_000 - 60_000);
  for (let i = 0; i < 4; i++) expect(tick(2_000)).toBe(75_000);
  for (let i = 0; i < 15; i++) tick(2_000);
  expect(tick(2_000)).toBe(133_000);
  expect(tick(50_000)).toBe(85_000);
});
