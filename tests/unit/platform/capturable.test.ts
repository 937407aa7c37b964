import { expect, it } from 'vitest';
import { whyNotCapturable } from '../../../lib/platform/capturable.ts';

it.each([
  'chrome://settings/passwords',
  'edge://flags',
  'about:config',
  'devtools://devtools/bundled/inspector.html',
  'view-source:https://example.org/',
  'chrome-extension://abcdefghijklmnopabcdefghijklmnop/popup.html',
  'moz-extension://3f2a/popup.html',
  'https://chromewebstore.google.com/detail/x',
  'https://chrome.google.com/webstore/detail/x',
  'https://addons.mozilla.org/en-US/firefox/',
  'not an address',
])('shares no page of the browser or its store: %s', (address) => {
  expect(whyNotCapturable(address)).toBe('page-not-capturable');
});

it.each([
  'https://example.org/',
  'http://127.0.0.1:8000/a?b',
  'https://chrome.google.com/intl/en/chrome/',
  'https://chromewebstore.google.com.example.org/',
  'file:///home/me/slides.pdf',
  'about:blank',
  'data:text/html,<p>x',
  'blob:https://example.org/1',
])('leaves every other page to the browser: %s', (address) => {
  expect(whyNotCapturable(address)).toBeNull();
});

it.each([undefined, ''])('shares no page that the browser does not name: %o', (address) => {
  expect(whyNotCapturable(address)).toBe('page-unknown');
});
