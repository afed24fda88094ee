import type { Fields } from '../../../lib/fields.ts';
import { MAX_TOKEN_USES } from '../../../token/limits.ts';
import { type Kind, pick } from './kind.ts';
import { count, duration, type Readers, readMembers, unsupported } from './members.ts';
import {
  checkLifetimes,
  checkRoleName,
  NO_ADDRESSES,
  TOKEN_MEMBERS,
  tokenPolicies,
} from './roles.ts';

const PATH = 'auth/approle/role';

const MEMBERS: Readers = {
  bind_secret_id: readBinding,
  secret_id_bound_cidrs: unsupported([], NO_ADDRESSES),
  secret_id_num_uses: count(MAX_TOKEN_USES),
  secret_id_ttl: duration,
  ...TOKEN_MEMBERS,
};

/** Its role id and its secret ids are credentials: the server makes them, and no file has them. */
export const APPROLE_ROLE: Kind = {
  name: 'approle-role',
  keys: Object.keys(MEMBERS),
  pathOf: (name) => `${PATH}/${name}`,
  listPath: PATH,
  checkName: checkRoleName,
  check: (_name, spec) => checkLifetimes(readMembers(MEMBERS, spec)),
  stateOf: (data) => pick(data, Object.keys(MEMBERS)),
  references: tokenPolicies,
};

function readBinding(fields: Fields, member: string): true {
  if (fields.raw(member) !== undefined && !fields.flag(member)) {
    fields.reject(`${member} must be true: nothing else could bind the role; remove it`);
  }
  return true;
}
