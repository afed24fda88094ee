/** A web server of files and nothing else, as a host of static pages is. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const FILES = new Map([
  ['/', { url: new URL('../pages/static.html', import.meta.url), type: 'text/html' }],
  [
    '/client.min.js',
    {
      url: new URL('../../../packages/client/dist/client.min.js', import.meta.url),
      type: 'text/javascript',
    },
  ],
]);

export interface Site extends AsyncDisposable {
  readonly origin: string;
}

export async function startSite(): Promise<Site> {
  const server = createServer(({ url = '/' }, response) => {
    const file = FILES.get(url.split('?')[0] ?? '/');
    if (file === undefined) return response.writeHead(404).end();
    return response
      .writeHead(200, { 'Content-Type': file.type })
      .end(readFileSync(fileURLToPath(file.url)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
