import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** WCAG 2.2, 1.4.3: text below 24 px. */
const AA_TEXT = 4.5;
/** WCAG 2.2, 1.4.11: what shows a control or its state. */
const AA_PARTS = 3;

const css = readFileSync(new URL('../../../lib/ui/styles/tokens.css', import.meta.url), 'utf8');
const [light = '', dark = ''] = css.split('@media (prefers-color-scheme: dark)');

function tokensOf(part: string): Map<string, string> {
  return new Map(
    [...part.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
}

/** Relative luminance as WCAG defines it. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const TEXT_ON: readonly (readonly [string, string])[] = [
  ...['bg', 'surface', 'surface-sunken'].flatMap((surface) =>
    ['text', 'text-muted', 'accent-ink'].map((text) => [text, surface] as const),
  ),
  ['text', 'raised'],
  ['accent-text', 'accent'],
  ['accent-text', 'accent-hover'],
  ['accent-soft-text', 'accent-soft'],
  ['good', 'surface'],
  ['good', 'good-soft'],
  ['good', 'bg'],
  ['bad', 'surface'],
  ['bad', 'surface-sunken'],
  ['bad', 'bad-soft'],
  ['text', 'bad-soft'],
];
const PARTS_ON: readonly (readonly [string, string])[] = [
  ['border-strong', 'surface'],
  ['border-strong', 'bg'],
  ['focus', 'surface'],
  ['focus', 'bg'],
  ['flame', 'surface'],
  ['flame', 'surface-sunken'],
  ['focus', 'surface-sunken'],
  ['accent-ink', 'surface'],
  ['accent', 'stage'],
];

describe.each([
  ['light', tokensOf(light)],
  ['dark', new Map([...tokensOf(light), ...tokensOf(dark)])],
])('%s theme', (_, tokens) => {
  const colour = (name: string) => {
    const value = tokens.get(name);
    if (value === undefined) throw new Error(`no token --${name}`);
    return value;
  };

  it.each(TEXT_ON)('%s is readable on %s', (text, surface) => {
    expect(contrast(colour(text), colour(surface))).toBeGreaterThanOrEqual(AA_TEXT);
  });

  it.each(PARTS_ON)('%s can be seen on %s', (part, surface) => {
    expect(contrast(colour(part), colour(surface))).toBeGreaterThanOrEqual(AA_PARTS);
  });
});

it('the dark theme changes every colour of the light one', () => {
  expect([...tokensOf(dark).keys()].toSorted()).toEqual([...tokensOf(light).keys()].toSorted());
});
