/** What has to change on the server, so that it has what the files declare. Pure. */
import { type DesiredObject, describeObject, keyOf, type ObjectId } from './object.ts';
import { inOrder } from './order.ts';
import type { Problem } from './problem.ts';
import { referencesOf } from './references.ts';
import { type Difference, differences, type State } from './state.ts';

/** What the server has. */
export interface Actual {
  /** By the key of the object. Undefined if the server has none. */
  readonly states: ReadonlyMap<string, State | undefined>;
  /** The objects that `--prune` deletes. */
  readonly surplus: readonly ObjectId[];
}

export interface WriteChange {
  readonly action: 'create' | 'update';
  readonly object: DesiredObject;
  /** Undefined if the server has no such object. */
  readonly before: State | undefined;
  /** Empty if only the secrets are written again. */
  readonly differences: readonly Difference[];
  readonly writesSecrets: boolean;
}

export interface DeleteChange {
  readonly action: 'delete';
  readonly object: ObjectId;
}

export type Change = WriteChange | DeleteChange;

export interface Plan {
  /** In the order in which they are made. */
  readonly changes: readonly Change[];
  /** How many objects are on the server as the files declare them. */
  readonly unchanged: number;
  /** Of how many objects secrets are declared but not written: whether the server has the same is unknown. */
  readonly uncompared: number;
  /** What is wrong: nothing may be written then. */
  readonly problems: readonly Problem[];
  /** Names of what neither the files nor the server have. */
  readonly missing: readonly Problem[];
}

/** @param rotatesSecrets whether to write secrets that the server may have already */
export function planOf(
  objects: readonly DesiredObject[],
  actual: Actual,
  rotatesSecrets: boolean,
): Plan {
  const writes: WriteChange[] = [];
  const problems: Problem[] = [];
  for (const object of objects) {
    const change = changeOf(object, actual.states.get(keyOf(object)), rotatesSecrets);
    if (change === undefined) continue;
    if ('message' in change) problems.push(change);
    else writes.push(change);
  }
  const written = new Set(writes.flatMap((each) => (each.writesSecrets ? [each.object] : [])));
  const deletions = actual.surplus.map((object): DeleteChange => ({ action: 'delete', object }));
  return {
    changes: [...inOrder(writes), ...inOrder(deletions).reverse()],
    unchanged: objects.length - writes.length - problems.length,
    uncompared: objects.filter((each) => each.secrets && !written.has(each)).length,
    problems,
    missing: missingReferences(objects, actual),
  };
}

function changeOf(
  object: DesiredObject,
  before: State | undefined,
  rotatesSecrets: boolean,
): WriteChange | Problem | undefined {
  const { kind, state, secrets, place, given } = object;
  const known = before === undefined ? {} : withoutForeignSecrets(object, before);
  const found = differences(known, state);
  const { secrets: of } = kind;
  const mustWrite =
    of?.has(state) === true &&
    (before === undefined || !of.canStay(before, state) || known[of.member] !== state[of.member]);
  if (of !== undefined && mustWrite && secrets === undefined) {
    const why = before === undefined ? 'is new' : 'changes its kind';
    const message = `the ${kind.name} ${why}, so it needs secrets; add ${of.member}, each "secret_env: <variable>" or "secret_file: <path>"`;
    return { place, message };
  }
  const writesSecrets = mustWrite || (rotatesSecrets && secrets !== undefined);
  if (before === undefined) {
    // What the server fills in is not news.
    const news = found.filter(({ path: [member = ''] }) => given.includes(member));
    return { action: 'create', object, before, differences: news, writesSecrets };
  }
  return found.length > 0 || writesSecrets
    ? { action: 'update', object, before, differences: found, writesSecrets }
    : undefined;
}

/** Secrets that the file does not name belong to somebody else. */
function withoutForeignSecrets({ kind, secrets }: DesiredObject, state: State): State {
  const member = kind.secrets?.member;
  if (member === undefined || secrets !== undefined) return state;
  const { [member]: _, ...others } = state;
  return others;
}

function missingReferences(objects: readonly DesiredObject[], actual: Actual): Problem[] {
  const declared = new Set(objects.map(keyOf));
  const deleted = new Set(actual.surplus.map(keyOf));
  return objects.flatMap((object) =>
    referencesOf(object).flatMap(({ id, member }) => {
      const key = keyOf(id);
      if (declared.has(key)) return [];
      // What this token may not read is in no state.
      const isAbsent = actual.states.has(key) && actual.states.get(key) === undefined;
      if (!isAbsent && !deleted.has(key)) return [];
      const why = isAbsent ? 'is neither in the files nor on the server' : 'is deleted by --prune';
      return [{ place: object.placeOf(member), message: `${describeObject(id)} ${why}` }];
    }),
  );
}
