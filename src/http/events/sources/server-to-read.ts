/** The server that a source for audit entries asks. */
import { parseUpstream } from '../../../config/config.ts';
import { allowsLoopbackHttp, type Variables } from '../../../config/variables.ts';
import type { ReadSettings } from '../../../ingest/webhooks/settings/read-settings.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { checkUpstream, type Upstream } from '../../../outbound/upstream/address.ts';

/** The address is checked when a source is written, and again before each use: the local switch may have changed. */
export function serverToRead({ address }: ReadSettings, variables: Variables): Result<Upstream> {
  if (address === '') {
    const upstream = parseUpstream(variables);
    if (!upstream.ok) return upstream;
    return upstream.value === undefined
      ? invalid('missing read.address: this server has no UPSTREAM_ADDR that could stand for it')
      : ok(upstream.value);
  }
  const allowLoopbackHttp = allowsLoopbackHttp(variables);
  const checked = checkUpstream(address, allowLoopbackHttp);
  if (!checked.ok) {
    const isOfThisMachine = checkUpstream(address, true).ok;
    const advice = isOfThisMachine ? ', or start "carillon dev" with --allow-loopback-http' : '';
    return invalid(`read.address ${checked.failure.message}${advice}`);
  }
  return ok({ address, via: variables.CLUSTER_NAME ?? '', allowLoopbackHttp });
}
