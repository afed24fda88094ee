/** The endpoints of `vault status`, which need no token. A Worker is never sealed, and has no standby. */

import { VERSION } from '../../lib/version.ts';
import type { AppContext } from '../context.ts';
import { json, refuse } from '../respond.ts';

/** `GET /v1/sys/seal-status` */
export function sealStatus({ var: { config } }: AppContext): Response {
  return json(200, {
    type: 'none',
    initialized: config.rootTokens.length > 0,
    sealed: false,
    t: 0,
    n: 0,
    progress: 0,
    nonce: '',
    version: VERSION,
    build_date: '',
    migration: false,
    cluster_name: config.clusterName,
    recovery_seal: false,
    storage_type: 'durable-objects',
  });
}

/** `GET /v1/sys/init` */
export function initStatus({ var: { config } }: AppContext): Response {
  return json(200, { initialized: config.rootTokens.length > 0 });
}

/** `POST /v1/sys/init`. The operator sets the root token as a secret. */
export function initialize({ var: { config } }: AppContext): Response {
  const message =
    config.rootTokens.length === 0
      ? 'this server is initialized with its root token; set one with `npx wrangler secret put ROOT_TOKEN`'
      : 'Vault is already initialized';
  return refuse({ reason: 'invalid', message });
}

/** `GET /v1/sys/leader` */
export function leader(): Response {
  return json(200, {
    ha_enabled: false,
    is_self: false,
    active_time: '0001-01-01T00:00:00Z',
    leader_address: '',
    leader_cluster_address: '',
    performance_standby: false,
    performance_standby_last_remote_wal: 0,
  });
}
