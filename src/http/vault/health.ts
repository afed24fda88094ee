/** `GET|HEAD /v1/sys/health`, for load balancers. It needs no token. */

import { hexOf, sha256 } from '../../lib/digest.ts';
import { VERSION } from '../../lib/version.ts';
import type { AppContext } from '../context.ts';
import { json, refuse } from '../respond.ts';

/** Statuses without a body (RFC 9110). */
const WITHOUT_BODY = [204, 205, 304];

/** Parameters that replace a status. All are checked, but this server has only two of Vault's states. */
const CODE_PARAMETERS = [
  'activecode',
  'standbycode',
  'drsecondarycode',
  'performancestandbycode',
  'sealedcode',
  'uninitcode',
];

/** As in Vault: 200, or 501 while there is no root token, or the status that the query asks for instead. */
export async function health({ var: { config, query } }: AppContext): Promise<Response> {
  const malformed = CODE_PARAMETERS.find(
    (name) => query.has(name) && statusOf(query, name) === undefined,
  );
  if (malformed !== undefined) {
    return refuse({
      reason: 'invalid',
      message: `${malformed} must be an HTTP status from 200 to 599, not ${JSON.stringify(query.get(malformed))}`,
    });
  }
  const initialized = config.rootTokens.length > 0;
  const status = initialized
    ? (statusOf(query, 'activecode') ?? 200)
    : (statusOf(query, 'uninitcode') ?? 501);
  if (WITHOUT_BODY.includes(status)) return new Response(null, { status });
  return json(status, {
    initialized,
    sealed: !initialized,
    standby: false,
    performance_standby: false,
    replication_performance_mode: 'disabled',
    replication_dr_mode: 'disabled',
    server_time_utc: Math.floor(Date.now() / 1000),
    version: VERSION,
    enterprise: false,
    cluster_name: config.clusterName,
    cluster_id: await clusterId(config.clusterName),
    echo_duration_ms: 0,
    clock_skew_ms: 0,
    replication_primary_canary_age_ms: 0,
  });
}

function statusOf(query: URLSearchParams, parameter: string): number | undefined {
  const text = query.get(parameter);
  return text !== null && /^[2-5]\d\d$/.test(text) ? Number(text) : undefined;
}

/** A UUID (version 8, RFC 9562) that depends on the name alone. */
async function clusterId(clusterName: string): Promise<string> {
  const hex = hexOf(new Uint8Array(await sha256(`cluster ${clusterName}`), 0, 16));
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-');
}
