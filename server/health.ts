import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * `GET /health/live`: the process answers. `GET /health/ready`: it takes new connections. Everything
 * else outside Socket.IO's path is 404. No answer tells versions, counts or names ([SV13]).
 */
export function healthListener(isReady: () => boolean) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url?.split('?', 1)[0];
    if (path !== '/health/live' && path !== '/health/ready') {
      return answer(response, 404, 'not-found');
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return answer(response, 405, 'method-not-allowed');
    }
    if (path === '/health/live') return answer(response, 200, 'live');
    return isReady() ? answer(response, 200, 'ready') : answer(response, 503, 'stopping');
  };
}

function answer(response: ServerResponse, statusCode: number, status: string): void {
  response.writeHead(statusCode, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(JSON.stringify({ status }));
}
