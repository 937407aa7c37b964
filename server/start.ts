import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApplication, type Dependencies } from './application.ts';
import type { ServerConfig } from './config.ts';
import type { Logger } from './ports.ts';
import { systemClock, systemRandom } from './system.ts';

export interface RunningServer {
  /** The port it listens on, also where the configuration says 0. */
  readonly port: number;
  close(): Promise<void>;
}

/** Starts the signaling server. Rejects with Node's error where it cannot listen. */
export async function startServer(
  config: ServerConfig,
  logger: Logger,
  more: Pick<Dependencies, 'turnGroups'> = {},
): Promise<RunningServer> {
  const httpServer = createServer();
  const application = createApplication(httpServer, {
    config,
    clock: systemClock,
    random: systemRandom,
    logger,
    ...more,
  });
  await new Promise<void>((resolve, reject) => {
    httpServer.once('error', reject);
    httpServer.listen(config.port, config.host, () => {
      httpServer.off('error', reject);
      resolve();
    });
  });
  const { port } = httpServer.address() as AddressInfo;
  logger.info({ port }, 'signaling server listens');
  return { port, close: () => application.close() };
}
