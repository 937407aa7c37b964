/** The real signaling server, in this process, on a free loopback port that survives restarts. */
import { createServer } from 'node:http';
import { pino } from 'pino';
import { createApplication, type Application } from '../../server/application.ts';
import { readConfig } from '../../server/config.ts';
import type { Clock } from '../../server/ports.ts';
import { systemRandom } from '../../server/system.ts';
import { listenOn } from './http.ts';

const HOST = '127.0.0.1';

export interface SignalingServer {
  /** What goes into the setting "Signaling server". */
  readonly url: string;
  /** Lets that much time go by for the server: nameplates end, limits are forgotten. */
  advance(ms: number): void;
  /** Takes it off the network; its rooms and nameplates are lost. */
  stop(): Promise<void>;
  /** Brings it back on the same port, empty. */
  start(): Promise<void>;
}

export async function startSignaling(
  environment: Readonly<Record<string, string>> = {},
): Promise<SignalingServer> {
  const config = readConfig(environment);
  const clock = new SteppingClock();
  let running: Application | undefined;
  const listen = async (port: number): Promise<string> => {
    const httpServer = createServer();
    running = createApplication(httpServer, {
      config,
      clock,
      random: systemRandom,
      logger: pino({ level: 'silent' }),
    });
    return await listenOn(httpServer, HOST, port);
  };
  const url = await listen(0);
  return {
    url,
    advance: (ms) => clock.advance(ms),
    stop: async () => {
      await running?.close();
      running = undefined;
    },
    start: async () => {
      if (running === undefined) await listen(Number(new URL(url).port));
    },
  };
}

/** The real time, which a test can move on at once. */
class SteppingClock implements Clock {
  readonly #tasks = new Set<{ readonly due: number; readonly run: () => void }>();
  #ahead = 0;

  now(): number {
    return Date.now() + this.#ahead;
  }

  after(ms: number, task: () => void): () => void {
    const entry = {
      due: this.now() + ms,
      run: () => {
        cancel();
        task();
      },
    };
    const timer = setTimeout(entry.run, ms);
    timer.unref();
    const cancel = () => {
      clearTimeout(timer);
      this.#tasks.delete(entry);
    };
    this.#tasks.add(entry);
    return cancel;
  }

  advance(ms: number): void {
    this.#ahead += ms;
    for (const task of [...this.#tasks]) if (task.due <= this.now()) task.run();
  }
}
