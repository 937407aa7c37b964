import type { UserManifest } from 'wxt';
import { TEST_KEY } from './test-key.ts';

/** First Chromium with transferable data channels and X25519 in WebCrypto. */
const MINIMUM_CHROME = '133';
const MINIMUM_FIREFOX = '140.0';

/**
 * Everything asked for at install. Three of these warn: `notifications`, `downloads` and
 * `clipboardWrite` ("Modify data you copy and paste"; the offscreen document is never focused, and
 * may not copy a received text without it). Whatever warns about sites is optional and asked for at
 * first use.
 */
const PERMISSIONS = [
  'activeTab',
  'scripting',
  'contextMenus',
  'storage',
  'unlimitedStorage',
  'downloads',
  'notifications',
  'alarms',
  'clipboardWrite',
] as const;

/** Warns of every site, so it is asked for when a tab is first shared. Firefox does not have it. */
const CAPTURE = 'tabCapture';

/**
 * `connect-src` lists schemes because `*` would leave out `data:` and `blob:`, and with it a
 * notification's icon fails to load. `http:` and `ws:` stay: people run servers on their own network.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "object-src 'none'",
  "connect-src 'self' https: http: wss: ws: data: blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/** `wxt dev` injects styles and takes the pages' files from its own server. */
const DEV_POLICY = [
  "style-src 'self' 'unsafe-inline' http://localhost:*",
  "img-src 'self' data: http://localhost:*",
];

/** What differs in a build that tests load. `hosts` are match patterns granted beforehand. */
export interface TestBuild {
  readonly hosts: readonly string[];
  /** Tabs may be captured beforehand: no prompt of the browser stands in a test's way. */
  readonly capture?: boolean;
}

export interface ManifestTarget {
  readonly browser: string;
  readonly test?: TestBuild;
  /** For `wxt dev`. */
  readonly dev?: boolean;
}

/**
 * Reads `TALLOW_TEST_BUILD=1`, `TALLOW_TEST_HOSTS` (patterns, parted by commas) and
 * `TALLOW_TEST_CAPTURE=1`.
 */
export function testBuildFrom(env: Readonly<Record<string, string | undefined>>): {
  test?: TestBuild;
} {
  if (env['TALLOW_TEST_BUILD'] !== '1') return {};
  const hosts = (env['TALLOW_TEST_HOSTS'] ?? '').split(',').filter((host) => host !== '');
  const capture = env['TALLOW_TEST_CAPTURE'] === '1';
  return { test: { hosts, ...(capture && { capture }) } };
}

/** Ends the name of the output folder: `''`, `-test`, `-test-granted` with hosts, then `-capture`. */
export function outputSuffix(test: TestBuild | undefined): string {
  if (test === undefined) return '';
  const granted = test.hosts.length === 0 ? '-test' : '-test-granted';
  return test.capture === true ? `${granted}-capture` : granted;
}

export function manifestFor({ browser, test, dev = false }: ManifestTarget): UserManifest {
  const policy = dev ? [...CONTENT_SECURITY_POLICY, ...DEV_POLICY] : CONTENT_SECURITY_POLICY;
  const firefox = browser === 'firefox';
  return {
    name: 'Tallow Send',
    short_name: 'Tallow',
    permissions: firefox
      ? [...PERMISSIONS]
      : [...PERMISSIONS, 'offscreen', ...(test?.capture === true ? [CAPTURE] : [])],
    ...(firefox || test?.capture === true ? {} : { optional_permissions: [CAPTURE] }),
    optional_host_permissions: ['*://*/*'],
    ...(test === undefined ? {} : { key: TEST_KEY, host_permissions: [...test.hosts] }),
    content_security_policy: { extension_pages: policy.join('; ') },
    action: { default_title: 'Tallow Send' },
    options_ui: { page: 'settings.html', open_in_tab: true },
    commands: {
      'send-page': {
        suggested_key: { default: 'Alt+Shift+S' },
        description: 'Send this page to the last device',
      },
      'share-tab': {
        suggested_key: { default: 'Alt+Shift+D' },
        description: 'Share this tab with the last device',
      },
      'stop-sharing': {
        suggested_key: { default: 'Alt+Shift+E' },
        description: 'Stop sharing tabs and screens',
      },
    },
    ...(firefox
      ? {
          browser_specific_settings: {
            gecko: {
              id: 'send@tallow-send.invalid',
              strict_min_version: MINIMUM_FIREFOX,
              data_collection_permissions: { required: ['none'] },
            },
          },
        }
      : { minimum_chrome_version: MINIMUM_CHROME }),
  };
}
