import { describe, expect, it } from 'vitest';
import { maskTurnServers, MAX_SERVER_LINES } from '../../../lib/ice/servers.ts';
import { checkStunServers, checkTurnServers } from '../../../lib/ui/server-lists.ts';
import * as text from '../../../lib/ui/text.ts';

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

  it('refuses a mask for another server, or where nothing is stored', () => {
    const elsewhere = SHOWN.replace('relay', 'other');
    for (const [typed, shown] of [
      [elsewhere, SHOWN],
      [SHOWN, ''],
    ] as const)
      expect(checkTurnServers(typed, shown)).toEqual({
        type: 'bad',
        message: `Line 1: ${text.serverProblems['no-credentials']}`,
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
    expect(checkStunServers('turn:a.example.org u p')).toMatchObject({ type: 'bad' });
    const many = Array.from({ length: MAX_SERVER_LINES + 1 }, (_, at) => `stun:s${at}.example.org`);
    expect(checkStunServers(many.join('\n'))).toEqual({
      type: 'bad',
      message: `Line ${MAX_SERVER_LINES + 1}: ${text.serverProblems['too-many']}`,
    });
  });
});
