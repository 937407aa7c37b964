/** What a page that watches says: its own sentences are no part of what every popup loads. */
export * from '../text.ts';
export * from '../text/viewer.ts';
