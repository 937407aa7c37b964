/** Words about a transfer that asks for a password. */

function tries(left: number): string {
  return left === 1 ? 'One try is left.' : `${left} tries are left.`;
}

export const lock = {
  password: 'Password',
  hint: (name: string) => `${name} sends this under a password. Ask there for it.`,
  checking: 'Trying the password…',
  wrong: (left: number) => `That was not the password. ${tries(left)}`,
  /** At the sender. */
  asked: 'Under a password, which the other side is asked for.',
  wrongThere: (left: number) => `The other side typed a wrong password. ${tries(left)}`,
  /** On the page for sending. */
  ask: 'Ask for a password',
  askHint:
    'It must be typed in on the other device before anything goes there. Names and sizes are shown without it.',
  own: 'Password for this transfer',
  needed: 'Type a password first, or do not ask for one.',
} as const;
