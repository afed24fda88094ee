/** The address that the sender of a source calls. */
import type { Server } from '../../client/options.ts';
import { parseNamespacePath } from '../../namespace/namespace.ts';
import { isLoopback } from '../dev/address.ts';
import { urlWithoutNamespace } from '../server/api.ts';

/** @param path of the source, such as `/v1/sys/events/in/github` */
export function sourceAddress(server: Server, path: string): string {
  return urlWithoutNamespace(server, path.replace(/^\/v1\//, '')).href;
}

/** The path of a source in the namespace of the requests. */
export function sourcePath(server: Server, name: string): string {
  const namespace = parseNamespacePath(server.namespace) ?? '';
  return `/v1/${namespace}${namespace && '/'}sys/events/in/${name}`;
}

/** Says so if no other machine can call the address. */
export function noteOnAddress({ url }: Server): string | undefined {
  return isLoopback(url.hostname.replace(/^\[|\]$/g, ''))
    ? `${url.origin} leads to this machine only: a sender elsewhere needs a public address of the server`
    : undefined;
}
