import type { HistoryDays } from '../../messaging/snapshot.ts';

export const history = {
  title: 'History',
  search: 'Search history',
  searchPlaceholder: 'Name, title or device',
  device: 'Device',
  allDevices: 'All devices',
  day: 'Day',
  clearFilters: 'Clear filters',
  today: 'Today',
  yesterday: 'Yesterday',
  showMore: 'Show more',
  sendAgain: 'Send again',
  sent: 'On its way',
  remove: 'Remove',
  removed: (title: string) => `${title} was removed`,
  copy: 'Copy',
  copied: 'Copied',
  copyFailed: 'Could not copy',
  open: 'Open',
  fileGone: 'No longer where it was saved.',
  unpaired: (name: string) => `${name} is no longer paired.`,
  deviceGone: 'Removed device',
  noTitle: 'Untitled',
  alsoHas: (names: string) => `Also has ${names}`,
  chooseAgain: 'The files cannot be read from here any more. Choose them again in the new window.',
  /** On the page for sending, above where files are chosen. */
  chooseWhat: (what: string) => `To send ${what} again, choose it here.`,
  /** How many are shown of what was searched for. */
  found: (count: number, more: boolean) =>
    more ? `The first ${count} entries` : count === 1 ? '1 entry' : `${count} entries`,
  clear: 'Clear history',
  clearQuestion: 'Clear the whole history?',
  clearHint: 'What is over also goes from the list of transfers. Saved files stay where they are.',
  clearYes: 'Clear',
  cleared: 'The history is empty',
  emptyTitle: 'Nothing here yet',
  emptyBody: 'What you send and receive is listed here once it is over.',
  offTitle: 'The history is off',
  offBody: 'Nothing that you send or receive is written down.',
  noHitsTitle: 'Nothing found',
  noHitsBody: 'Fewer words, another device or another day may help.',
  setAside: (count: number) =>
    count === 1
      ? '1 entry could not be read. It was kept as it is and is not shown.'
      : `${count} entries could not be read. They were kept as they are and are not shown.`,
  tryAgain: 'Try again',
  keptFor: (time: string) => `Entries are kept ${time}, on this device only.`,
  change: 'Change',
  settingsSection: 'History',
  keep: 'Keep a history of what was sent and received',
  keepHint:
    'It lies in this browser profile only, in plain text. With a shorter time, older entries go at once.',
  openHistory: 'Open history',
} as const;

export const keep: Readonly<Record<HistoryDays, string>> = {
  0: 'Not at all',
  7: 'For 7 days',
  30: 'For 30 days',
  90: 'For 90 days',
  365: 'For a year',
};

/** Why the history cannot be read or written, and what becomes of new entries. */
export const historyProblems = {
  'history-migration-failed':
    'The history could not be brought to this version. It was left as it is, and what is sent and received now is kept beside it. Update Tallow Send: then all of it is here again.',
  'history-newer-version':
    'The history was written by a newer version of Tallow Send. It was left as it is, and what is sent and received now is kept beside it. Update Tallow Send: then all of it is here again.',
  'history-storage-unavailable':
    'The browser does not open the history. What is sent and received now is kept beside it. Is the disk full? Free some room, then try again.',
  'history-full':
    'The history cannot be opened, and too many entries wait for it: what is sent and received now is not written down. Update Tallow Send, or free some room on the disk.',
} as const;
export type HistoryProblem = keyof typeof historyProblems;
