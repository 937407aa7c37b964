/** The gallery as a local page: `node scripts/demo/ui-gallery/server.ts` prints its address. */
import { fileURLToPath } from 'node:url';
import { createServer, type ViteDevServer } from 'vite';
import solid from 'vite-plugin-solid';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** On a free loopback port. */
export async function startGallery(): Promise<{ url: string; server: ViteDevServer }> {
  const server = await createServer({
    root: fileURLToPath(new URL('./', import.meta.url)),
    publicDir: `${ROOT}public`,
    cacheDir: `${ROOT}.cache/ui-gallery`,
    configFile: false,
    logLevel: 'warn',
    plugins: [solid()],
    server: { host: '127.0.0.1', port: 0, fs: { allow: [ROOT] }, hmr: false },
  });
  await server.listen();
  const [url] = server.resolvedUrls?.local ?? [];
  if (url === undefined) throw new Error('the gallery has no address');
  return { url, server };
}

if (import.meta.main) console.log((await startGallery()).url);
