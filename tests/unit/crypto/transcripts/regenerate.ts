/**
 * Writes the two transcripts anew: `node tests/unit/crypto/transcripts/regenerate.ts`. Only for a
 * change of the protocol, with a new version; a diff after anything else is a broken protocol.
 */
import { writeFileSync } from 'node:fs';
import { pairTranscript, reconnectTranscript } from './handshakes.ts';

const transcripts = {
  'pair.json': await pairTranscript(),
  'reconnect.json': await reconnectTranscript(),
};
for (const [name, transcript] of Object.entries(transcripts)) {
  writeFileSync(new URL(name, import.meta.url), `${JSON.stringify(transcript, null, 2)}\n`);
}
