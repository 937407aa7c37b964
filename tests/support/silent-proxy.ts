/** A TCP proxy that can fall silent: it keeps its connections and passes nothing on any more. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Line {
  readonly near: Socket;
  readonly far: Socket;
}

export class SilentProxy {
  readonly url: string;
  readonly #server: Server;
  readonly #lines: Line[];

  private constructor(server: Server, lines: Line[]) {
    this.#server = server;
    this.#lines = lines;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(target: string): Promise<SilentProxy> {
    const { hostname, port } = new URL(target);
    const lines: Line[] = [];
    const server = createServer((near) => {
      const line = { near, far: connect(Number(port), hostname) };
      for (const socket of [line.near, line.far]) socket.on('error', () => undefined);
      lines.push(line);
      join(line);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new SilentProxy(server, lines);
  }

  /** As a network that went away: nobody is told that anything ended. */
  fallSilent(): void {
    for (const { near, far } of this.#lines) {
      for (const socket of [near, far]) {
        socket.unpipe();
        socket.removeAllListeners('end');
        socket.pause();
      }
    }
  }

  /** The network is back: what was said meanwhile arrives late, as TCP has it. */
  speakAgain(): void {
    for (const line of this.#lines) join(line);
  }

  async close(): Promise<void> {
    for (const { near, far } of this.#lines) {
      near.destroy();
      far.destroy();
    }
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function join({ near, far }: Line): void {
  near.pipe(far);
  far.pipe(near);
}
