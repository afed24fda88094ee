/** `/v1/sys/policies/acl/…`, and `/v1/sys/policy/…`, by which older clients know the same. */
import { callWithRetry } from '../call.ts';
import { quote } from '../event/quote.ts';
import { pathOfKey } from '../namespace.ts';
import { parsePolicy } from '../policy/policy.ts';
import { checkPolicyName, IMMUTABLE_POLICIES } from '../policy/policy-name.ts';
import { invalid, ok, type Result } from '../result.ts';
import { done, list, refuse, succeed } from './answer.ts';
import { authorityOf, type Call, type Endpoint } from './api.ts';
import { audit } from './audit.ts';
import { actorOf, forgetCallers } from './token.ts';

/** What stands for the text of a policy in a request and an answer. */
export type TextKey = 'policy' | 'rules';

export const listPolicies: Endpoint = {
  operation: 'list',
  run: async ({ env, namespace }) =>
    list(await callWithRetry(() => authorityOf(env, namespace).policyNames())),
};

/** The older API has its list at `sys/policy` itself, also by a read, and names it twice. */
export const listLegacyPolicies: Endpoint = {
  operation: 'read',
  run: async ({ env, namespace }) => {
    const names = await callWithRetry(() => authorityOf(env, namespace).policyNames());
    return succeed({ keys: names, policies: names });
  },
};

export const readPolicy = (textKey: TextKey): Endpoint => ({
  operation: 'read',
  ignoresCase: true,
  run: async ({ env, namespace, name: named }) => {
    const name = named.toLowerCase();
    // The root policy allows everything and so has no text.
    if (name === 'root') return succeed({ name, [textKey]: '' });
    const policy = await callWithRetry(() => authorityOf(env, namespace).policy(name));
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
    const { env, namespace, name: named } = call;
    const name = named.toLowerCase();
    if (IMMUTABLE_POLICIES.includes(name)) {
      return refuse({ reason: 'invalid', message: `cannot delete ${quote(name)} policy` });
    }
    if (name === 'default') {
      return refuse({ reason: 'invalid', message: 'cannot delete default policy' });
    }
    await authorityOf(env, namespace).deletePolicy(name);
    audited('policy_deleted', call, name);
    return done();
  },
};

async function write(call: Call, textKey: TextKey): Promise<Response> {
  const { body, env, namespace, name: named } = call;
  const name = checkPolicyName(named);
  if (!name.ok) return refuse(name.failure);
  if (IMMUTABLE_POLICIES.includes(name.value)) {
    return refuse({ reason: 'invalid', message: `cannot update ${quote(name.value)} policy` });
  }
  const text = textOfPolicy(textKey === 'rules' ? body.policy || body.rules : body.policy);
  if (!text.ok) return refuse(text.failure);
  const policy = parsePolicy(text.value);
  if (!policy.ok) return refuse(policy.failure);
  const written: Result<undefined> = await authorityOf(env, namespace).putPolicy(
    name.value,
    text.value,
  );
  if (!written.ok) return refuse(written.failure);
  audited('policy_written', call, name.value);
  return done(name.value === named ? [] : [`policy name was converted to ${name.value}`]);
}

/** The text itself, or the same in base64. */
function textOfPolicy(value: unknown): Result<string> {
  if (typeof value !== 'string' || value === '') {
    return invalid("'policy' parameter not supplied or empty");
  }
  return ok(decodeBase64(value) ?? value);
}

/** No policy looks like base64: its paths stand in quotes. */
function decodeBase64(text: string): string | undefined {
  const encoded = text.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return undefined;
  }
}

function audited(
  action: 'policy_written' | 'policy_deleted',
  { namespace, caller }: Call,
  policy: string,
): void {
  forgetCallers();
  audit(action, {
    namespace: pathOfKey(namespace),
    policy,
    by: actorOf(caller),
  });
}
