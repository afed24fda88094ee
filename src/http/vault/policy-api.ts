/** `/v1/sys/policies/acl/…`, and `/v1/sys/policy/…`, which is the same for older clients. */

import { kindOf, quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { decodeUtf8 } from '../../lib/text.ts';
import { callAuthority } from '../../objects/stubs.ts';
import { adviceOnPolicy } from '../../policy/advice.ts';
import { parsePolicy } from '../../policy/policy.ts';
import { checkPolicyName, IMMUTABLE_POLICIES } from '../../policy/policy-name.ts';
import { auditCall } from '../audit-log.ts';
import type { Call, Endpoint, Endpoints } from '../endpoint-types.ts';
import { done, list, refuse, succeed } from '../respond.ts';
import { workerCaches } from '../worker-caches.ts';

export const POLICY_ENDPOINTS: Endpoints = {
  'sys/policies/acl': { list: listPolicies },
  'sys/policies/acl/:names': policyEndpoint('policy'),
  'sys/policy': { read: listLegacyPolicies, list: listPolicies },
  'sys/policy/:names': policyEndpoint('rules'),
};

/** The member with the text of a policy, in requests and responses. */
type TextKey = 'policy' | 'rules';

async function listPolicies({ env, var: { namespace } }: Call): Promise<Response> {
  return list(await callAuthority(env, namespace, (authority) => authority.policyNames()));
}

function policyEndpoint(textKey: TextKey): Endpoint {
  return {
    read: readAs(textKey),
    update: (call) => writePolicy(call, textKey),
    delete: deletePolicy,
    parameters: ['policy', 'rules', 'name'],
    ignoresCase: true,
  };
}

/** The older API also lists by a read of `sys/policy`, and has the names twice. */
async function listLegacyPolicies({ env, var: { namespace } }: Call): Promise<Response> {
  const names = await callAuthority(env, namespace, (authority) => authority.policyNames());
  return succeed({ keys: names, policies: names });
}

function readAs(textKey: TextKey) {
  return async ({ env, var: { namespace, name: named } }: Call): Promise<Response> => {
    const name = named.toLowerCase();
    // The root policy allows everything, and has no text.
    if (name === 'root') return succeed({ name, [textKey]: '' });
    const policy = await callAuthority(env, namespace, (authority) => authority.policy(name));
    if (policy === undefined) return refuse({ reason: 'not_found' });
    return succeed({ name, [textKey]: policy.text });
  };
}

async function deletePolicy(call: Call): Promise<Response> {
  const { env } = call;
  const { namespace, name: named } = call.var;
  const name = named.toLowerCase();
  if (IMMUTABLE_POLICIES.includes(name)) {
    return refuse({ reason: 'invalid', message: `cannot delete ${quote(name)} policy` });
  }
  if (name === 'default') {
    return refuse({ reason: 'invalid', message: 'cannot delete default policy' });
  }
  await callAuthority(env, namespace, (authority) => authority.deletePolicy(name));
  workerCaches.policyChanged();
  auditCall(call, 'policy_deleted', { policy: name });
  return done();
}

async function writePolicy(call: Call, textKey: TextKey): Promise<Response> {
  const { env } = call;
  const { body, namespace, name: named } = call.var;
  const name = checkPolicyName(named);
  if (!name.ok) return refuse(name.failure);
  if (IMMUTABLE_POLICIES.includes(name.value)) {
    return refuse({ reason: 'invalid', message: `cannot update ${quote(name.value)} policy` });
  }
  const text = textOfPolicy(textKey === 'rules' ? body.policy || body.rules : body.policy);
  if (!text.ok) return refuse(text.failure);
  const policy = parsePolicy(text.value);
  if (!policy.ok) return refuse(policy.failure);
  const written = await callAuthority(env, namespace, (authority) =>
    authority.putPolicy(name.value, text.value),
  );
  if (!written.ok) return refuse(written.failure);
  workerCaches.policyChanged();
  auditCall(call, 'policy_written', { policy: name.value });
  const converted = name.value === named ? [] : [`policy name was converted to ${name.value}`];
  return done([...converted, ...adviceOnPolicy(policy.value)]);
}

/** The text may be in Base64. */
function textOfPolicy(value: unknown): Result<string> {
  if (value !== undefined && value !== null && typeof value !== 'string') {
    return invalid(
      `'policy' must be a string, not ${kindOf(value)}: HCL, or the JSON of a policy as a string, or either in Base64`,
    );
  }
  if (typeof value !== 'string' || value === '') {
    return invalid("'policy' parameter not supplied or empty");
  }
  const bytes = decodeBase64(value);
  if (bytes === undefined) return ok(value);
  const text = decodeUtf8(bytes);
  return text.ok
    ? text
    : invalid(
        "'policy' is Base64 of bytes that are not UTF-8, as a file in UTF-16 or Latin-1 has them; save it as UTF-8 (PowerShell: Out-File -Encoding utf8)",
      );
}

/** No policy is valid Base64, because its paths are quoted. */
function decodeBase64(text: string): Uint8Array | undefined {
  const encoded = text.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  try {
    return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
