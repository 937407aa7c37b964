/** The host to show in a sentence; the address itself when it does not parse. */
export function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url;
}
