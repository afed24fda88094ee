/** The variable `UPSTREAM_ADDR`: the OpenBao or Vault that this server stands in front of. */

import { invalid, ok, type Result } from '../lib/result.ts';
import { checkUpstream, type Upstream } from '../outbound/upstream/address.ts';
import { allowsLoopbackHttp, type Variables } from './variables.ts';

/** @returns undefined if there is none */
export function parseUpstream(variables: Variables): Result<Upstream | undefined> {
  const { UPSTREAM_ADDR: text = '', CLUSTER_NAME: via = '' } = variables;
  if (text === '') return ok(undefined);
  const allowLoopbackHttp = allowsLoopbackHttp(variables);
  const checked = checkUpstream(text, allowLoopbackHttp);
  if (!checked.ok) {
    // The address may have a password in it, and the message is sent to every client. So it is not quoted.
    return invalid(
      `the variable UPSTREAM_ADDR ${checked.failure.message}; set it in wrangler.toml, or with --upstream, to the address of an OpenBao or Vault, such as "https://openbao.example.com:8200", or to "" for none`,
    );
  }
  const { origin, pathname } = new URL(text);
  return ok({ address: `${origin}${pathname.replace(/\/+$/, '')}`, via, allowLoopbackHttp });
}
