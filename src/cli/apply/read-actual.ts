/** Reads from the server what a plan needs: the declared objects, what they name, and what `--prune` deletes. */
import { ok } from '../../lib/result.ts';
import { NAMESPACE } from './kinds/namespace.ts';
import { MAX_APPLY_REQUESTS } from './limits.ts';
import { type DesiredObject, idOf, keyOf, type ObjectId } from './object.ts';
import type { Actual } from './plan.ts';
import type { Problem } from './problem.ts';
import { referencesOf } from './references.ts';
import type { Outcome, ServerObjects } from './server-objects.ts';
import type { State } from './state.ts';

interface Reading extends Actual {
  /** Objects in namespaces that neither the files nor the server have. */
  readonly problems: readonly Problem[];
}

export async function readActual(
  server: ServerObjects,
  objects: readonly DesiredObject[],
  prunes: boolean,
): Promise<Outcome<Reading>> {
  const states = new Map<string, State | undefined>();
  const declared = new Map(objects.map((object) => [keyOf(object), object]));

  const namespaces = await readNamespaces(server, declared, objects);
  if (!namespaces.ok) return namespaces;
  for (const [path, state] of namespaces.value) states.set(keyOf(namespaceAt(path)), state);
  const isAbsent = (path: string) =>
    namespaces.value.has(path) && namespaces.value.get(path) === undefined;

  const references = objects.flatMap((object) => referencesOf(object).map(({ id }) => id));
  const wanted = new Map([...references, ...objects].map((id) => [keyOf(id), id]));
  const read = await forEach([...wanted.values()], async (id) => {
    const key = keyOf(id);
    if (states.has(key)) return ok(undefined);
    if (isAbsent(id.namespace)) return ok(void states.set(key, undefined));
    const found = await server.read(id);
    if (!found.ok) return found;
    if (found.value.is === 'hidden') {
      return declared.has(key)
        ? { ok: false as const, failure: found.value.message }
        : ok(undefined);
    }
    return ok(void states.set(key, found.value.is === 'found' ? found.value.state : undefined));
  });
  if (!read.ok) return read;

  const surplus = prunes ? await readSurplus(server, objects, declared, isAbsent) : ok([]);
  if (!surplus.ok) return surplus;
  const problems = objects.flatMap((object) => missingNamespaces(object, declared, isAbsent));
  return ok({ states, surplus: surplus.value, problems });
}

/** Reads each namespace that the objects declare or are in. Its state is undefined if it does not exist. */
async function readNamespaces(
  server: ServerObjects,
  declared: ReadonlyMap<string, DesiredObject>,
  objects: readonly DesiredObject[],
): Promise<Outcome<ReadonlyMap<string, State | undefined>>> {
  const paths = new Set(objects.flatMap((object) => pathsAround(homeOf(object))));
  const states = new Map<string, State | undefined>();
  // One level after the other: a server may remember for seconds that a namespace in the middle does not exist.
  for (const path of [...paths].sort()) {
    const above = path.split('/').slice(0, -1).join('/');
    if (states.has(above) && states.get(above) === undefined) {
      states.set(path, undefined);
      continue;
    }
    const id = namespaceAt(path);
    const found = await server.read(id);
    if (!found.ok) return found;
    if (found.value.is === 'found') states.set(path, found.value.state);
    if (found.value.is === 'absent') states.set(path, undefined);
    if (found.value.is === 'hidden' && declared.has(keyOf(id))) {
      return { ok: false, failure: found.value.message };
    }
  }
  return ok(states);
}

/** The namespace that must exist before the object, or with it. */
function homeOf({ kind, namespace, name }: ObjectId): string {
  return kind === NAMESPACE ? name : namespace;
}

/** `team-a/prod`: `team-a` and `team-a/prod` */
function pathsAround(path: string): string[] {
  const names = path === '' ? [] : path.split('/');
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
}

function namespaceAt(path: string): ObjectId {
  return idOf(NAMESPACE, '', path);
}

function missingNamespaces(
  object: DesiredObject,
  declared: ReadonlyMap<string, DesiredObject>,
  isAbsent: (path: string) => boolean,
): Problem[] {
  const missing = pathsAround(homeOf(object)).find(
    (path) => isAbsent(path) && !declared.has(keyOf(namespaceAt(path))),
  );
  if (missing === undefined) return [];
  const message = `the namespace "${missing}" does not exist, and no file declares it; add a document with "kind: namespace" and "name: ${missing}"`;
  return [{ place: object.place, message }];
}

/** In each namespace, of each kind that the files have there: what the files do not have. */
async function readSurplus(
  server: ServerObjects,
  objects: readonly DesiredObject[],
  declared: ReadonlyMap<string, DesiredObject>,
  isAbsent: (path: string) => boolean,
): Promise<Outcome<ObjectId[]>> {
  const managed = new Map<string, Pick<ObjectId, 'kind' | 'namespace'>>();
  for (const { kind, namespace } of objects) {
    if (kind.listPath !== undefined && !isAbsent(namespace)) {
      managed.set(`${kind.name}\n${namespace}`, { kind, namespace });
    }
  }
  const surplus: ObjectId[] = [];
  const listed = await forEach([...managed.values()], async ({ kind, namespace }) => {
    const names = await server.list(kind, namespace);
    if (!names.ok) return names;
    for (const name of names.value) {
      const id = { kind, namespace, name };
      if (!kind.neverPruned?.includes(name) && !declared.has(keyOf(id))) surplus.push(id);
    }
    return ok(undefined);
  });
  return listed.ok ? ok(surplus) : listed;
}

/** Calls a function for each item, for several at the same time, until one fails. */
async function forEach<T>(
  items: readonly T[],
  call: (item: T) => Promise<Outcome<void>>,
): Promise<Outcome<void>> {
  const waiting = items.values();
  let first: Outcome<void> = ok(undefined);
  const work = async () => {
    for (const item of waiting) {
      if (!first.ok) return;
      const outcome = await call(item);
      if (!outcome.ok && first.ok) first = outcome;
    }
  };
  await Promise.all(Array.from({ length: MAX_APPLY_REQUESTS }, work));
  return first;
}
