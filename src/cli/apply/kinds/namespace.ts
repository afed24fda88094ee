import { Fields } from '../../../lib/fields.ts';
import type { Result } from '../../../lib/result.ts';
import { checkNamespacePath } from '../../../namespace/namespace.ts';
import { readMetadata } from '../../../token/token-metadata.ts';
import type { State } from '../state.ts';
import { type Kind, pick } from './kind.ts';

const KEYS = ['custom_metadata'];

/** Its name is its path. To delete a namespace deletes everything in it, so `--prune` does not. */
export const NAMESPACE: Kind = {
  name: 'namespace',
  keys: KEYS,
  pathOf: (path) => `sys/namespaces/${path}`,
  checkName: checkNamespacePath,
  check: (_path, spec) => checkNamespace(spec),
  stateOf: (data) => pick(data, KEYS),
};

function checkNamespace(spec: Record<string, unknown>): Result<State> {
  const fields = new Fields(spec);
  return fields.result({ custom_metadata: readMetadata(fields, 'custom_metadata') ?? {} });
}
