/** `/v1/sys/policies/acl/…`, and `/v1/sys/policy/…`, which is the same for older clients. */

import { kindOf, quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { decodeUtf8 } from '../../lib/text.ts';
import { pathOfKey } from '../../namespace/namespace.ts';
import { authorityStub, callAuthority } from '../../objects/stubs.ts';
import { adviceOnPolicy } from '../../policy/advice.ts';
import { parsePolicy } from '../../policy/policy.ts';
import { checkPolicyName, IMMUTABLE_POLICIES } from '../../policy/policy-name.ts';
import { audit } from '../audit-log.ts';
import { actorOf } from '../authentication/caller.ts';
import type { Call, Endpoint } from '../endpoint.ts';
import { done, list, refuse, succeed } from '../respond.ts';
import { workerCaches } from '../worker-caches.ts';

/** The member with the text of a policy, in requests and responses. */
export type TextKey = 'policy' | 'rules';

export const listPolicies: Endpoint = {
  operation: 'list',
  run: async ({ env, var: { namespace } }) =>
    list(await callAuthority(env, namespace, (authority) => authority.policyNames())),
};

/** The older API also lists by a read of `sys/policy`, and has the names twice. */
export const listLegacyPolicies: Endpoint = {
  operation: 'read',
  run: async ({ env, var: { namespace } }) => {
    const names = await callAuthority(env, namespace, (authority) => authority.policyNames());
    return succeed({ keys: names, policies: names });
  },
};

export const readPolicy = (textKey: TextKey): Endpoint => ({
  operation: 'read',
  ignoresCase: true,
  run: async ({ env, var: { namespace, name: named } }) => {
    const name = named.toLowerCase();
    // The root policy allows everything, and has no text.
    if (name === 'root') return succeed({ name, [textKey]: '' });
    const policy = await callAuthority(env, namespace, (authority) => authority.policy(name));
    if (policy === undefined) return refuse({ reason: 'not_found' });
    return succeed({ name, [textKey]: policy.text });
  },
});

export const writePolicy = (textKey: TextKey): Endpoint => ({
  operation: 'update',
  ignoresCase: true,
  run: (call) => write(call, textKey),
});

export const deletePolicy: Endpoint = {
  operation: 'delete',
  ignoresCase: true,
  run: async (call) => {
    const { env } = call;
    const { namespace, name: named } = call.var;
    const name = named.toLowerCase();
    if (IMMUTABLE_POLICIES.includes(name)) {
      return refuse({ reason: 'invalid', message: `cannot delete ${quote(name)} policy` });
    }
    if (name === 'default') {
      return refuse({ reason: 'invalid', message: 'cannot delete default policy' });
    }
    await authorityStub(env, namespace).deletePolicy(name);
    workerCaches.policyChanged();
    auditPolicy('policy_deleted', call, name);
    return done();
  },
};

async function write(call: Call, textKey: TextKey): Promise<Response> {
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
  const written = await authorityStub(env, namespace).putPolicy(name.value, text.value);
  if (!written.ok) return refuse(written.failure);
  workerCaches.policyChanged();
  auditPolicy('policy_written', call, name.value);
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

function auditPolicy(
  action: 'policy_written' | 'policy_deleted',
  { var: { namespace, caller } }: Call,
  policy: string,
): void {
  audit(action, {
    namespace: pathOfKey(namespace),
    policy,
    by: actorOf(caller),
  });
}
