import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ownFingerprint, peerFingerprint } from '../../../lib/rtc/fingerprint.ts';

const DER = Uint8Array.from({ length: 300 }, (_, index) => index & 0xff);
const RAW = createHash('sha256').update(DER).digest();

function certificate(...fingerprints: RTCDtlsFingerprint[]): RTCCertificate {
  return { getFingerprints: () => fingerprints } as unknown as RTCCertificate;
}
function transport(...certificates: ArrayBuffer[]): RTCDtlsTransport {
  return { getRemoteCertificates: () => certificates } as unknown as RTCDtlsTransport;
}

describe('[BD3] DTLS fingerprints', () => {
  it('one’s own is the certificate’s SHA-256, as raw bytes', () => {
    const value = [...RAW]
      .map((byte) => byte.toString(16).padStart(2, '0').toUpperCase())
      .join(':');
    const own = certificate({ algorithm: 'sha-1', value: 'AA' }, { algorithm: 'sha-256', value });
    expect([...ownFingerprint(own)]).toEqual([...RAW]);
  });

  it('the peer’s is of the certificate that DTLS saw', async () => {
    expect([...(await peerFingerprint(transport(DER.buffer)))]).toEqual([...RAW]);
  });

  it('none is a typed error, never an empty fingerprint', async () => {
    for (const own of [
      certificate(),
      certificate({ algorithm: 'sha-256', value: '' }),
      certificate({ algorithm: 'sha-256', value: 'AA:BB' }),
    ]) {
      expect(() => ownFingerprint(own)).toThrow(
        expect.objectContaining({ code: 'no-fingerprint' }),
      );
    }
    await expect(peerFingerprint(transport())).rejects.toMatchObject({ code: 'no-fingerprint' });
  });
});
