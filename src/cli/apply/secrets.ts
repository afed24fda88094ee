/** Reads the secrets that a plan writes, before anything is written. */
import { dirname, resolve } from 'node:path';
import { readSecret } from '../input/input.ts';
import type { DesiredObject } from './object.ts';
import type { Plan } from './plan.ts';
import type { Problem } from './problem.ts';
import type { SecretReference } from './secret-reference.ts';

/** The secrets of each object whose secrets are written. */
export type Secrets = ReadonlyMap<DesiredObject, readonly string[]>;

/** @returns what is wrong, without a secret in a message, if there is anything */
export async function readSecrets({
  changes,
}: Plan): Promise<{ readonly secrets: Secrets; readonly problems: readonly Problem[] }> {
  const secrets = new Map<DesiredObject, readonly string[]>();
  const problems: Problem[] = [];
  for (const change of changes) {
    if (change.action === 'delete' || !change.writesSecrets) continue;
    const { object } = change;
    const values: string[] = [];
    for (const reference of object.secrets ?? []) {
      const value = await readReference(reference);
      if (typeof value === 'string') values.push(value);
      else problems.push({ place: reference.place, message: value.message });
    }
    if (values.length !== object.secrets?.length) continue;
    const { secrets: of } = object.kind;
    const checked = of?.check(object.name, object.state, values);
    if (checked?.ok === false) {
      problems.push({ place: object.placeOf(of?.member ?? ''), message: checked.failure.message });
    }
    secrets.set(object, values);
  }
  return { secrets, problems };
}

/** @returns what is wrong, if it is no string */
async function readReference({
  from,
  name,
  place,
}: SecretReference): Promise<string | { readonly message: string }> {
  if (from === 'secret_env') {
    const value = process.env[name]?.trim();
    return (
      value || {
        message: `the environment variable ${name} is not set, or empty; set it to the secret`,
      }
    );
  }
  const path = resolve(dirname(place.file), name);
  const secret = await readSecret(path);
  if (!secret.ok) return { message: secret.failure.message };
  return secret.value === ''
    ? { message: `${path} is empty; write the secret into it` }
    : secret.value;
}
