/** The OpenBao or Vault that this server stands in front of. */

import { checkPublicUrl } from '../../lib/public-url.ts';
import { invalid, type Result } from '../../lib/result.ts';

export interface Upstream {
  /** Without a slash at its end. It may have a path, which is put in front of that of each request. */
  readonly address: string;
  /** The name of this server, by which it recognises a request that has come back to it. */
  readonly via: string;
  /** For development: an upstream on this machine, without TLS. */
  readonly allowLoopbackHttp: boolean;
}

/** Names the servers that have passed a request on. Without it, two servers could pass it to each other forever. */
export const VIA_HEADER = 'Carillon-Via';

/** @returns the address, or a failure whose message is to follow the name of the setting */
export function checkUpstream(text: string, allowLoopbackHttp: boolean): Result<string> {
  const url = checkPublicUrl(text, { allowLoopbackHttp });
  return url.ok && text.includes('?') ? invalid('must not have a query') : url;
}

/** Whether this server has passed the request on before. */
export function isLoop(headers: Headers, { via }: Upstream): boolean {
  return namesIn(headers).includes(via);
}

export function viaThis(headers: Headers, { via }: Upstream): string {
  return [...namesIn(headers), via].join(', ');
}

function namesIn(headers: Headers): string[] {
  const names = headers.get(VIA_HEADER)?.split(',') ?? [];
  return names.map((name) => name.trim()).filter((name) => name !== '');
}
