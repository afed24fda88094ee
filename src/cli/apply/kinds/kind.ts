/** What a kind of objects is, for `apply` and `diff`. Pure. */
import type { Result } from '../../../lib/result.ts';
import type { State } from '../state.ts';

/** An object that another one names. */
export interface Reference {
  readonly kind: string;
  readonly name: string;
  /** The member of the spec that names it. */
  readonly member: string;
}

/** The secrets of a kind. The server returns none of them, so a state has their number in their place. */
interface SecretsOfKind {
  /** The member of a spec, and of a state. */
  readonly member: string;
  /** Whether an object with this state has secrets. */
  has(state: State): boolean;
  /** Whether the server can keep the stored ones. */
  canStay(before: State, after: State): boolean;
  /** The message of a failure contains no secret. */
  check(name: string, state: State, values: readonly string[]): Result<unknown>;
}

export interface Kind {
  /** As in a file: `jwt-role`. */
  readonly name: string;
  /** The name of the only object of the kind that a namespace has; files have none. */
  readonly only?: string;
  /** The path of the API that reads, writes and deletes an object. */
  pathOf(name: string): string;
  /** The path that lists the names; undefined if `--prune` deletes none of the kind. */
  readonly listPath?: string;
  /** Names that `--prune` never deletes. */
  readonly neverPruned?: readonly string[];
  /** @returns the name as the server stores it */
  checkName(name: string): Result<string>;
  /** The members of a spec; undefined if `check` knows them, because they depend on its values. */
  readonly keys?: readonly string[];
  readonly secrets?: SecretsOfKind;
  /**
   * Checks a spec, without its secrets, as the API does.
   *
   * @returns the state as the API would return it, with what it fills in. Writing it has the same effect as the spec
   */
  check(name: string, spec: Record<string, unknown>): Result<State> | Promise<Result<State>>;
  /** The state in an answer of the API, without what cannot be written. */
  stateOf(data: State): State;
  references?(state: State): readonly Reference[];
  /** What is legal in a state but probably a mistake. */
  advice?(state: State): readonly string[];
}

/** The members of an answer that a kind has. The server may have others, of a newer release. */
export function pick(data: State, keys: readonly string[]): State {
  return Object.fromEntries(keys.filter((key) => key in data).map((key) => [key, data[key]]));
}
