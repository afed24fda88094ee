/** The address that the local server listens on. */
import { lookup } from 'node:dns/promises';
import { type AddressInfo, createServer, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ok } from '../../lib/result.ts';
import { type CommandResult, failed } from '../command/command.ts';
import { IS_CLONE } from './installation.ts';
import { BY_NPM } from './npm.ts';

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Whether a URL leads to this machine by a loopback address. */
export function isLoopbackUrl({ hostname }: URL): boolean {
  return isLoopback(hostOf(hostname));
}

/** The host in the form of a URL. */
export function urlHost(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** The host of a URL without the brackets that an IPv6 address has there. */
function hostOf(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/**
 * Binds the address for a moment. workerd does not say that a port is taken so that a user understands it, nor the
 * address of a host name.
 *
 * @returns the address of the host
 */
export function bindAddress(host: string, port: number): Promise<CommandResult<string>> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(bindFailure(error, host, port)));
    server.listen({ host, port }, () => {
      const { address } = server.address() as AddressInfo;
      server.close(() => resolve(ok(address)));
    });
  });
}

/** Whether a URL leads to a server with this address and port. The address may stand for all of the machine. */
export async function leadsTo(
  { protocol, hostname, port: given }: URL,
  address: string,
  port: number,
): Promise<boolean> {
  if (Number(given || (protocol === 'https:' ? 443 : 80)) !== port) return false;
  const named = await lookup(hostOf(hostname), { all: true }).catch(() => []);
  const isAll = address === '0.0.0.0' || address === '::';
  return named.some((each) => each.address === address || (isAll && isOwn(each.address)));
}

/** The loopback address of the family of an address. */
export function loopbackOf(address: string): string {
  return isIP(address) === 6 ? '::1' : '127.0.0.1';
}

/** Whether this machine has the address. */
function isOwn(address: string): boolean {
  return (
    isLoopback(address) ||
    address === '0.0.0.0' ||
    address === '::' ||
    Object.values(networkInterfaces()).some((each) => each?.some((own) => own.address === address))
  );
}

export function bindFailure(error: Error, host: string, port: number): CommandResult<never> {
  return failed(bindError(error, host, port));
}

function bindError({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} of ${host} is taken; stop what listens there, or choose another: "npx carillon dev --port 8300"${IS_CLONE ? `, or "${BY_NPM} --port 8300"` : ''}`;
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
