import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pairTranscript, reconnectTranscript } from './transcripts/handshakes.ts';

function committed(name: string): string {
  return readFileSync(new URL(`transcripts/${name}`, import.meta.url), 'utf8');
}

describe('committed transcripts stay byte-identical', () => {
  it('[PR4] [CP1] [KS2] [CS1] first contact', async () => {
    expect(`${JSON.stringify(await pairTranscript(), null, 2)}\n`).toBe(committed('pair.json'));
  });

  it('[RC1] [KS3] [CS1] paired devices', async () => {
    const made = `${JSON.stringify(await reconnectTranscript(), null, 2)}\n`;
    expect(made).toBe(committed('reconnect.json'));
  });
});
