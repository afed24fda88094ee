import { Fields } from '../../../lib/fields.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { MAX_NAMESPACE_DEPTH } from '../../../namespace/limits.ts';
import { checkNamespaceName, trimSlashes } from '../../../namespace/namespace.ts';
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

/** Checks the path of a namespace below another. @returns the path without slashes at its ends */
export function checkNamespacePath(text: string): Result<string> {
  const path = trimSlashes(text);
  const names = path.split('/');
  if (names.length > MAX_NAMESPACE_DEPTH) {
    return invalid(`namespaces are nested at most ${MAX_NAMESPACE_DEPTH} deep`);
  }
  for (const name of names) {
    const checked = checkNamespaceName(name);
    if (!checked.ok) return checked;
  }
  return ok(path);
}

function checkNamespace(spec: Record<string, unknown>): Result<State> {
  const fields = new Fields(spec);
  return fields.result({ custom_metadata: readMetadata(fields, 'custom_metadata') ?? {} });
}
