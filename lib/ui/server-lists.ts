/** Lists of STUN and TURN servers as a person types them, checked before they are stored. */
import {
  parseStunServers,
  parseTurnServers,
  unmaskTurnServers,
  type ParsedServers,
  type ServerProblemCode,
} from '../ice/servers.ts';
import type { Checked } from './settings/SavedField.tsx';
import * as text from './text.ts';

export function checkStunServers(typed: string): Checked {
  return checkList(typed, parseStunServers(typed), text.reach.stunExample);
}

/** @param shown the stored list as this page knows it: with a mask for each password. */
export function checkTurnServers(typed: string, shown: string): Checked {
  // Only background has the passwords; here each known mask stands for one that will be there.
  const known = shown.replaceAll(/•+/g, 'known');
  const parsed = parseTurnServers(unmaskTurnServers(typed, known));
  return checkList(typed, parsed, text.reach.turnExample);
}

/** What is cured by seeing a line that is right. */
const SHAPELESS: ReadonlySet<ServerProblemCode> = new Set([
  'bad-url',
  'bad-scheme',
  'no-credentials',
]);

function checkList(typed: string, { problems }: ParsedServers, example: string): Checked {
  if (problems.length === 0) return { type: 'good', value: typed.trimEnd() };
  const lines = problems.map(({ line, code }) => text.reach.line(line, text.serverProblems[code]));
  if (problems.some(({ code }) => SHAPELESS.has(code))) lines.push(text.reach.example(example));
  return { type: 'bad', message: lines.join('\n') };
}
