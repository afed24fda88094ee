/** What a block of a policy says about its path, and what several blocks of the same path say together. */
import type { JsonValue } from '../lib/json.ts';
import { type CapabilitySet, DENY, NONE } from './capability.ts';

export interface Permissions {
  /** As written; only `deny` if the block denies. */
  readonly capabilities: CapabilitySet;
  /**
   * The capabilities that a control group or an MFA method guards. Carillon has neither, so it grants them to no
   * token.
   */
  readonly withheld: CapabilitySet;
  /** The seconds that a request may ask to wrap its answer for. 0 sets no limit, and a request need not ask. */
  readonly minWrappingTtl: number;
  readonly maxWrappingTtl: number;
  readonly allowed: Parameters;
  readonly denied: Parameters;
  readonly required: readonly string[];
  readonly eventTypes: readonly EventTypeGlob[];
}

/** Values by the name of the parameter in lower case. An empty list stands for any value. */
export type Parameters = ReadonlyMap<string, readonly JsonValue[]>;

export interface EventTypeGlob {
  readonly glob: string;
  readonly matches: (eventType: string) => boolean;
}

/** Whatever else a block that denies says is ignored. */
export const DENIED: Permissions = {
  capabilities: DENY,
  withheld: NONE,
  minWrappingTtl: 0,
  maxWrappingTtl: 0,
  allowed: new Map(),
  denied: new Map(),
  required: [],
  eventTypes: [],
};

/** What several blocks of the same path grant together: nothing if one of them denies. */
export function mergePermissions(blocks: readonly Permissions[]): Permissions {
  const [only, ...others] = blocks;
  if (only === undefined) throw new Error('no block has been given');
  if (others.length === 0) return only;
  if (blocks.some(({ capabilities }) => (capabilities & DENY) !== 0)) return DENIED;
  return {
    capabilities: blocks.reduce((set, { capabilities }) => set | capabilities, NONE),
    withheld: blocks.reduce((set, { withheld }) => set | withheld, NONE),
    minWrappingTtl: smallest(blocks.map(({ minWrappingTtl }) => minWrappingTtl)),
    maxWrappingTtl: smallest(blocks.map(({ maxWrappingTtl }) => maxWrappingTtl)),
    allowed: mergeParameters(blocks.flatMap(({ allowed }) => [...allowed])),
    denied: mergeParameters(blocks.flatMap(({ denied }) => [...denied])),
    required: [...new Set(blocks.flatMap(({ required }) => required))],
    eventTypes: uniqueEventTypes(blocks.flatMap(({ eventTypes }) => eventTypes)),
  };
}

/** All values of a parameter. If one block allows any value, the blocks together do. */
function mergeParameters(
  parameters: readonly (readonly [name: string, values: readonly JsonValue[]])[],
): Parameters {
  const merged = new Map<string, JsonValue[]>();
  for (const [name, values] of parameters) {
    const others = merged.get(name);
    if (others === undefined) merged.set(name, [...values]);
    else for (const value of values) others.push(value);
  }
  for (const [name, values] of parameters) if (values.length === 0) merged.set(name, []);
  return merged;
}

/** Sorted, without duplicates. */
export function uniqueEventTypes(globs: readonly EventTypeGlob[]): EventTypeGlob[] {
  const byGlob = new Map(globs.map((glob) => [glob.glob, glob]));
  return [...byGlob.values()].sort((a, b) => (a.glob < b.glob ? -1 : 1));
}

/** A duration of 0 or less sets no limit, so it is ignored. */
function smallest(seconds: readonly number[]): number {
  return seconds.reduce(
    (least, value) => (value > 0 && (least <= 0 || value < least) ? value : least),
    0,
  );
}
