/** The variable `UPSTREAM_ADDR`: the OpenBao or Vault that this server stands in front of. */

import { checkPublicUrl } from '../../lib/public-url.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';

export interface Upstream {
  /** Without a slash at its end; it may have a path, which stands before that of each request. */
  readonly address: string;
  /** The name of this server, by which it knows a request that has come back to it. */
  readonly via: string;
  /** For development: an upstream on this machine, without TLS. */
  readonly allowLoopbackHttp: boolean;
}

interface Settings {
  readonly UPSTREAM_ADDR?: string;
  readonly CLUSTER_NAME?: string;
  readonly ALLOW_LOOPBACK_HTTP?: string;
}

/** Names the servers that a request was passed on by. Two that pass to each other would do so for ever. */
export const VIA_HEADER = 'Carillon-Via';

/** @returns undefined where there is none */
export function parseUpstream(settings: Settings): Result<Upstream | undefined> {
  const { UPSTREAM_ADDR: text = '', CLUSTER_NAME: via = '' } = settings;
  if (text === '') return ok(undefined);
  const allowLoopbackHttp = settings.ALLOW_LOOPBACK_HTTP === 'true';
  const checked = checkUpstream(text, allowLoopbackHttp);
  if (!checked.ok) {
    // Everybody is told, and it may have a password in it: so it is not quoted.
    return invalid(
      `the variable UPSTREAM_ADDR ${checked.failure.message}; set it in wrangler.toml, or with --upstream, to the address of an OpenBao or Vault, such as "https://openbao.example.com:8200", or to "" for none`,
    );
  }
  const { origin, pathname } = new URL(text);
  return ok({ address: `${origin}${pathname.replace(/\/+$/, '')}`, via, allowLoopbackHttp });
}

/** @returns the address, or a failure whose message is to follow its name */
export function checkUpstream(text: string, allowLoopbackHttp: boolean): Result<string> {
  const url = checkPublicUrl(text, { allowLoopbackHttp });
  return url.ok && text.includes('?') ? invalid('must not have a query') : url;
}

/** A request that this server passed on has its name; it is to have it only once. */
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
