/** An object that files declare, or that the server has. Pure. */
import type { Kind } from './kinds/kind.ts';
import { NAMESPACE } from './kinds/namespace.ts';
import type { Place } from './problem.ts';
import type { SecretReference } from './secret-reference.ts';
import type { State } from './state.ts';

/** Which object: there is one of this kind and name in this namespace. */
export interface ObjectId {
  readonly kind: Kind;
  /** Its path below the namespace of the command; empty for that namespace. */
  readonly namespace: string;
  /** If the object is a namespace, its path below the namespace of the command. */
  readonly name: string;
}

export interface DesiredObject extends ObjectId {
  /** As the API returns it. */
  readonly state: State;
  /** The members of the spec. */
  readonly given: readonly string[];
  /** Undefined if the file has none: whoever wrote them on the server keeps them. */
  readonly secrets: readonly SecretReference[] | undefined;
  readonly place: Place;
  /** The place of a member of the spec. */
  placeOf(member: string): Place;
}

/** @param name checked; of a namespace: its path below `namespace` */
export function idOf(kind: Kind, namespace: string, name: string): ObjectId {
  return kind === NAMESPACE
    ? { kind, namespace: '', name: joinNamespaces(namespace, name) }
    : { kind, namespace, name };
}

/** A text that is the same for the same object. */
export function keyOf({ kind, namespace, name }: ObjectId): string {
  return `${kind.name}\n${namespace}\n${name}`;
}

/** `policy team-a`, `source github in team-a/prod` */
export function describeObject({ kind, namespace, name }: ObjectId): string {
  const label = kind.only === undefined ? `${kind.name} ${name}` : kind.name;
  return namespace === '' ? label : `${label} in ${namespace}`;
}

/** The path of a namespace below another. */
export function joinNamespaces(...paths: readonly string[]): string {
  return paths.filter((path) => path !== '').join('/');
}
