import { describe, expect, it } from 'vitest';
import {
  decodeControl,
  directionOf,
  encodeControl,
  isShareMessage,
  parseControl,
  type ControlMessage,
} from '../../../lib/protocol/messages.ts';

const transferId = '000102030405060708090a0b0c0d0e0f';
const wireId = 'AAECAwQFBgcICQoLDA0ODw==';
const root = new Uint8Array(32).fill(9);
const item = { fileId: 0, path: 'a/b.txt', size: 5, mime: 'text/plain', modified: 1 };

const messages: ControlMessage[] = [
  { type: 'offer-begin', transferId, kind: 'files', count: 1, totalBytes: 5 },
  { type: 'offer-begin', transferId, kind: 'link', count: 1, totalBytes: 5, note: 'hello' },
  {
    type: 'offer-begin',
    transferId,
    kind: 'files',
    count: 1,
    totalBytes: 5,
    lock: { salt: new Uint8Array(16).fill(3) },
  },
  { type: 'offer-items', transferId, items: [item] },
  { type: 'offer-items', transferId, items: [{ ...item, merkleRoot: root }] },
  { type: 'offer-end', transferId },
  { type: 'start', transferId, fileId: 0, salt: root, tag: 1, chunkSize: 65536 },
  { type: 'leaves', transferId, fileId: 0, from: 0, hashes: new Uint8Array(64).fill(1) },
  { type: 'file-end', transferId, fileId: 0, merkleRoot: root },
  { type: 'unlock-share', transferId, share: root },
  { type: 'unlock-wrong', transferId, triesLeft: 4 },
  { type: 'unlocked', transferId, proof: root },
  { type: 'stop', transferId, fileId: 0 },
  { type: 'pack', transferId, fileIds: [0, 1], salt: root, tag: 1, hashes: new Uint8Array(64) },
  { type: 'replace', transferId, fileId: 0, item: { ...item, fileId: 1 } },
  { type: 'done', transferId },
  { type: 'accept', transferId },
  { type: 'accept', transferId, proof: root },
  { type: 'unlock', transferId, share: root },
  { type: 'unlock-proof', transferId, proof: root },
  { type: 'decline', transferId, reason: 'declined' },
  {
    type: 'have',
    transferId,
    fileId: 0,
    chunkSize: 65_536,
    from: 8,
    bitmap: new Uint8Array([0xff]),
  },
  { type: 'resend', transferId, fileId: 0, chunks: [0, 7] },
  { type: 'stored', transferId, fileId: 0, merkleRoot: root },
  { type: 'pack-stored', transferId, tag: 1, missing: [] },
  { type: 'pack-stored', transferId, tag: 1, missing: [1] },
  { type: 'there', transferId, fileId: 0, merkleRoot: root },
  { type: 'again', transferId },
  { type: 'window', credit: 16_777_216 },
  { type: 'pause', transferId },
  { type: 'pause', transferId, fileId: 3 },
  { type: 'pause', transferId, reason: 'no-space' },
  { type: 'resume', transferId },
  { type: 'resume', transferId, fileId: 3 },
  { type: 'cancel', transferId, reason: 'source-changed' },
  { type: 'cancel', transferId, fileId: 3, reason: 'cancelled' },
  { type: 'cancel', transferId, reason: 'locked-out' },
  { type: 'ping', nonce: 1 },
  { type: 'pong', nonce: 1 },
  { type: 'removed' },
  { type: 'error', code: 'bad-message' },
  { type: 'lane-offer', pcId: transferId, sdp: 'v=0' },
  { type: 'lane-answer', pcId: transferId, sdp: 'v=0' },
  { type: 'lane-candidate', pcId: transferId, candidate: 'c', sdpMid: '0', sdpMLineIndex: 0 },
  { type: 'lane-candidate', pcId: transferId, candidate: 'c', sdpMid: null, sdpMLineIndex: null },
  { type: 'lane-candidates-end', pcId: transferId },
  { type: 'lane-close', pcId: transferId, received: 3 },
  {
    type: 'share-offer',
    shareId: transferId,
    source: 'tab',
    title: 'Notes – Ünïcode',
    audio: true,
    frames: true,
  },
  {
    type: 'share-offer',
    shareId: transferId,
    source: 'screen',
    title: '',
    audio: false,
    frames: false,
  },
  { type: 'share-accept', shareId: transferId, frames: true },
  { type: 'share-decline', shareId: transferId, reason: 'busy' },
  { type: 'share-stop', shareId: transferId, reason: 'closed' },
  { type: 'media-offer', shareId: transferId, pcId: transferId, sdp: 'v=0' },
  { type: 'media-answer', shareId: transferId, pcId: transferId, sdp: 'v=0' },
  {
    type: 'media-candidate',
    shareId: transferId,
    pcId: transferId,
    candidate: 'c',
    sdpMid: '0',
    sdpMLineIndex: 0,
  },
  {
    type: 'media-candidate',
    shareId: transferId,
    pcId: transferId,
    candidate: 'c',
    sdpMid: null,
    sdpMLineIndex: null,
  },
  { type: 'media-candidates-end', shareId: transferId, pcId: transferId },
  {
    type: 'media-key',
    shareId: transferId,
    kid: 0xffff_ffff,
    inst: new Uint8Array(16).fill(4),
    track: 'video',
    encoding: 0,
  },
  { type: 'share-pointer', shareId: transferId, x: 0, y: 1 },
  { type: 'share-pointer', shareId: transferId, x: 0.25, y: 0.5 },
  { type: 'share-pointer', shareId: transferId, x: null, y: null },
  { type: 'share-settings', shareId: transferId, pointer: true, title: '' },
  { type: 'share-settings', shareId: transferId, pointer: false, title: 'Notes – a page' },
];

