/** Lists of STUN and TURN servers as a person types them, checked before they are stored. */
import {
  parseStunServers,
  parseTurnServers,
  unmaskTurnServers,
  type ParsedServers,
} from '../ice/servers.ts';
import type { Checked } from './settings/SavedField.tsx';
import * as text from './settings/text.ts';

export function checkStunServers(typed: string): Checked {
  return checkList(typed, parseStunServers(typed));
}

/** @param shown the stored list as this page knows it: with a mask for each password. */
export function checkTurnServers(typed: string, shown: string): Checked {
  // Only background has the passwords; here each known mask stands for one that will be there.
  const known = shown.replaceAll(/•+/g, 'known');
  return checkList(typed, parseTurnServers(unmaskTurnServers(typed, known)));
}

function checkList(typed: string, { problems }: ParsedServers): Checked {
  if (problems.length === 0) return { type: 'good', value: typed.trimEnd() };
  const lines = problems.map(({ line, code }) => text.reach.line(line, text.serverProblems[code]));
  return { type: 'bad', message: lines.join('\n') };
}
