import { DESTINATION } from './destination.ts';
import { JWT_CONFIG } from './jwt-config.ts';
import type { Kind } from './kind.ts';
import { NAMESPACE } from './namespace.ts';
import { POLICY } from './policy.ts';
import { APPROLE_ROLE, JWT_ROLE } from './roles.ts';
import { SOURCE } from './source.ts';

/** In the order in which objects are written: first what others name. Deleted is in the reverse order. */
export const KINDS: readonly Kind[] = [
  NAMESPACE,
  POLICY,
  JWT_CONFIG,
  JWT_ROLE,
  APPROLE_ROLE,
  SOURCE,
  DESTINATION,
];

export function findKind(name: string): Kind | undefined {
  return KINDS.find((kind) => kind.name === name);
}