function json(message: ControlMessage): Record<string, unknown> {
  const parsed: unknown = JSON.parse(new TextDecoder().decode(encodeControl(message)));
  if (typeof parsed !== 'object' || parsed === null) throw new Error('no object');
  return { ...parsed };
}

/** The first of this type, as JSON. */
function sample(type: string): Record<string, unknown> {
  const message = messages.find((each) => each.type === type);
  if (message === undefined) throw new Error(`no ${type}`);
  return json(message);
}

/** The first of this type, as JSON, without one of its members. */
function without(type: string, member: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(sample(type)).filter(([name]) => name !== member));
}

describe('control messages', () => {
  for (const message of messages) {
    it(`[CT3] ${message.type} comes out as it went in`, () => {
      expect(decodeControl(encodeControl(message))).toEqual(message);
    });
  }

  it('[CT3] every type has one direction', () => {
    const of = (direction: string) => [
      ...new Set(messages.filter((m) => directionOf(m) === direction).map(({ type }) => type)),
    ];
    expect(of('to-receiver').join(' ')).toBe(
      'offer-begin offer-items offer-end start leaves file-end ' +
        'unlock-share unlock-wrong unlocked stop pack replace done',
    );
    expect(of('to-sender').join(' ')).toBe(
      'accept unlock unlock-proof decline have resend stored pack-stored there again window',
    );
    expect(of('either').join(' ')).toBe(
      'pause resume cancel ping pong removed error ' +
        'lane-offer lane-answer lane-candidate lane-candidates-end lane-close ' +
        'share-offer share-accept share-decline share-stop media-offer media-answer ' +
        'media-candidate media-candidates-end media-key share-pointer share-settings',
    );
  });

  it('[SH1] tells what is about a share from what is about a transfer', () => {
    const types = [...new Set(messages.filter(isShareMessage).map(({ type }) => type))];
    expect(types.join(' ')).toBe(
      'share-offer share-accept share-decline share-stop media-offer media-answer ' +
        'media-candidate media-candidates-end media-key share-pointer share-settings',
    );
  });

  it('[EN4][SH1] a share’s ids travel as base64', () => {
    const message = {
      type: 'media-candidates-end',
      shareId: transferId,
      pcId: transferId,
    } as const;
    expect(json(message)).toEqual({ ...message, shareId: wireId, pcId: wireId });
  });

  it('[EN4][BD1] a lane’s id travels as base64', () => {
    expect(json({ type: 'lane-candidates-end', pcId: transferId })).toEqual({
      type: 'lane-candidates-end',
      pcId: wireId,
    });
  });

  it('[EN4][TR1] ids and binary travel as base64', () => {
    expect(json({ type: 'file-end', transferId, fileId: 0, merkleRoot: root })).toEqual({
      type: 'file-end',
      transferId: wireId,
      fileId: 0,
      merkleRoot: 'CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=',
    });
  });

  const refused: [string, unknown][] = [
    ['null', null],
    ['a list', []],
    ['a text', 'accept'],
    ['no type', { transferId: wireId }],
    ['a type of no message', { type: 'accepted', transferId: wireId }],
    ['a type of Object.prototype', { type: 'constructor' }],
    ['a member too many', { type: 'accept', transferId: wireId, extra: 1 }],
    ['a member missing', { type: 'accept' }],
    ['an id of 15 bytes', { type: 'accept', transferId: 'AAECAwQFBgcICQoLDA0O' }],
    ['an id as hex', { type: 'accept', transferId }],
    ['base64 without padding', { type: 'accept', transferId: 'AAECAwQFBgcICQoLDA0ODw' }],
    ['base64 with a stray bit', { type: 'accept', transferId: 'AAECAwQFBgcICQoLDA0ODx==' }],
    ['base64 with white space', { type: 'accept', transferId: 'AAECAwQFBgcICQoLDA0ODw==\n' }],
    ['an unknown kind', { ...sample('offer-begin'), kind: 'program' }],
    ['no file', { ...sample('offer-begin'), count: 0 }],
    ['more files than 65,535', { ...sample('offer-begin'), count: 65_536 }],
    ['a negative size', { ...sample('offer-begin'), totalBytes: -1 }],
    ['a broken number', { ...sample('offer-begin'), totalBytes: 1.5 }],
    ['a number past 2^53', { ...sample('offer-begin'), totalBytes: 2 ** 53 }],
    ['a note over its limit', { ...sample('offer-begin'), note: 'x'.repeat(1025) }],
    ['an empty page', { type: 'offer-items', transferId: wireId, items: [] }],
    ...[
      ['an empty path', ''],
      ['a path of 33 levels', 'a/'.repeat(32) + 'b'],
      ['a name of 256 bytes', 'é'.repeat(128)],
      ['a path of 1,025 bytes', `${'x'.repeat(204)}/`.repeat(5) + 'y'],
      ['half a surrogate', '\ud800'],
    ].map(([what, path]): [string, unknown] => [
      `${what} [TR14]`,
      { type: 'offer-items', transferId: wireId, items: [{ ...item, path }] },
    ]),
    ['a chunk size that is none [TR2]', { ...sample('start'), chunkSize: 65_537 }],
    ['a short salt [TR3]', { ...sample('start'), salt: 'AAAA' }],
    ['a tag past u32 [TR3]', { ...sample('start'), tag: 2 ** 32 }],
    ['33 bytes of hashes', { ...sample('leaves'), hashes: btoa('x'.repeat(33)) }],
    ['1,025 hashes', { ...sample('leaves'), hashes: btoa('x'.repeat(1025 * 32)) }],
    ['a root of 31 bytes', { ...sample('file-end'), merkleRoot: btoa('x'.repeat(31)) }],
    ['an empty resend', { type: 'resend', transferId: wireId, fileId: 0, chunks: [] }],
    [
      'a salt of 15 bytes [PW1]',
      { ...sample('offer-begin'), lock: { salt: btoa('x'.repeat(15)) } },
    ],
    ['a lock without a salt [PW1]', { ...sample('offer-begin'), lock: {} }],
    ['a share of 31 bytes [PW5]', { ...sample('unlock'), share: btoa('x'.repeat(31)) }],
    ['a proof of 33 bytes [PW6]', { ...sample('accept'), proof: btoa('x'.repeat(33)) }],
    ['no tries left, said as a number [PW5]', { ...sample('unlock-wrong'), triesLeft: 0 }],
    ['more tries than there are [PW5]', { ...sample('unlock-wrong'), triesLeft: 5 }],
    ['an empty pack [TR16]', { ...sample('pack'), fileIds: [] }],
    [
      'a pack of 257 files [TR16]',
      { ...sample('pack'), fileIds: Array.from({ length: 257 }, (_, i) => i) },
    ],
    ['a pause for a reason that is none', { ...sample('pause'), reason: 'tired' }],
    ['a chunk size of a part that is none', { ...sample('have'), chunkSize: 1 }],
    ['a reason that is none', { type: 'decline', transferId: wireId, reason: 'because' }],
    ['an error code with markup', { type: 'error', code: '<b>' }],
    ['a pcId of 15 bytes [BD1]', { ...sample('lane-offer'), pcId: 'AAECAwQFBgcICQoLDA0O' }],
    ['a description over its limit [LN1]', { ...sample('lane-offer'), sdp: 'x'.repeat(8193) }],
    ['an answer over its limit [LN1]', { ...sample('lane-answer'), sdp: 'x'.repeat(8193) }],
    [
      'a candidate over its limit [LN1]',
      { ...sample('lane-candidate'), candidate: 'x'.repeat(1025) },
    ],
    ['a section that is no number [LN1]', { ...sample('lane-candidate'), sdpMLineIndex: '0' }],
    [
      'a share’s id of 15 bytes [SH1]',
      { ...sample('share-accept'), shareId: 'AAECAwQFBgcICQoLDA0O' },
    ],
    ['a share of something else [SH1]', { ...sample('share-offer'), source: 'camera' }],
    ['a title of 513 bytes [SH1]', { ...sample('share-offer'), title: 'é'.repeat(256) + 'x' }],
    ['half a surrogate as a title [SH1]', { ...sample('share-offer'), title: '\ud800' }],
    ['audio as a number [SH1]', { ...sample('share-offer'), audio: 1 }],
    [
      'an offer that does not say whether frames are encrypted [SH3]',
      without('share-offer', 'frames'),
    ],
    ['an accept that does not say it either [SH3]', without('share-accept', 'frames')],
    ['a reason to decline that is none [SH1]', { ...sample('share-decline'), reason: 'tired' }],
    ['a reason to stop that is none [SH1]', { ...sample('share-stop'), reason: 'declined' }],
    ['a description over its limit [SH5]', { ...sample('media-offer'), sdp: 'x'.repeat(16_385) }],
    ['an answer over its limit [SH5]', { ...sample('media-answer'), sdp: 'é'.repeat(8_193) }],
    [
      'a candidate over its limit [SH5]',
      { ...sample('media-candidate'), candidate: 'x'.repeat(1025) },
    ],
    ['a media connection without an id [BD1]', without('media-candidates-end', 'pcId')],
    ['an instance of 15 bytes [SH9]', { ...sample('media-key'), inst: btoa('x'.repeat(15)) }],
    ['an instance of 17 bytes [SH9]', { ...sample('media-key'), inst: btoa('x'.repeat(17)) }],
    ['a kid past u32 [SH9]', { ...sample('media-key'), kid: 2 ** 32 }],
    ['an encoding past u8 [SH9]', { ...sample('media-key'), encoding: 256 }],
    ['a track that is none [SH9]', { ...sample('media-key'), track: 'data' }],
    ['a pointer beside the picture [SH10]', { ...sample('share-pointer'), x: 1.001 }],
    ['a pointer above the picture [SH10]', { ...sample('share-pointer'), y: -0.1 }],
    ['a pointer of one coordinate [SH10]', without('share-pointer', 'y')],
    ['fewer bytes than none [LN4]', { ...sample('lane-close'), received: -1 }],
  ];
  for (const [what, value] of refused) {
    it(`[CT3][BP1] refuses ${what}`, () => {
      expect(() => parseControl(value)).toThrow(expect.objectContaining({ name: 'ProtocolError' }));
    });
  }

  it('[CT3] tells an unknown type from a bad message', () => {
    expect(() => parseControl({ type: 'x' })).toThrow(
      expect.objectContaining({ code: 'unknown-type' }),
    );
    expect(() => parseControl({ type: 'accept' })).toThrow(
      expect.objectContaining({ code: 'bad-message' }),
    );
  });

  it('[CT3][BP1] refuses more than 64 KiB, broken UTF-8 and broken JSON', () => {
    const code = (bytes: Uint8Array) => {
      try {
        decodeControl(bytes);
      } catch (error) {
        return error;
      }
      return null;
    };
    expect(code(new Uint8Array(65_537).fill(0x20))).toMatchObject({ code: 'too-large' });
    expect(code(new Uint8Array([0x22, 0xff, 0x22]))).toMatchObject({ code: 'bad-json' });
    expect(code(new TextEncoder().encode('{"type":'))).toMatchObject({ code: 'bad-json' });
    expect(code(new TextEncoder().encode('\ufeff{"type":"removed"}'))).toMatchObject({
      code: 'bad-json',
    });
    expect(code(new TextEncoder().encode('['.repeat(60_000)))).toMatchObject({ code: 'bad-json' });
  });

  it('[CT3] the fullest page of each kind fits a frame', () => {
    const full: ControlMessage[] = [
      {
        type: 'leaves',
        transferId,
        fileId: 65_534,
        from: 0xffffffff,
        hashes: new Uint8Array(32_768),
      },
      {
        type: 'have',
        transferId,
        fileId: 65_534,
        chunkSize: 245_760,
        from: 0,
        bitmap: new Uint8Array(32_768),
      },
      {
        type: 'pack',
        transferId,
        fileIds: Array.from({ length: 256 }, (_, i) => 65_534 - i),
        salt: root,
        tag: 0xffffffff,
        hashes: new Uint8Array(256 * 32),
      },
      {
        type: 'media-offer',
        shareId: transferId,
        pcId: transferId,
        // Every byte of a description may need an escape; those that end its lines do.
        sdp: '\r\n'.repeat(8192),
      },
      {
        type: 'resend',
        transferId,
        fileId: 65_534,
        chunks: Array.from({ length: 4096 }, () => 0xffffffff),
      },
    ];
    for (const message of full) {
      expect(decodeControl(encodeControl(message))).toEqual(message);
    }
  });
});
