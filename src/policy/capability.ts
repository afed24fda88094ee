/** What a policy can grant on a path. A set is a number with a bit for each capability. */

const CAPABILITIES = [
  'create',
  'delete',
  'deny',
  'list',
  'patch',
  'read',
  'recover',
  'subscribe',
  'sudo',
  'update',
] as const;

type Capability = (typeof CAPABILITIES)[number];
export type CapabilitySet = number;

export const NONE: CapabilitySet = 0;
export const ALL: CapabilitySet = (1 << CAPABILITIES.length) - 1;
export const DENY = setOf('deny');

/** A subscriber needs both to receive an event. */
export const RECEIVE_CAPABILITIES = setOf('list', 'subscribe');

/** The capabilities of the old `policy = "…"`. */
export const SHORTHANDS: Readonly<Record<string, CapabilitySet>> = {
  deny: DENY,
  read: setOf('read', 'list'),
  write: setOf('create', 'read', 'update', 'delete', 'list'),
  sudo: setOf('create', 'read', 'update', 'delete', 'list', 'sudo'),
};

export function setOf(...capabilities: Capability[]): CapabilitySet {
  return capabilities.reduce((set, name) => set | (1 << CAPABILITIES.indexOf(name)), NONE);
}

/** Case-sensitive, as in Vault. `root` occurs only in answers, so it is no capability here. */
export function isCapability(name: string): name is Capability {
  return (CAPABILITIES as readonly string[]).includes(name);
}

/** Sorted. */
export function namesOf(set: CapabilitySet): Capability[] {
  return CAPABILITIES.filter((_, index) => (set & (1 << index)) !== 0);
}
