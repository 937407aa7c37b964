/** The real signaling server, in this process, on a free loopback port that survives restarts. */
import { pino } from 'pino';
import { readConfig } from '../../server/config.ts';
import { startServer, type RunningServer } from '../../server/start.ts';

export interface SignalingServer extends AsyncDisposable {
  /** What goes into the setting "Signaling server". */
  readonly url: string;
  /** Takes it off the network; its rooms and nameplates are lost. */
  stop(): Promise<void>;
  /** Brings it back on the same port, empty. */
  start(): Promise<void>;
}

export async function startSignaling(
  environment: Readonly<Record<string, string>> = {},
): Promise<SignalingServer> {
  const logger = pino({ level: 'silent' });
  const listen = (port: number) =>
    startServer(readConfig({ ...environment, PORT: `${port}` }), logger);
  let running: RunningServer | undefined = await listen(0);
  const { port } = running;
  const stop = async () => {
    await running?.close();
    running = undefined;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    stop,
    start: async () => {
      running ??= await listen(port);
    },
    [Symbol.asyncDispose]: stop,
  };
}
