/**
 * Two web sites on loopback addresses of their own: the page that a person looks at, and another
 * origin whose pictures it shows without any CORS header.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { noise, png, wav } from './bytes.ts';
import { closeServer, listenOn } from './http.ts';

/** The build for tests with hosts is given this one beforehand; the page's stays ungranted. */
export const OTHER_HOST = '127.0.0.1';
const PAGE_HOST = '127.0.0.2';

const PICTURE_BYTES = 300_000;

interface Resource {
  readonly type: string;
  readonly body: Buffer;
}

export interface Site {
  readonly origin: string;
  /** Bytes of what this site serves under `path`. */
  bytes(path: string): Buffer;
  serve(path: string, resource: Resource): string;
  /** Paths asked for so far, with the request's Origin header if any. */
  readonly requests: readonly { readonly path: string; readonly origin?: string }[];
}

export interface Sites extends AsyncDisposable {
  readonly page: Site;
  readonly other: Site;
  /** The page with one of everything; ids of its elements are below. */
  readonly pageUrl: string;
  close(): Promise<void>;
}

/** Longer than any address that the browser tells an extension; made by the page on demand. */
export const LONG_PICTURE = png('long', 3 * 1024 * 1024);
/** It is read, not played: any bytes do. */
const CLIP_BYTES = 300_000;

/** What `<img id="inline">` and `<img id="blob">` show. */
export const INLINE_PICTURE = png('inline', 2_000);
export const BLOB_PICTURE = png('blob', 60_000);
export const SELECTION = 'Grüße – 你好, “selected” text 🎉\nin  two lines';

export async function startSites(): Promise<Sites> {
  const other = await startSite(OTHER_HOST);
  const page = await startSite(PAGE_HOST);
  other.site.serve('/cat.png', { type: 'image/png', body: png('cat', PICTURE_BYTES) });
  page.site.serve('/dog.png', { type: 'image/png', body: png('dog', PICTURE_BYTES) });
  other.site.serve('/clip.webm', { type: 'video/webm', body: noise('clip', CLIP_BYTES) });
  page.site.serve('/tone.wav', { type: 'audio/wav', body: wav() });
  page.site.serve('/', {
    type: 'text/html; charset=utf-8',
    body: Buffer.from(pageHtml(other.site.origin)),
  });
  const close = async () => {
    await Promise.all([other.close(), page.close()]);
  };
  return {
    page: page.site,
    other: other.site,
    pageUrl: `${page.site.origin}/`,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function pageHtml(other: string): string {
  const blob = BLOB_PICTURE.toString('base64');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Tallow test page</title>
<style>body { margin: 0 } img, canvas { width: 200px; height: 200px; display: block }
#selection { white-space: pre-wrap }</style>
<img id="other" src="${other}/cat.png" alt="from another origin">
<img id="own" src="/dog.png" alt="from this origin">
<img id="inline" src="data:image/png;base64,${INLINE_PICTURE.toString('base64')}" alt="data URL">
<img id="blob" alt="blob URL">
<canvas id="canvas" width="40" height="40"></canvas>
<video id="video" src="${other}/clip.webm" preload="none"></video>
<audio id="audio" src="/tone.wav" controls></audio>
<p><a id="link" href="${other}/article?q=1#part">a link</a></p>
<p id="selection">${SELECTION}</p>
<script>
const bytes = Uint8Array.from(atob('${blob}'), (c) => c.charCodeAt(0));
document.querySelector('#blob').src = URL.createObjectURL(new Blob([bytes], { type: 'image/png' }));
const canvas = document.querySelector('#canvas').getContext('2d');
canvas.fillStyle = 'rebeccapurple'; canvas.fillRect(0, 0, 40, 40);
</script></html>`;
}

async function startSite(host: string): Promise<{ site: Site; close: () => Promise<void> }> {
  const resources = new Map<string, Resource>();
  const requests: { path: string; origin?: string }[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site.invalid');
    const { origin } = request.headers;
    requests.push({ path: pathname, ...(origin !== undefined && { origin }) });
    const resource = resources.get(pathname);
    if (resource === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'content-type': resource.type,
      'content-length': resource.body.length,
      'cache-control': 'no-store',
    });
    response.end(resource.body);
  });
  const origin = await listenOn(server, host);
  const site: Site = {
    origin,
    requests,
    bytes: (path) => {
      const resource = resources.get(path);
      if (resource === undefined) throw new Error(`${origin} has no ${path}`);
      return resource.body;
    },
    serve: (path, resource) => {
      resources.set(path, resource);
      return origin + path;
    },
  };
  return { site, close: () => closeServer(server) };
}
