/** What a policy can grant on a path. A set of them is a number, a bit for each. */

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

export type Capability = (typeof CAPABILITIES)[number];
export type CapabilitySet = number;

export const NONE: CapabilitySet = 0;
export const ALL: CapabilitySet = (1 << CAPABILITIES.length) - 1;
export const DENY = setOf('deny');

/** What the `policy = "…"` of old stands for. */
export const SHORTHANDS: Readonly<Record<string, CapabilitySet>> = {
  deny: DENY,
  read: setOf('read', 'list'),
  write: setOf('create', 'read', 'update', 'delete', 'list'),
  sudo: setOf('create', 'read', 'update', 'delete', 'list', 'sudo'),
};

export function setOf(...capabilities: Capability[]): CapabilitySet {
  return capabilities.reduce((set, name) => set | (1 << CAPABILITIES.indexOf(name)), NONE);
}

/** Upper case is none, as in Vault; `root` is a word of answers only. */
export function isCapability(name: string): name is Capability {
  return (CAPABILITIES as readonly string[]).includes(name);
}

/** The names, sorted. */
export function namesOf(set: CapabilitySet): Capability[] {
  return CAPABILITIES.filter((_, index) => (set & (1 << index)) !== 0);
}
