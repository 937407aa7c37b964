import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** On the same machine an answer takes a millisecond or never comes. */
const ANSWER_MS = 200;

/** A STUN binding request without attributes (RFC 8489 §5): type, length 0, cookie, transaction. */
const BINDING_REQUEST = [0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42];
const TRANSACTION_BYTES = 12;

/** Whether a STUN server answers at this address, over UDP. Never fails. */
export function answersStun(host: string, port: number): Promise<boolean> {
  const transaction = randomBytes(TRANSACTION_BYTES);
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  return new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), ANSWER_MS);
    socket.on('message', (answer) => {
      if (!answer.subarray(8, 8 + TRANSACTION_BYTES).equals(transaction)) return;
      clearTimeout(timer);
      resolve(true);
    });
    // E.g. "port unreachable" while it is not there yet.
    socket.on('error', () => undefined);
    socket.send(Buffer.concat([Buffer.from(BINDING_REQUEST), transaction]), port, host);
  }).finally(() => socket.close());
}

/** Why this address cannot be listened on, over UDP and TCP: the system's code, or undefined. */
export async function cannotListen(host: string, port: number): Promise<string | undefined> {
  const udp = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const tcp = createServer();
  const udpProblem = await new Promise<string | undefined>((resolve) => {
    udp.once('error', (error) => resolve(codeOf(error)));
    udp.bind({ port, address: host, exclusive: true }, () => resolve(undefined));
  });
  const tcpProblem = await new Promise<string | undefined>((resolve) => {
    tcp.once('error', (error) => resolve(codeOf(error)));
    tcp.listen(port, host, () => resolve(undefined));
  });
  await new Promise<void>((resolve) => udp.close(() => resolve()));
  if (tcpProblem === undefined) await new Promise((resolve) => tcp.close(resolve));
  return udpProblem ?? tcpProblem;
}

function codeOf(error: NodeJS.ErrnoException): string {
  return error.code ?? 'unknown';
}
