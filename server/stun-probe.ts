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

/** Whether this address can be listened on, over UDP and TCP. */
export async function isFree(host: string, port: number): Promise<boolean> {
  const udp = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const tcp = createServer();
  const udpFree = await new Promise<boolean>((resolve) => {
    udp.once('error', () => resolve(false));
    udp.bind({ port, address: host, exclusive: true }, () => resolve(true));
  });
  const tcpFree = await new Promise<boolean>((resolve) => {
    tcp.once('error', () => resolve(false));
    tcp.listen(port, host, () => resolve(true));
  });
  await Promise.all([
    new Promise<void>((resolve) => udp.close(() => resolve())),
    tcpFree ? new Promise<void>((resolve) => tcp.close(() => resolve())) : undefined,
  ]);
  return udpFree && tcpFree;
}
