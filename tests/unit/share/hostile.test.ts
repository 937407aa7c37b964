import { describe, expect, it } from 'vitest';
import type { ShareMessage } from '../../../lib/protocol/messages.ts';
import {
  MAX_KEYS,
  MAX_MEDIA_OFFERS,
  MAX_NEW_SHARES,
  MAX_POINTERS_PER_MINUTE,
  MAX_SHARE_MESSAGES,
  MAX_SHARES_OF_DEVICE,
  MINUTE_MS,
} from '../../../lib/share/constants.ts';
import { Rig } from './rig.ts';

const hex = (n: number) => n.toString(16).padStart(32, '0');
const ID = hex(1);
const PC = hex(2);
const inst = new Uint8Array(16);
const candidate = { candidate: 'c', sdpMid: '0', sdpMLineIndex: 0 };

function offer(shareId: string): ShareMessage {
  return { type: 'share-offer', shareId, source: 'tab', title: 't', audio: false, frames: true };
}

/** A rig whose alice has sent nothing by herself: what bob gets is the test's. */
function asked(accepts?: { frames: boolean }): Rig {
  const rig = new Rig();
  rig.connect();
  rig.bob.document = 'silent';
  rig.give(rig.bob, offer(ID));
  if (accepts !== undefined) rig.bob.book.accept(ID, accepts.frames);
  return rig;
}

/** Bob has accepted, and been offered a media connection, which he answered. */
function watching(): Rig {
  const rig = asked({ frames: true });
  rig.bob.document = 'works';
  rig.give(rig.bob, { type: 'media-offer', shareId: ID, pcId: PC, sdp: 'v=0' });
  expect(rig.bob.state(ID)).toBe('watching');
  return rig;
}

