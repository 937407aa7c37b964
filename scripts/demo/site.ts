import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closeServer, listenOn } from '../../tests/support/http.ts';

const FOLDER = fileURLToPath(new URL('../../assets/sample', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.jpg': 'image/jpeg',
};
/** Nothing else is served, whatever a request asks for. */
const FILES = ['index.html', 'desktop.html', 'dusk.jpg', 'sea.jpg', 'forest.jpg', 'city.jpg'];

const LOOPBACK = '127.0.0.1';

export interface SampleSite {
  readonly origin: string;
  close(): Promise<void>;
}

/** The sample page on two origins: it shows one picture of the other, as pages on the web do. */
export async function startSampleSite(): Promise<SampleSite> {
  let otherOrigin = '';
  const serve = (): Server =>
    createServer((request, response) => {
      const name = (request.url ?? '/').replace(/^\//, '') || 'index.html';
      if (!FILES.includes(name)) {
        response.writeHead(404).end();
        return;
      }
      void readFile(join(FOLDER, name)).then((body) => {
        response.writeHead(200, { 'content-type': TYPES[extname(name)] });
        response.end(
          name === 'index.html'
            ? body.toString('utf8').replace('%OTHER_ORIGIN%', otherOrigin)
            : body,
        );
      });
    });
  const page = serve();
  const other = serve();
  otherOrigin = await listenOn(other, LOOPBACK);
  return {
    origin: await listenOn(page, LOOPBACK),
    close: async () => {
      await Promise.all([page, other].map(closeServer));
    },
  };
}
