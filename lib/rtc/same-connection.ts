import { TallowError } from '../errors/index.ts';

/** A restart's description that would make another connection of this one ([IC6]). */
export class DescriptionError extends TallowError<'another-connection'> {}

/**
 * An ICE restart changes credentials and candidates. Other fingerprints would begin another DTLS
 * association, behind the binding that was proved ([BD2]); other sections would bring media or
 * channels that nobody asked for.
 *
 * @param before the description in force; undefined for the first one, which may be anything
 * @throws DescriptionError
 */
export function assertSameConnection(before: string | undefined, after: string): void {
  if (before !== undefined && identityOf(before) !== identityOf(after)) {
    throw new DescriptionError('another-connection');
  }
}

/** Its media sections, each with its kind and protocol, and every fingerprint, in order. */
function identityOf(sdp: string): string {
  return sdp
    .split(/\r?\n/)
    .flatMap((line) => {
      if (/^a=fingerprint:/i.test(line)) return line.toLowerCase();
      const section = /^m=(\S+) \S+ (\S+)/.exec(line);
      return section ? `m=${section[1]} ${section[2]}` : [];
    })
    .join('\n');
}
