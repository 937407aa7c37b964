/** Just enough of a TURN client, over UDP, to ask a real server what it lets through (RFC 8656). */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { within } from './wait.ts';

const ALLOCATE = 0x0003;
const CREATE_PERMISSION = 0x0008;
const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const ERROR_CODE = 0x0009;
const XOR_PEER_ADDRESS = 0x0012;
const REALM = 0x0014;
const NONCE = 0x0015;
const REQUESTED_TRANSPORT = 0x0019;
const MAGIC_COOKIE = 0x2112a442;
const UDP = 17;

const HEADER_BYTES = 20;
const INTEGRITY_BYTES = 24;
const ANSWER_MS = 3_000;

export interface TurnLogin {
  readonly username: string;
  readonly credential: string;
}

type Attributes = ReadonlyMap<number, Buffer>;

export class TurnClient {
  readonly #socket = createSocket('udp4');
  readonly #port: number;
  readonly #login: TurnLogin;
  #realm: Buffer = Buffer.alloc(0);
  #nonce: Buffer = Buffer.alloc(0);

  /** @param port of a server on 127.0.0.1 */
  constructor(port: number, login: TurnLogin) {
    this.#port = port;
    this.#login = login;
  }

  /** 0, or the code of the refusal. */
  async allocate(): Promise<number> {
    const transport: [number, Buffer] = [REQUESTED_TRANSPORT, Buffer.from([UDP, 0, 0, 0])];
    // The first one only asks for realm and nonce.
    const challenge = await this.#exchange(encode(ALLOCATE, [transport]));
    this.#realm = challenge.get(REALM) ?? this.#realm;
    this.#nonce = challenge.get(NONCE) ?? this.#nonce;
    return codeOf(await this.#exchange(this.#signed(ALLOCATE, transport)));
  }

  /** May the relay send to this IPv4 address? 0, or the code of the refusal. */
  async permit(address: string): Promise<number> {
    const peer = Buffer.alloc(8);
    peer.writeUInt16BE(0x0001, 0);
    peer.writeUInt16BE(9 ^ (MAGIC_COOKIE >>> 16), 2);
    for (const [index, part] of address.split('.').entries()) {
      peer[4 + index] = Number(part) ^ ((MAGIC_COOKIE >>> (24 - 8 * index)) & 0xff);
    }
    return codeOf(await this.#exchange(this.#signed(CREATE_PERMISSION, [XOR_PEER_ADDRESS, peer])));
  }

  close(): void {
    this.#socket.close();
  }

  #signed(type: number, attribute: readonly [number, Buffer]): Buffer {
    const { username, credential } = this.#login;
    const message = encode(type, [
      attribute,
      [USERNAME, Buffer.from(username)],
      [REALM, this.#realm],
      [NONCE, this.#nonce],
    ]);
    // RFC 8489 §14.5: the length already counts the integrity that is computed over it.
    message.writeUInt16BE(message.length - HEADER_BYTES + INTEGRITY_BYTES, 2);
    const key = createHash('md5').update(`${username}:${this.#realm.toString()}:${credential}`);
    const integrity = createHmac('sha1', key.digest()).update(message).digest();
    return Buffer.concat([message, attributeOf(MESSAGE_INTEGRITY, integrity)]);
  }

  async #exchange(request: Buffer): Promise<Attributes> {
    const transaction = request.subarray(8, HEADER_BYTES);
    const answer = new Promise<Buffer>((resolve) => {
      const onMessage = (message: Buffer): void => {
        if (!message.subarray(8, HEADER_BYTES).equals(transaction)) return;
        this.#socket.off('message', onMessage);
        resolve(message);
      };
      this.#socket.on('message', onMessage);
    });
    this.#socket.send(request, this.#port, '127.0.0.1');
    return decode(await within('an answer of the TURN server', ANSWER_MS, answer));
  }
}

function encode(type: number, attributes: readonly (readonly [number, Buffer])[]): Buffer {
  const body = Buffer.concat(attributes.map(([kind, value]) => attributeOf(kind, value)));
  const header = Buffer.alloc(8);
  header.writeUInt16BE(type, 0);
  header.writeUInt16BE(body.length, 2);
  header.writeUInt32BE(MAGIC_COOKIE, 4);
  return Buffer.concat([header, randomBytes(12), body]);
}

function attributeOf(kind: number, value: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(kind, 0);
  header.writeUInt16BE(value.length, 2);
  return Buffer.concat([header, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

function decode(message: Buffer): Attributes {
  const attributes = new Map<number, Buffer>();
  for (let at = HEADER_BYTES; at + 4 <= message.length;) {
    const length = message.readUInt16BE(at + 2);
    attributes.set(message.readUInt16BE(at), message.subarray(at + 4, at + 4 + length));
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return attributes;
}

/** RFC 8489 §14.8: the hundreds in the third byte, the rest in the fourth. */
function codeOf(attributes: Attributes): number {
  const error = attributes.get(ERROR_CODE);
  return error === undefined ? 0 : (error[2] ?? 0) * 100 + (error[3] ?? 0);
}
