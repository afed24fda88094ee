/**
 * `/v1/sys/events/quotas[/{namespace}]`: what a namespace directly below that of the request may use, with the verbs of
 * Vault's `sys/quotas/rate-limit`. A namespace reads its own at `/v1/sys/events/quota`, and writes none for itself.
 */

import { quote } from '../../lib/quote.ts';
import { invalid } from '../../lib/result.ts';
import { childKey, pathOfKey, trimSlashes } from '../../namespace/namespace.ts';
import { QUOTA_LIMITS, type QuotaLimits, readQuota } from '../../namespace/quota.ts';
import { callEach } from '../../objects/call.ts';
import { wildcardHubName } from '../../objects/names.ts';
import type { QuotaState } from '../../objects/quota-contract.ts';
import { callAuthority, callWildcardHub } from '../../objects/stubs.ts';
import { auditCall } from '../audit-log.ts';
import type { Call, Endpoints } from '../endpoint-types.ts';
import { done, list, refuse, succeed } from '../respond.ts';

export const QUOTA_ENDPOINTS: Endpoints = {
  'sys/events/quota': { read: readOwnQuota },
  'sys/events/quotas': { list: listQuotas, sudo: true },
  'sys/events/quotas/:name': {
    read: readQuotaBelow,
    update: writeQuota,
    delete: deleteQuota,
    parameters: QUOTA_LIMITS,
    sudo: true,
  },
};

async function listQuotas({ env, var: { namespace } }: Call): Promise<Response> {
  const children = await callAuthority(env, namespace, (authority) => authority.children());
  const keys = children.map(({ name, id }) => childKey(namespace, name, id));
  const states = await callEach(keys, (key) => stateOf(env, key));
  return list(
    children.filter((_, i) => limitsOf(states[i], keys[i] ?? '')).map(({ name }) => name),
  );
}

async function readQuotaBelow(call: Call): Promise<Response> {
  const key = await keyBelow(call);
  return key === undefined ? refuse({ reason: 'not_found' }) : shown(call.env, key);
}

async function readOwnQuota({ env, var: { namespace } }: Call): Promise<Response> {
  return shown(env, namespace);
}

async function writeQuota(call: Call): Promise<Response> {
  const limits = readQuota(call.var.body);
  if (!limits.ok) return refuse(limits.failure);
  const key = await keyBelow(call);
  if (key === undefined) {
    const { name } = call.var;
    const message = `there is no namespace ${quote(name)} directly below that of the request; create it first, or send the request to the namespace above it`;
    return refuse(invalid(message).failure);
  }
  await callAuthority(call.env, key, (authority) => authority.putQuota(limits.value));
  auditCall(call, 'quota_written', { quota: pathOfKey(key) });
  return done();
}

async function deleteQuota(call: Call): Promise<Response> {
  const key = await keyBelow(call);
  if (key === undefined) return done();
  await callAuthority(call.env, key, (authority) => authority.putQuota(undefined));
  auditCall(call, 'quota_deleted', { quota: pathOfKey(key) });
  return done();
}

/** The key of the namespace that the path names; undefined if there is none. */
async function keyBelow({ env, var: { namespace, name } }: Call): Promise<string | undefined> {
  const child = await callAuthority(env, namespace, (authority) =>
    authority.child(trimSlashes(name)),
  );
  return child && childKey(namespace, child.name, child.id);
}

/** The limits of a namespace and what is used of them, and the limits of the namespaces above that it shares. */
async function shown(env: Env, key: string): Promise<Response> {
  const state = await stateOf(env, key);
  const limits = limitsOf(state, key);
  const above = state.quotas.filter(({ namespace }) => namespace !== key);
  if (limits === undefined && above.length === 0) return refuse({ reason: 'not_found' });
  const hubs = limits?.hubs && {
    hubs: (await callWildcardHub(env, wildcardHubName(key), (stub) => stub.hubs())).length,
  };
  return succeed({
    path: pathOfKey(key),
    ...limits,
    use: { ...hubs, ...state.use },
    ...(above.length > 0 && {
      above: above.map((quota) => ({ path: pathOfKey(quota.namespace), ...quota.limits })),
    }),
  });
}

function stateOf(env: Env, key: string): Promise<QuotaState> {
  return callAuthority(env, key, (authority) => authority.quotaState());
}

function limitsOf(state: QuotaState | undefined, key: string): QuotaLimits | undefined {
  return state?.quotas.find(({ namespace }) => namespace === key)?.limits;
}
