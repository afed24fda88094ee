/** Reads one object: a document with `kind`, `name`, `namespace` and `spec`, or the file of a policy. Pure. */
import { isJsonObject, withoutNulls } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import { kindOf, quote } from '../../lib/quote.ts';
import type { Result } from '../../lib/result.ts';
import { checkNamespacePath } from '../../namespace/namespace.ts';
import { locatedFailure } from '../policies/located-failure.ts';
import type { Path, ReadDocument } from './document.ts';
import { findKind, KINDS } from './kinds/all.ts';
import type { Kind } from './kinds/kind.ts';
import { POLICY } from './kinds/policy.ts';
import { pathNamedIn } from './named-path.ts';
import { type DesiredObject, idOf, joinNamespaces, type ObjectId } from './object.ts';
import { type Place, type Problem, startOf } from './problem.ts';
import { readSecretReferences } from './secret-reference.ts';

type Reading = Result<DesiredObject, readonly Problem[]>;

const KEYS = ['kind', 'name', 'namespace', 'spec'];

/** @param namespace of the folder of the file */
export async function readPolicyFile(
  file: string,
  named: string,
  namespace: string,
  text: string,
): Promise<Reading> {
  const place = startOf(file);
  const name = POLICY.checkName(named);
  if (!name.ok) return wrong(place, `${name.failure.message}; rename the file`);
  const state = await POLICY.check(name.value, { policy: text });
  if (!state.ok) {
    const { message, line = 1, column = 1 } = locatedFailure(state.failure);
    return wrong({ file, line, column }, message);
  }
  return {
    ok: true,
    value: {
      kind: POLICY,
      namespace,
      name: name.value,
      state: state.value,
      given: Object.keys(state.value),
      secrets: undefined,
      place,
      placeOf: () => place,
    },
  };
}

/** @param folder the namespace of the folder of the file */
export async function readObject(document: ReadDocument, folder: string): Promise<Reading> {
  const { value, placeOf } = document;
  const fail = (path: Path, message: string) => wrong(placeOf(path), message);
  if (!isJsonObject(value)) {
    return fail([], `a document must be an object with ${KEYS.join(', ')}, not ${kindOf(value)}`);
  }
  const members = withoutNulls(value);
  if ('path' in members && !('kind' in members)) {
    return fail([], 'this is a policy in JSON; move it to policies/<name>.hcl');
  }
  const unknown = unknownKeys(document, [], members, KEYS, 'a document');
  if (unknown.length > 0) return { ok: false, failure: unknown };
  const kind = readKind(members.kind);
  if (typeof kind === 'string') return fail(['kind'], kind);
  const id = readId(kind, members, folder);
  if (!id.ok) return fail([id.failure.member], id.failure.message);
  const spec = members.spec ?? {};
  if (!isJsonObject(spec)) return fail(['spec'], `spec must be an object, not ${kindOf(spec)}`);
  return readSpec(document, id.value, withoutNulls(spec));
}

async function readSpec(
  document: ReadDocument,
  id: ObjectId,
  whole: Record<string, unknown>,
): Promise<Reading> {
  const { kind, name } = id;
  const member = kind.secrets?.member ?? '';
  const { [member]: given, ...spec } = whole;
  const { references, problems } =
    given === undefined
      ? { references: undefined, problems: [] }
      : readSecretReferences(given, ['spec', member], document);
  const unknown = kind.keys && unknownKeys(document, ['spec'], spec, kind.keys, kind.name);
  const wrongMembers = [...problems, ...(unknown ?? [])];
  if (wrongMembers.length > 0) return { ok: false, failure: wrongMembers };
  const state = await kind.check(name, spec);
  if (!state.ok) {
    const { message } = state.failure;
    return wrong(document.placeOf(['spec', ...pathNamedIn(message, spec)]), message);
  }
  if (references !== undefined && kind.secrets?.has(state.value) === false) {
    const message = `this ${kind.name} has no secrets; remove ${member}`;
    return wrong(document.placeOf(['spec', member]), message);
  }
  return {
    ok: true,
    value: {
      ...id,
      state: { ...state.value, ...(references && { [member]: references.length }) },
      given: Object.keys(whole),
      secrets: references,
      place: document.placeOf([]),
      placeOf: (of) => document.placeOf(['spec', of]),
    },
  };
}

/** @returns what is wrong with it, if it is a string */
function readKind(value: unknown): Kind | string {
  const known = KINDS.map(({ name }) => name);
  const list = `there are ${known.join(', ')}`;
  if (value === undefined) return `missing kind; ${list}`;
  if (typeof value !== 'string') return `kind must be a text, not ${kindOf(value)}; ${list}`;
  const similar = nearest(value, known);
  const advice = similar === undefined ? list : `did you mean "${similar}"?`;
  return findKind(value) ?? `unknown kind ${quote(value)}; ${advice}`;
}

function readId(
  kind: Kind,
  { name, namespace = '' }: Record<string, unknown>,
  folder: string,
): Result<ObjectId, { readonly member: string; readonly message: string }> {
  const fail = (member: string, message: string) =>
    ({ ok: false, failure: { member, message } }) as const;
  if (typeof namespace !== 'string') {
    return fail(
      'namespace',
      `namespace must be a text, not ${kindOf(namespace)}; put it in quotes`,
    );
  }
  const below =
    namespace === '' ? ({ ok: true, value: '' } as const) : checkNamespacePath(namespace);
  if (!below.ok) return fail('namespace', below.failure.message);
  const inNamespace = joinNamespaces(folder, below.value);
  if (kind.only !== undefined) {
    return name === undefined
      ? { ok: true, value: { kind, namespace: inNamespace, name: kind.only } }
      : fail('name', `a namespace has one ${kind.name}, which has no name; remove name`);
  }
  if (name === undefined) return fail('kind', `missing name: which ${kind.name} this is`);
  if (typeof name !== 'string') {
    return fail('name', `name must be a text, not ${kindOf(name)}; put it in quotes`);
  }
  const checked = kind.checkName(name);
  if (!checked.ok) return fail('name', checked.failure.message);
  return { ok: true, value: idOf(kind, inNamespace, checked.value) };
}

function unknownKeys(
  { placeOf }: ReadDocument,
  path: Path,
  object: Record<string, unknown>,
  known: readonly string[],
  owner: string,
): Problem[] {
  return Object.keys(object)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const similar = known.find((name) => name === `token_${key}`) ?? nearest(key, known);
      const advice =
        similar === undefined ? `${owner} has ${known.join(', ')}` : `did you mean "${similar}"?`;
      return { place: placeOf([...path, key]), message: `unknown key ${quote(key)}; ${advice}` };
    });
}

function wrong(place: Place, message: string): Reading {
  return { ok: false, failure: [{ place, message }] };
}
