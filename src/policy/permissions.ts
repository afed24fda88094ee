/** What a block of a policy says of its path, and what several blocks of the same path say together. */
import type { JsonValue } from '../lib/json.ts';
import { type CapabilitySet, DENY, NONE } from './capability.ts';

export interface Permissions {
  /** As written; `deny` stands alone. */
  readonly capabilities: CapabilitySet;
  /**
   * Those that a control group or an MFA method guards. Nobody can authorise a request here or answer
   * for a second factor, so they are granted to nobody.
   */
  readonly withheld: CapabilitySet;
  /** Seconds that a request for a wrapped answer may ask for; 0: any, and none. */
  readonly minWrappingTtl: number;
  readonly maxWrappingTtl: number;
  readonly allowed: Parameters;
  readonly denied: Parameters;
  readonly required: readonly string[];
  readonly eventTypes: readonly EventTypeGlob[];
}

/** Values by the name of the parameter in lower case; no values: any. */
export type Parameters = ReadonlyMap<string, readonly JsonValue[]>;

export interface EventTypeGlob {
  readonly glob: string;
  readonly matches: (eventType: string) => boolean;
}

/** A block that denies says nothing else. */
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

/** What several blocks of the same path say together: everything, but where one denies nothing. */
export function union(blocks: readonly Permissions[]): Permissions {
  const [only, ...others] = blocks;
  if (only === undefined) throw new Error('no block has been given');
  if (others.length === 0) return only;
  if (blocks.some(({ capabilities }) => (capabilities & DENY) !== 0)) return DENIED;
  return {
    capabilities: blocks.reduce((set, { capabilities }) => set | capabilities, NONE),
    withheld: blocks.reduce((set, { withheld }) => set | withheld, NONE),
    minWrappingTtl: smallest(blocks.map(({ minWrappingTtl }) => minWrappingTtl)),
    maxWrappingTtl: smallest(blocks.map(({ maxWrappingTtl }) => maxWrappingTtl)),
    allowed: unionOfParameters(blocks.flatMap(({ allowed }) => [...allowed])),
    denied: unionOfParameters(blocks.flatMap(({ denied }) => [...denied])),
    required: [...new Set(blocks.flatMap(({ required }) => required))],
    eventTypes: unionOfEventTypes(blocks.flatMap(({ eventTypes }) => eventTypes)),
  };
}

/** All the values of a parameter; where it may be any once, it may be any. */
function unionOfParameters(
  parameters: readonly (readonly [name: string, values: readonly JsonValue[]])[],
): Parameters {
  const union = new Map<string, JsonValue[]>();
  for (const [name, values] of parameters) {
    const others = union.get(name);
    if (others === undefined) union.set(name, [...values]);
    else for (const value of values) others.push(value);
  }
  for (const [name, values] of parameters) if (values.length === 0) union.set(name, []);
  return union;
}

/** Sorted, each once. */
export function unionOfEventTypes(globs: readonly EventTypeGlob[]): EventTypeGlob[] {
  const byGlob = new Map(globs.map((glob) => [glob.glob, glob]));
  return [...byGlob.values()].sort((a, b) => (a.glob < b.glob ? -1 : 1));
}

/** Of those that say something; negative durations say nothing either. */
function smallest(seconds: readonly number[]): number {
  return seconds.reduce(
    (least, value) => (value > 0 && (least <= 0 || value < least) ? value : least),
    0,
  );
}
