import { TallowError } from '../errors/index.ts';

/** A peer's description of something else than this connection ([IC6], [CT1]). */
export class DescriptionError extends TallowError<'not-data' | 'another-connection'> {}

/**
 * A data connection has one section; a peer that describes more would have us open media that
 * nobody asked for. And an ICE restart changes credentials and candidates only: other fingerprints
 * would begin another DTLS association, behind the binding that was proved ([BD2]).
 *
 * @param before the description in force; undefined for the first one
 * @throws DescriptionError
 */
export function assertSameConnection(before: string | undefined, after: string): void {
  const [section, ...more] = linesOf(after, /^m=/);
  if (section === undefined || more.length > 0 || !DATA_SECTION.test(section)) {
    throw new DescriptionError('not-data');
  }
  if (before !== undefined && fingerprintsOf(before) !== fingerprintsOf(after)) {
    throw new DescriptionError('another-connection');
  }
}

/** RFC 8841 §4. */
const DATA_SECTION = /^m=application \d+ (?:UDP|TCP)\/DTLS\/SCTP webrtc-datachannel$/;

/** Browsers write them for the whole session or for its section: where does not matter. */
function fingerprintsOf(sdp: string): string {
  const lines = linesOf(sdp, /^a=fingerprint:/i).map((line) => line.toLowerCase());
  return [...new Set(lines)].toSorted().join(' ');
}

function linesOf(sdp: string, start: RegExp): string[] {
  return sdp.split(/\r?\n/).filter((line) => start.test(line));
}
