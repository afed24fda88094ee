/** The address that the sender of a source calls, as a whole. */
import { parseNamespacePath } from '../namespace/namespace.ts';
import { isLoopback } from './dev/address.ts';
import { apiUrl, type Server } from './server.ts';

/**
 * @param path of the address at the server, such as `/v1/sys/events/in/github`
 */
export function sourceAddress(server: Server, path: string): string {
  return apiUrl(server, path.replace(/^\/v1\//, '')).href;
}

/** The path of the address of a source in the namespace that the server is asked in. */
export function sourcePath({ headers }: Server, name: string): string {
  const namespace = parseNamespacePath(headers['X-Vault-Namespace'] ?? '') ?? '';
  return `/v1/${namespace}${namespace && '/'}sys/events/in/${name}`;
}

/** What a sender elsewhere cannot do with the address; undefined where it may be able to call it. */
export function noteOnAddress({ address }: Server): string | undefined {
  return isLoopback(address.hostname.replace(/^\[|\]$/g, ''))
    ? `${address.origin} leads to this machine only: a sender elsewhere needs a public address of the server`
    : undefined;
}
