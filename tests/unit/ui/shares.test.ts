import { describe, expect, it } from 'vitest';
import type { Intent, IntentAnswer } from '../../../lib/messaging/intents.ts';
import type { ShareEndReason, SharingState } from '../../../lib/share/states.ts';
import { shareTab } from '../../../lib/ui/shares/share-tab.ts';
import { shareHead, shareRemarks, sharesToShow } from '../../../lib/ui/shares/share-view.ts';
import { asked, sharing } from '../share/views.ts';

describe('the popup’s button', () => {
  /** A background with these answers, one after the other, and a browser that says this. */
  async function press(granted: boolean, ...answers: IntentAnswer[]) {
    const order: string[] = [];
    const code = await shareTab(
      {
        maxTextLength: 1,
        requestCapture: () => {
          order.push('asked');
          return Promise.resolve(granted);
        },
        send: (intent: Intent) => {
          order.push(intent.type);
          return Promise.resolve(answers.shift() ?? { ok: false, code: 'no-answer' });
        },
      },
      'd'.repeat(64),
    );
    return { code, order };
  }
  const needed = { ok: false, code: 'needs-capture' } as const;

  it('asks the browser before anything else, and tells the wish before its answer', async () => {
    expect(await press(true, { ok: true })).toEqual({ code: '', order: ['asked', 'share/tab'] });
  });

  it('tells the wish once more when it was allowed', async () => {
    const again = ['asked', 'share/tab', 'share/tab'];
    expect(await press(true, needed, { ok: true })).toEqual({ code: '', order: again });
  });

  it.each([
    ['capture-denied', false, [needed]],
    ['page-not-capturable', true, [{ ok: false, code: 'page-not-capturable' }]],
    ['capture-gone', true, [needed, { ok: false, code: 'capture-gone' }]],
    ['no-answer', true, [needed]],
  ] as const)('says %s', async (code, granted, answers) => {
    expect((await press(granted, ...answers)).code).toBe(code);
  });
});

describe('what is shown of shares', () => {
  it('what waits for a person comes first, then as they began, and last what is over', () => {
    const live = sharing({ shareId: '1' });
    const bare = sharing({ shareId: '2', state: { type: 'unprotected', missing: 'there' } });
    const ask = asked({ shareId: '3' });
    const over = sharing({ shareId: '4', state: { type: 'ended', reason: 'closed', by: 'peer' } });
    expect(sharesToShow([over, live, bare, ask])).toEqual([bare, ask, live, over]);
  });

  it('what ended by one’s own doing, and what nobody here had answered, is not', () => {
    const ended = (by: 'me' | 'peer' | null, reason: ShareEndReason = 'stopped') =>
      ({ type: 'ended', reason, by }) as const;
    const told = [sharing({ state: ended('peer') }), asked({ since: 1, state: ended('peer') })];
    const silent = [sharing({ state: ended('me') }), asked({ state: ended(null, 'no-answer') })];
    expect(sharesToShow([...told, ...silent])).toEqual(told);
  });

  it('says that something is shared only once it is', () => {
    const states: SharingState[] = [
      { type: 'offering' },
      { type: 'unprotected', missing: 'here' },
      { type: 'connecting' },
      { type: 'live' },
    ];
    const heads = states.map((state) => shareHead(sharing({ state }), 'Desk'));
    expect(heads).toEqual([
      'Asking Desk to watch News',
      'Asking Desk to watch News',
      'Sharing News with Desk',
      'Sharing News with Desk',
    ]);
    expect(shareHead(sharing({ title: '', source: 'screen' }), 'Desk')).toBe(
      'Sharing a screen with Desk',
    );
    const ended = { type: 'ended', reason: 'declined', by: 'peer' } as const;
    expect(shareHead(sharing({ state: ended, since: null }), 'Desk')).toBe(
      'Not shared with Desk: News',
    );
    expect(shareHead(sharing({ state: ended, since: 1 }), 'Desk')).toBe('Shared News with Desk');
    expect(shareHead(asked({ state: ended }), 'Desk')).toBe('Watched News from Desk');
    expect(shareHead(asked(), 'Desk')).toBe('Desk wants to show you a tab');
  });

  it('[SH3] says that it is protected only while it is, and else what is missing', () => {
    const words = (share: ReturnType<typeof sharing>) => shareRemarks(share, 'Desk').join('\n');
    expect(words(sharing())).toContain('Protected: ML-KEM-768 + X25519');
    expect(words(sharing({ protection: { type: 'pending' } }))).not.toMatch(/protected/i);
    for (const missing of ['here', 'there', 'both'] as const) {
      const bare = { type: 'unprotected', missing } as const;
      expect(words(sharing({ protection: bare }))).toContain('Not protected by ML-KEM-768');
      expect(words(asked({ protection: bare }))).toContain('Not protected by ML-KEM-768');
    }
  });

  it('tells the title and the sound of what is offered', () => {
    expect(shareRemarks(asked({ audio: false }), 'Desk')).toEqual(['News', 'Without sound']);
    expect(shareRemarks(asked({ title: '' }), 'Desk')).toEqual(['With sound']);
  });

  it('a picture that stands still is said to', () => {
    const [paused] = shareRemarks(sharing({ paused: true }), 'Desk');
    expect(paused).toBe('It gives no picture at the moment');
  });
});
