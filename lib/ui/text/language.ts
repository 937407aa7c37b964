/** Of these sentences; numbers and times within them follow it, not the browser's own. */
export const LANGUAGE = 'en';
