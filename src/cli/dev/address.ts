/** The address that the local server listens on. */
import { createServer, isIP } from 'node:net';

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** The host as it stands in a URL. */
export function urlHost(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/**
 * Listens for a moment, since workerd's own words for a taken port mean little to its user.
 *
 * @returns the sentence that says why the address cannot be had, or undefined
 */
export function checkAddress(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(reasonOf(error, host, port)));
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}

function reasonOf({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} of ${host} is taken; stop what listens there, or choose another with --port`;
    case 'EACCES':
      return `port ${port} may not be opened by this user; choose one above 1023 with --port`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `--host ${host} is no address of this machine; use 127.0.0.1, or 0.0.0.0 for all of them`;
    default:
      return `cannot listen on ${host} port ${port}: ${message}`;
  }
}
