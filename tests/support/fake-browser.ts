/** Stands in for `webextension-polyfill` in unit tests: in-memory storage, events that a test fires. */
import { fakeBrowser } from 'wxt/testing/fake-browser';

export default fakeBrowser;