describe('[BP1] a bad sharer', () => {
  const refused: [string, () => Rig, ShareMessage[], string][] = [
    [
      'a word about a share that nobody offered',
      () => asked(),
      [{ type: 'share-stop', shareId: hex(9), reason: 'stopped' }],
      'out-of-state',
    ],
    [
      '[SH2] a picture before the accept',
      () => asked(),
      [{ type: 'media-offer', shareId: ID, pcId: PC, sdp: 'v=0' }],
      'out-of-state',
    ],
    [
      '[SH9] a key before the accept',
      () => asked(),
      [{ type: 'media-key', shareId: ID, kid: 0, inst, track: 'video', encoding: 0 }],
      'out-of-state',
    ],
    [
      '[SH9] a key where this end does not decrypt',
      () => asked({ frames: false }),
      [{ type: 'media-key', shareId: ID, kid: 0, inst, track: 'video', encoding: 0 }],
      'out-of-state',
    ],
    [
      '[SH9] a kid twice',
      watching,
      [
        { type: 'media-key', shareId: ID, kid: 7, inst, track: 'video', encoding: 0 },
        { type: 'media-key', shareId: ID, kid: 7, inst, track: 'audio', encoding: 0 },
      ],
      'out-of-state',
    ],
    [
      '[SF3] a kid below the last one',
      watching,
      [
        { type: 'media-key', shareId: ID, kid: 7, inst, track: 'video', encoding: 0 },
        { type: 'media-key', shareId: ID, kid: 6, inst, track: 'audio', encoding: 0 },
      ],
      'out-of-state',
    ],
    [
      '[SF3] a ninth encoding of a track',
      watching,
      [{ type: 'media-key', shareId: ID, kid: 0, inst, track: 'video', encoding: 8 }],
      'over-limit',
    ],
    [
      '[SH9] more keys than a session has',
      watching,
      Array.from({ length: MAX_KEYS + 1 }, (_, kid) => ({
        type: 'media-key',
        shareId: ID,
        kid,
        inst,
        track: 'video',
        encoding: 0,
      })),
      'over-limit',
    ],
    [
      'an answer of the viewer’s',
      watching,
      [{ type: 'share-accept', shareId: ID, frames: true }],
      'out-of-state',
    ],
    [
      'a pointer of the viewer’s',
      watching,
      [{ type: 'share-pointer', shareId: ID, x: 0, y: 0 }],
      'out-of-state',
    ],
    [
      '[SH5] an answer to nothing',
      watching,
      [{ type: 'media-answer', shareId: ID, pcId: PC, sdp: 'v=0' }],
      'out-of-state',
    ],
    [
      '[SH5] a candidate of an unknown connection',
      watching,
      [{ type: 'media-candidate', shareId: ID, pcId: hex(3), ...candidate }],
      'out-of-state',
    ],
    [
      '[SH5] more candidates than a description has',
      watching,
      Array.from({ length: 65 }, () => ({
        type: 'media-candidate',
        shareId: ID,
        pcId: PC,
        ...candidate,
      })),
      'over-limit',
    ],
    [
      '[SH4] a connection’s id twice in a session',
      watching,
      [hex(3), PC].map((pcId) => ({ type: 'media-offer', shareId: ID, pcId, sdp: 'v=0' })),
      'out-of-state',
    ],
    [
      '[SH5] a restart before the answer',
      () => asked({ frames: true }),
      [PC, PC].map((pcId) => ({ type: 'media-offer', shareId: ID, pcId, sdp: 'v=0' })),
      'out-of-state',
    ],
    [
      '[SH8] more media offers than a minute takes',
      watching,
      Array.from({ length: MAX_MEDIA_OFFERS }, () => ({
        type: 'media-offer',
        shareId: ID,
        pcId: PC,
        sdp: 'v=0',
      })),
      'over-limit',
    ],
    [
      '[SH8] more offers than a minute takes',
      () => asked(),
      Array.from({ length: MAX_NEW_SHARES }, (_, i) => offer(hex(100 + i))),
      'over-limit',
    ],
    [
      '[SH8] more messages than a minute takes',
      () => asked(),
      Array.from({ length: MAX_SHARE_MESSAGES }, () => offer(ID)),
      'over-limit',
    ],
  ];
  for (const [what, make, messages, code] of refused) {
    it(`${what}: ${code}`, () => {
      const rig = make();
      const sent = messages.findIndex((message) => {
        rig.give(rig.bob, message);
        return rig.bob.breaches.length > 0;
      });
      expect(rig.bob.breaches).toEqual([code]);
      expect(sent, 'the last one is what breaks it').toBe(messages.length - 1);
    });
  }

  it('[SH8] more shares than one watches: busy, and the session goes on', () => {
    const rig = asked();
    for (let i = 2; i <= MAX_SHARES_OF_DEVICE + 1; i++) rig.give(rig.bob, offer(hex(i)));
    const id = hex(MAX_SHARES_OF_DEVICE + 1);
    expect(rig.bob.posted('share-decline')).toEqual([
      { type: 'share-decline', shareId: id, reason: 'busy' },
    ]);
    expect(rig.bob.told('asked')).toHaveLength(MAX_SHARES_OF_DEVICE);
    expect(rig.bob.breaches).toEqual([]);
    // Told again, it is still not taken; a free place is for new ones.
    rig.bob.book.decline(ID);
    rig.give(rig.bob, offer(hex(50)));
    expect(rig.bob.told('asked')).toHaveLength(MAX_SHARES_OF_DEVICE + 1);
  });

  it('[SH2] the title is fit to be shown', () => {
    const rig = new Rig();
    rig.connect();
    rig.give(rig.bob, {
      type: 'share-offer',
      shareId: ID,
      source: 'screen',
      title: `a\u202eb\n${'x'.repeat(400)}`,
      audio: false,
      frames: true,
    });
    expect(rig.bob.view(ID).title).toBe(`ab ${'x'.repeat(117)}`);
  });

  it('[SH2] the same offer twice asks once', () => {
    const rig = asked();
    rig.give(rig.bob, offer(ID));
    expect(rig.bob.told('asked')).toHaveLength(1);
    rig.bob.book.accept(ID, true);
    rig.bob.book.accept(ID, true);
    rig.give(rig.bob, offer(ID));
    expect(rig.bob.posted('share-accept')).toHaveLength(1);
    expect(rig.bob.breaches).toEqual([]);
  });

  it('[SH1] an id of a share with another device is refused', () => {
    const rig = asked();
    rig.bob.book.attach('with-carol', 'carol');
    expect(() => rig.bob.book.onMessage('with-carol', offer(ID))).toThrow(
      expect.objectContaining({ code: 'out-of-state' }),
    );
    const stop = { type: 'share-stop', shareId: ID, reason: 'stopped' } as const;
    expect(() => rig.bob.book.onMessage('with-carol', stop)).toThrow(
      expect.objectContaining({ code: 'out-of-state' }),
    );
    rig.bob.book.decline(ID);
    rig.bob.book.dismiss(ID);
    expect(() => rig.bob.book.onMessage('with-carol', offer(ID))).toThrow(
      expect.objectContaining({ code: 'out-of-state' }),
    );
  });
});

