import { kindOf } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { dotSegment } from '../../../lib/text.ts';
import { adviceOnPolicy } from '../../../policy/advice.ts';
import { parsePolicy } from '../../../policy/policy.ts';
import { checkPolicyName, IMMUTABLE_POLICIES } from '../../../policy/policy-name.ts';
import type { State } from '../state.ts';
import { type Kind, pick } from './kind.ts';

const PATH = 'sys/policies/acl';
const KEYS = ['policy'];

export const POLICY: Kind = {
  name: 'policy',
  keys: KEYS,
  pathOf: (name) => `${PATH}/${name}`,
  listPath: PATH,
  neverPruned: ['default', ...IMMUTABLE_POLICIES],
  checkName: checkWritableName,
  check: (_name, spec) => checkText(spec.policy),
  stateOf: (data) => pick(data, KEYS),
  advice(state) {
    const policy = parsePolicy(String(state.policy));
    return policy.ok ? adviceOnPolicy(policy.value) : [];
  },
};

function checkWritableName(named: string): Result<string> {
  if (named === '') return invalid('the policy has no name');
  // A URL would resolve the segment, and name another path.
  const dots = dotSegment(named);
  if (dots !== undefined) return invalid(`no policy can have a name with a segment "${dots}"`);
  const name = checkPolicyName(named);
  return name.ok && IMMUTABLE_POLICIES.includes(name.value)
    ? invalid(`the policy "${name.value}" is built in and cannot be written; choose another name`)
    : name;
}

function checkText(text: unknown): Result<State> {
  if (typeof text !== 'string') {
    return invalid(`policy must be a text with HCL or JSON, not ${kindOf(text)}`);
  }
  if (text === '') return invalid('the policy is empty');
  const policy = parsePolicy(text);
  return policy.ok ? ok({ policy: text }) : policy;
}
