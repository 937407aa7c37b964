import { describe, expect, it } from 'vitest';
import { maskTurnServers, MAX_SERVER_LINES } from '../../../lib/ice/servers.ts';
import { checkStunServers, checkTurnServers } from '../../../lib/ui/server-lists.ts';
import * as text from '../../../lib/ui/settings/text.ts';

const STORED = 'turn:relay.example.org:3478 anna s3cret';
const SHOWN = maskTurnServers(STORED);

describe('TURN servers as typed', () => {
  it.each(['', STORED, `${STORED}\n\n# a comment\nturns:b.example.org user pw\n`])(
    'takes %j',
    (typed) =>
      expect(checkTurnServers(typed, '')).toEqual({ type: 'good', value: typed.trimEnd() }),
  );

  it('takes the masks that it shows', () => {
    expect(checkTurnServers(`${SHOWN}\n`, SHOWN)).toEqual({ type: 'good', value: SHOWN });
  });

  it.each([`${SHOWN}x`, SHOWN.slice(0, -1), `# ${SHOWN}x`])(
    'refuses a mask that something was added to or taken from: %j',
    (typed) =>
      expect(checkTurnServers(typed, SHOWN)).toEqual({
        type: 'bad',
        message: `Line 1: ${text.serverProblems.masked}`,
      }),
  );

  it.each([
    ['turn:a.example u p w', /space/],
    ['turns:a.example?transport=udp u p', /TCP only/],
    ['turn:a.example:99999 u p', /1 to 65535/],
    ['stun:a.example:3478', /belongs in the field “STUN servers”/],
    ['turn:a.example u p\nturn:a.example v q', /^Line 2: .*another user/],
  ] as const)('says what is wrong with %j', (typed, words) =>
    expect(checkTurnServers(typed, '')).toMatchObject({
      type: 'bad',
      message: expect.stringMatching(words) as unknown,
    }),
  );

  it('takes the example that it gives', () => {
    expect(checkTurnServers(text.reach.turnExample, '')).toMatchObject({ type: 'good' });
  });

  it('refuses a mask for another server, or where nothing is stored', () => {
    const elsewhere = SHOWN.replace('relay', 'other');
    for (const [typed, shown] of [
      [elsewhere, SHOWN],
      [SHOWN, ''],
    ] as const)
      expect(checkTurnServers(typed, shown)).toEqual({
        type: 'bad',
        message: `Line 1: ${text.serverProblems.masked}`,
      });
  });

  it('names every line that is wrong', () => {
    expect(checkTurnServers(`nonsense\n${STORED}\nturn:a.example.org\nturn:a:b:c u p`, '')).toEqual(
      {
        type: 'bad',
        message: [
          `Line 1: ${text.serverProblems['bad-scheme']}`,
          `Line 3: ${text.serverProblems['no-credentials']}`,
          `Line 4: ${text.serverProblems['bad-url']}`,
        ].join('\n'),
      },
    );
  });
});

describe('STUN servers as typed', () => {
  it.each(['', 'stun:stun.example.org', 'stun.example.org:3478\nstun:[2001:db8::1]:3478'])(
    'takes %j',
    (typed) => expect(checkStunServers(typed)).toEqual({ type: 'good', value: typed }),
  );

  it('refuses another kind and too many', () => {
    expect(checkStunServers('turn:a.example u p')).toEqual({
      type: 'bad',
      message: `Line 1: ${text.serverProblems['turn-here']}`,
    });
    expect(checkStunServers('nonsense')).toEqual({
      type: 'bad',
      message: `Line 1: ${text.serverProblems['bad-scheme']}`,
    });
    expect(checkStunServers(text.reach.stunExample)).toMatchObject({ type: 'good' });
    const many = Array.from({ length: MAX_SERVER_LINES + 1 }, (_, at) => `stun:s${at}.example.org`);
    expect(checkStunServers(many.join('\n'))).toEqual({
      type: 'bad',
      message: `Line ${MAX_SERVER_LINES + 1}: ${text.serverProblems['too-many']}`,
    });
  });
});
