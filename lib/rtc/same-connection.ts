import { TallowError } from '../errors/index.ts';

/** A peer's description of something else than this connection ([IC6], [CT1], [SH4]). */
export class DescriptionError extends TallowError<
  'not-data' | 'not-this-media' | 'another-connection'
> {}

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
  assertSameFingerprints(before, after);
}

/**
 * A media connection has one section of video, one of audio where sound was agreed on, and one of
 * data; what is shared goes one way only ([SH4], [SH5]). All else would have a viewer's browser open
 * media that nobody asked for, or send some.
 *
 * @param before of the same side; undefined for the first one
 * @throws DescriptionError
 */
export function assertSameMedia(
  before: string | undefined,
  after: string,
  expected: { readonly type: 'offer' | 'answer'; readonly audio: boolean },
): void {
  const direction = expected.type === 'offer' ? 'a=sendonly' : 'a=recvonly';
  const kinds = after
    .split(/^m=/m)
    .slice(1)
    .map((section) => {
      const [first = '', ...lines] = section.split(/\r?\n/);
      if (DATA_SECTION.test(`m=${first}`)) return 'data';
      const [, kind = ''] = MEDIA_SECTION.exec(first) ?? [];
      return lines.includes(direction) ? kind : '';
    });
  const wanted = expected.audio ? ['audio', 'data', 'video'] : ['data', 'video'];
  if (kinds.toSorted().join() !== wanted.join()) throw new DescriptionError('not-this-media');
  assertSameFingerprints(before, after);
}

function assertSameFingerprints(before: string | undefined, after: string): void {
  if (before !== undefined && fingerprintsOf(before) !== fingerprintsOf(after)) {
    throw new DescriptionError('another-connection');
  }
}

/** RFC 8841 §4. */
const DATA_SECTION = /^m=application \d+ (?:UDP|TCP)\/DTLS\/SCTP webrtc-datachannel$/;
/** RFC 8829 §5.1.2. */
const MEDIA_SECTION = /^(audio|video) \d+ UDP\/TLS\/RTP\/SAVPF /;

/** Browsers write them for the whole session or for its section: where does not matter. */
function fingerprintsOf(sdp: string): string {
  const lines = linesOf(sdp, /^a=fingerprint:/i).map((line) => line.toLowerCase());
  return [...new Set(lines)].toSorted().join(' ');
}

function linesOf(sdp: string, start: RegExp): string[] {
  return sdp.split(/\r?\n/).filter((line) => start.test(line));
}
