/** Whose rights an explanation is about: those of the caller, of another token, or of policies in the request. */

import { isListOfTexts } from '../../../lib/json.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { pathOfKey } from '../../../namespace/namespace.ts';
import { callAuthority } from '../../../objects/stubs.ts';
import { Access } from '../../../policy/access.ts';
import type { NamedPolicy } from '../../../policy/acl.ts';
import { MAX_POLICIES_PER_TOKEN } from '../../../policy/limits.ts';
import { parsePolicy } from '../../../policy/policy.ts';
import { accessOfToken } from '../../authentication/token-caller.ts';
import {
  type TokenTarget,
  targetOfAccessor,
  targetOfToken,
} from '../../authentication/token-location.ts';
import { auditDenial, maySeeOthers } from '../../authorize.ts';
import { type Call, textOf } from '../../endpoint-types.ts';
import { type Refusal, refused } from '../../respond.ts';

export interface Subject {
  readonly access: Access;
  /** Whether the request has the policies, so that their rules may be shown. */
  readonly isGiven: boolean;
  /** The token whose rights they are, if it is one that an authority knows. */
  readonly target?: TokenTarget;
}

export async function findSubject(
  body: Readonly<Record<string, unknown>>,
  call: Call,
): Promise<Result<Subject, Refusal>> {
  const { caller, namespace } = call.var;
  const given = ['token', 'accessor', 'policies'].filter((key) => body[key] !== undefined);
  if (given.length > 1) return invalid(`give one of ${given.join(' and ')}`);
  if (body.policies !== undefined) return subjectOfPolicies(body.policies, namespace);
  if (given.length === 0 || body.token === caller.secret) {
    const { token } = caller;
    const target = token && { authority: token.authority, reference: { digest: token.digest } };
    return ok({ access: caller.access, isGiven: false, ...(target && { target }) });
  }
  if (!maySeeOthers(call)) {
    auditDenial(call, pathOfKey(namespace), 'update');
    return refused({ reason: 'denied' });
  }
  const target = await targetOf(body, call);
  const state =
    target &&
    (await callAuthority(call.env, target.authority, (authority) =>
      authority.tokenState(target.reference),
    ));
  return target === undefined || state === undefined
    ? refused({ reason: 'forbidden', message: 'bad token or accessor' })
    : ok({ access: accessOfToken(target.authority, state), isGiven: false, target });
}

async function targetOf(
  body: Readonly<Record<string, unknown>>,
  { env, var: { namespace } }: Call,
): Promise<TokenTarget | undefined> {
  const accessor = textOf(body, 'accessor');
  if (accessor.ok) return targetOfAccessor(accessor.value, namespace, env);
  const token = textOf(body, 'token');
  return token.ok ? targetOfToken(token.value, namespace, env) : undefined;
}

/** @param namespace the key of the Vault namespace in which the policies apply */
function subjectOfPolicies(texts: unknown, namespace: string): Result<Subject> {
  if (!isListOfTexts(texts) || texts.length > MAX_POLICIES_PER_TOKEN) {
    return invalid(`policies must be a list of at most ${MAX_POLICIES_PER_TOKEN} policy texts`);
  }
  const policies: NamedPolicy[] = [];
  for (const [index, text] of texts.entries()) {
    const policy = parsePolicy(text);
    if (!policy.ok) return invalid(`policies[${index}]: ${policy.failure.message}`);
    policies.push({ name: `policies[${index}]`, policy: policy.value });
  }
  return ok({ access: new Access(pathOfKey(namespace), policies, undefined), isGiven: true });
}