describe('[BP1] a bad viewer', () => {
  function live(): { rig: Rig; id: string; pcId: string } {
    const rig = new Rig();
    const id = rig.live();
    const [pcId = ''] = rig.alice.open.keys();
    return { rig, id, pcId };
  }

  const refused: [string, (id: string, pcId: string) => ShareMessage][] = [
    ['[SH1] an offer of one’s own share', (id) => offer(id)],
    ['[SH2] a decline after the accept', (id) => decline(id)],
    ['[SH5] an offer', (id) => ({ type: 'media-offer', shareId: id, pcId: hex(8), sdp: 'v=0' })],
    ['[SH5] a second answer', (id, pcId) => answer(id, pcId)],
    ['[SH5] an answer of an unknown connection', (id) => answer(id, hex(8))],
    ['[SH9] a key', (id) => key(id)],
    ['[SH10] settings', (id) => settings(id)],
  ];
  for (const [what, make] of refused) {
    it(`${what}: out-of-state`, () => {
      const { rig, id, pcId } = live();
      rig.give(rig.alice, make(id, pcId));
      expect(rig.alice.breaches).toEqual(['out-of-state']);
    });
  }

  it('[SH5] a candidate before its answer: out-of-state', () => {
    const rig = new Rig();
    rig.bob.document = 'silent';
    const id = rig.live();
    const [pcId = ''] = rig.alice.open.keys();
    rig.give(rig.alice, { type: 'media-candidate', shareId: id, pcId, ...candidate });
    expect(rig.alice.breaches).toEqual(['out-of-state']);
  });

  it('[SH7] words about a connection that is over are ignored', () => {
    const { rig, id, pcId } = live();
    rig.alice.news(id, { type: 'media-state', state: 'closed' });
    rig.give(rig.alice, { type: 'media-candidate', shareId: id, pcId, ...candidate });
    rig.give(rig.alice, answer(id, pcId));
    expect(rig.alice.breaches).toEqual([]);
    expect(rig.alice.tasks('media-candidate')).toEqual([]);
  });

  it('[SH10] pointers: only where they are allowed, and a flood ends the session', () => {
    const { rig, id } = live();
    const point = { type: 'share-pointer', shareId: id, x: 0.5, y: 0.5 } as const;
    rig.give(rig.alice, point);
    expect(rig.alice.told('pointer')).toEqual([]);
    rig.alice.book.allowPointer(id, true);
    rig.give(rig.alice, point);
    expect(rig.alice.told('pointer')).toEqual([
      { type: 'pointer', shareId: id, at: { x: 0.5, y: 0.5 } },
    ]);
    rig.give(rig.alice, { ...point, y: null });
    expect(rig.alice.told('pointer').at(-1)?.at).toBeNull();
    for (let i = 3; i < MAX_POINTERS_PER_MINUTE; i++) rig.give(rig.alice, point);
    expect(rig.alice.breaches).toEqual([]);
    rig.give(rig.alice, point);
    expect(rig.alice.breaches).toEqual(['over-limit']);
    expect(rig.alice.told('pointer').at(-1)?.at).toBeNull();
  });

  it('[SH10] what a stalled line held back for ten seconds is no flood', () => {
    const { rig, id } = live();
    rig.alice.book.allowPointer(id, true);
    for (let minute = 0; minute < 5; minute++) {
      for (let i = 0; i < 60 * 60; i++) {
        if (i % 600 === 0) rig.clock.advance(MINUTE_MS / 6);
        rig.give(rig.alice, { type: 'share-pointer', shareId: id, x: 0, y: 0 });
      }
    }
    expect(rig.alice.breaches).toEqual([]);
  });
});

function answer(shareId: string, pcId: string): ShareMessage {
  return { type: 'media-answer', shareId, pcId, sdp: 'v=0' };
}

function decline(shareId: string): ShareMessage {
  return { type: 'share-decline', shareId, reason: 'declined' };
}

function settings(shareId: string): ShareMessage {
  return { type: 'share-settings', shareId, pointer: true, title: 'Notes' };
}

function key(shareId: string): ShareMessage {
  return { type: 'media-key', shareId, kid: 0, inst, track: 'video', encoding: 0 };
}
