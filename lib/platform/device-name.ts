import { browser } from '../browser/index.ts';

const SYSTEMS: Readonly<Record<string, string>> = {
  android: 'Android',
  cros: 'ChromeOS',
  fuchsia: 'Fuchsia',
  linux: 'Linux',
  mac: 'Mac',
  openbsd: 'OpenBSD',
  win: 'Windows',
};

/** What this device is called until a person names it: "Chrome on Linux". */
export async function defaultDeviceName(): Promise<string> {
  const { os } = await browser.runtime.getPlatformInfo();
  return `${browserName(navigator.userAgent)} on ${SYSTEMS[os] ?? 'this computer'}`;
}

/** `Chrome 133`: the whole user agent says more than a report needs. */
export function browserVersion(userAgent: string): string {
  const name = browserName(userAgent);
  const token = { Firefox: 'Firefox', Edge: 'Edg', Opera: 'OPR' }[name] ?? 'Chrome';
  const [, version = ''] = new RegExp(`${token}/(\\d+)`).exec(userAgent) ?? [];
  return `${name} ${version}`.trim();
}

export function browserName(userAgent: string): string {
  if (userAgent.includes('Firefox/')) return 'Firefox';
  if (userAgent.includes('Edg/')) return 'Edge';
  if (userAgent.includes('OPR/')) return 'Opera';
  return 'Chrome';
}
