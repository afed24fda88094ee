/** Where a file says that a secret comes from. Pure. No message contains a value of the file, which may be a secret. */
import { MAX_SOURCE_SECRETS } from '../../ingest/limits.ts';
import { isJsonObject } from '../../lib/json.ts';
import type { Path, ReadDocument } from './document.ts';
import type { Place, Problem } from './problem.ts';

export interface SecretReference {
  readonly from: 'secret_env' | 'secret_file';
  /** The name of an environment variable, or a path from the folder of the file. */
  readonly name: string;
  readonly place: Place;
}

const FORMS = '"secret_env: <variable>" or "secret_file: <path>"';
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** @param path of the member in the document */
export function readSecretReferences(
  value: unknown,
  path: Path,
  document: ReadDocument,
): { readonly references: readonly SecretReference[]; readonly problems: readonly Problem[] } {
  const references: SecretReference[] = [];
  const problems: Problem[] = [];
  const member = String(path.at(-1));
  const fail = (at: Path, message: string) =>
    problems.push({ place: document.placeOf(at), message });
  if (!Array.isArray(value)) {
    fail(path, `${member} must be a list, each entry ${FORMS}; no secret belongs into a file`);
  } else if (value.length === 0 || value.length > MAX_SOURCE_SECRETS) {
    fail(path, `${member} has ${value.length} entries; give from 1 to ${MAX_SOURCE_SECRETS}`);
  } else {
    for (const [index, entry] of value.entries()) {
      const at = [...path, index];
      const reference = referenceIn(entry);
      if (typeof reference === 'string') fail(at, `${member}[${index}] ${reference}`);
      else references.push({ ...reference, place: document.placeOf(at) });
    }
  }
  return { references, problems };
}

/** @returns what is wrong with it, if it is a string */
function referenceIn(entry: unknown): Omit<SecretReference, 'place'> | string {
  if (!isJsonObject(entry)) {
    return `is a literal value, and no secret belongs into a file; write ${FORMS}, and replace the secret if others could read the file`;
  }
  const [[from, name] = [], ...others] = Object.entries(entry);
  if ((from !== 'secret_env' && from !== 'secret_file') || others.length > 0) {
    return `must have one member: ${FORMS}`;
  }
  if (typeof name !== 'string' || name === '') return `has no name for ${from}; write ${FORMS}`;
  if (from === 'secret_env' && !VARIABLE.test(name)) {
    return 'has a secret_env that is no name of an environment variable; write the name, not the secret';
  }
  if (from === 'secret_file' && name.startsWith('~')) {
    return 'has a secret_file that begins with "~", which only a shell replaces; write a path from the folder of this file, or an absolute one';
  }
  return { from, name };
}
