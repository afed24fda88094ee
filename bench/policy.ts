/**
 * What does deciding who may receive an event cost? Measures one decision under a policy of a hundred
 * rules, compiling that policy, and an event decided for ten thousand classes of subscribers with a
 * policy set each.
 *
 * Usage: node bench/policy.ts
 */
import { type Acl, compileAcl, mayReceive, type NamedPolicy } from '../src/policy/acl.ts';
import type { Identity } from '../src/policy/identity.ts';
import { parsePolicy } from '../src/policy/policy.ts';

const RULES = 100;
const CLASSES = 10_000;
const RULES_OF_A_CLASS = 10;
const RUNS = 15;
const DECISIONS = 100_000;
const COMPILATIONS = 200;
const EVENT_TYPE = 'kv-v2/data-write';
const IDENTITY: Identity = {
  entity: { id: 'entity-1', name: 'ada', metadata: { team: 'blue' }, aliases: {} },
  groups: [],
};

/** A third exact paths, a third prefixes, a third with `+`, one of ten filled in from the identity. */
function policyText(rules: number, of: string): string {
  const paths = Array.from({ length: rules }, (_, index) => {
    const owner = index % 10 === 0 ? '{{identity.entity.name}}' : `team-${index}`;
    if (index % 3 === 0) return `secret/data/${of}/${owner}/config`;
    return index % 3 === 1 ? `secret/data/${of}/${owner}/*` : `secret/+/${of}/${owner}/+/password`;
  });
  return paths
    .map(
      (path) => `path "${path}" {
  capabilities = ["read", "list", "subscribe"]
  subscribe_event_types = ["database/*", "kv*"]
}`,
    )
    .join('\n');
}

function policyOf(name: string, text: string): NamedPolicy {
  const policy = parsePolicy(text);
  if (!policy.ok) throw new Error(policy.failure.message);
  return { name, policy: policy.value };
}

/** The median of several runs, in microseconds for each of `times`. */
function microseconds(times: number, run: () => void): number {
  const results = Array.from({ length: RUNS }, () => {
    const begin = performance.now();
    run();
    return ((performance.now() - begin) * 1000) / times;
  });
  results.sort((a, b) => a - b);
  return results[Math.floor(RUNS / 2)] ?? Number.NaN;
}

function perDecision(acl: Acl, path: string): number {
  return microseconds(DECISIONS, () => {
    for (let i = 0; i < DECISIONS; i++) mayReceive(acl, path, EVENT_TYPE);
  });
}

const text = policyText(RULES, 'app');
const hundred = [policyOf('hundred', text)];
const acl = compileAcl(hundred, IDENTITY);
const decisions = {
  'by an exact rule': 'secret/data/app/team-33/config',
  'by a prefix': 'secret/data/app/team-34/a/b/c',
  'by a + rule': 'secret/metadata/app/team-35/db/password',
  'by none of the + rules': 'secret/metadata/app/team-35/db/pass',
  'nothing matches': 'database/creds/readonly',
};

const table: [what: string, microseconds: number][] = Object.entries(decisions).map(
  ([what, path]) => [`decision of ${RULES} rules, ${what}`, perDecision(acl, path)],
);
table.push(
  [
    `parsing ${RULES} rules (${(text.length / 1024).toFixed(0)} KiB)`,
    microseconds(COMPILATIONS, () => {
      for (let i = 0; i < COMPILATIONS; i++) policyOf('hundred', text);
    }),
  ],
  [
    `compiling ${RULES} rules`,
    microseconds(COMPILATIONS, () => {
      for (let i = 0; i < COMPILATIONS; i++) compileAcl(hundred, IDENTITY);
    }),
  ],
);

const classes = Array.from({ length: CLASSES }, (_, index) =>
  compileAcl([policyOf('own', policyText(RULES_OF_A_CLASS, `app-${index}`))], IDENTITY),
);
table.push([
  `one event, ${CLASSES} classes of ${RULES_OF_A_CLASS} rules, all of them`,
  microseconds(1, () => {
    for (const each of classes) mayReceive(each, 'secret/data/app-5000/team-4/x', EVENT_TYPE);
  }),
]);

for (const [what, cost] of table)
  console.log(`${what.padEnd(56)} ${cost.toFixed(2).padStart(9)} µs`);
