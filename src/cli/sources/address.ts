/** The address that the sender of a source calls. */
import type { Server } from '../../client/options.ts';
import { isPrivate } from '../../lib/public-url.ts';
import { parseNamespacePath } from '../../namespace/namespace.ts';
import { isLoopbackUrl } from '../dev/address.ts';
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

/** Says so if a sender elsewhere cannot call the address. */
export function noteOnAddress({ url }: Server): string | undefined {
  const { origin, hostname } = url;
  if (!isPrivate(hostname)) return undefined;
  const reach = isLoopbackUrl(url) ? 'leads to this machine only' : 'is of a private network';
  return `${origin} ${reach}: a sender elsewhere, such as a vendor, needs a public address. Deploy the server (docs/deploy.md), or open a tunnel to it, such as "cloudflared tunnel --url ${origin}", and give the sender that address with the same path`;
}
