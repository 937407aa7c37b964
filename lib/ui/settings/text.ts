/** What the settings say: their own sentences are no part of what every popup loads. */
export * from '../text.ts';
export * from '../text/check.ts';
export * from '../text/settings.ts';
