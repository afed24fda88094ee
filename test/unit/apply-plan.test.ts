import { describe, expect, it } from 'vitest';
import { readDesired } from '../../src/cli/apply/desired.ts';
import { findKind } from '../../src/cli/apply/kinds/all.ts';
import { describeObject, keyOf, type ObjectId } from '../../src/cli/apply/object.ts';
import { planOf } from '../../src/cli/apply/plan.ts';
import { planData, planText } from '../../src/cli/apply/plan-text.ts';
import { problemText } from '../../src/cli/apply/problem.ts';
import { differences, type State } from '../../src/cli/apply/state.ts';
import { COLOURED, PLAIN } from '../../src/cli/command/style.ts';

const POLICY = 'path "secret/*" {\n\tcapabilities = ["read"]\n}\n';
const SOURCE = 'kind: source\nname: gh\nspec: {kind: github, secrets: [{secret_env: GH}]}\n';

/** A destination that pauses, or hands over what it cannot deliver. */
const destination = (name: string, deadLetter = '') =>
  `kind: destination\nname: ${name}\nspec: {type: worker, binding: B, pattern: 'kv-v2/*', policies: [p], dead_letter: '${deadLetter}'}\n`;

async function desired(files: Record<string, string>) {
  const { objects, problems } = await readDesired(
    Object.entries(files).map(([path, text]) => ({ file: path, path, text })),
  );
  expect(problems.map(problemText)).toEqual([]);
  return objects;
}

function id(kindName: string, name: string, namespace = ''): ObjectId {
  const kind = findKind(kindName);
  if (kind === undefined) throw new Error(`no kind ${kindName}`);
  return { kind, name, namespace };
}

interface Options {
  /** What the server has in place of what the files declare, by `describeObject`. */
  readonly server?: Record<string, State | undefined>;
  /** What the server has beside it. */
  readonly others?: readonly [ObjectId, State | undefined][];
  readonly surplus?: readonly ObjectId[];
  readonly rotates?: boolean;
}

/** The plan for a server that has the same as the files, but for the options. */
async function plan(
  files: Record<string, string>,
  { server = {}, others = [], surplus = [], rotates = false }: Options = {},
) {
  const objects = await desired(files);
  const states = new Map<string, State | undefined>(
    objects.map((object) => {
      const label = describeObject(object);
      return [keyOf(object), label in server ? server[label] : object.state];
    }),
  );
  for (const [object, state] of others) states.set(keyOf(object), state);
  return planOf(objects, { states, surplus }, rotates);
}

const text = async (files: Record<string, string>, options: Options) =>
  planText(await plan(files, options), PLAIN);

describe('a plan', () => {
  it('writes a destination after the one that takes what it cannot deliver', async () => {
    const files = {
      'a.yaml': destination('a', 'm'),
      'm.yaml': destination('m', 'z'),
      'x.yaml': destination('x', 'y'),
      'y.yaml': destination('y', 'x'),
      'z.yaml': destination('z'),
      'policies/p.hcl': POLICY,
    };
    const server = Object.fromEntries(
      ['policy p', ...'amxyz'.split('').map((name) => `destination ${name}`)].map((label) => [
        label,
        undefined,
      ]),
    );
    const { changes } = await plan(files, { server });
    const names = changes.map(({ object }) => object.name);
    expect(names[0]).toBe('p');
    expect(names.filter((name) => 'amz'.includes(name))).toEqual(['z', 'm', 'a']);
    expect(names).toHaveLength(6);
  });

  it('has nothing to do if the server has what the files declare', async () => {
    expect(await text({ 'policies/a.hcl': POLICY, 's.yaml': SOURCE }, {})).toBe(
      'no changes: 2 unchanged; secrets of 1 not compared (--rotate-secrets writes them)\n',
    );
  });

  it('creates what the server does not have, in the order of dependence', async () => {
    const files = {
      'a.yaml': `${SOURCE}---
kind: approle-role
name: web
spec: {token_ttl: 1h}
---
kind: jwt-role
name: ci
spec: {user_claim: sub, bound_subject: x}
---
kind: jwt-config
spec: {jwks_url: "https://x.example/k"}
---
kind: namespace
name: b/c
---
kind: namespace
name: b
`,
      'policies/z.hcl': 'path "x" { capabilities = ["read"] }',
      'namespaces/b/policies/a.hcl': POLICY,
    };
    const labels = (await desired(files)).map(describeObject);
    const server = Object.fromEntries(labels.map((label) => [label, undefined]));
    expect(await text(files, { server })).toBe(`+ namespace b
+ namespace b/c
+ policy z
  + policy: "path \\"x\\" { capabilities = [\\"read\\"] }"
+ policy a in b
    +path "secret/*" {
    +	capabilities = ["read"]
    +}
+ jwt-config
  + jwks_url: "https://x.example/k"
+ jwt-role ci
  + bound_subject: "x"
  + user_claim: "sub"
+ approle-role web
  + token_ttl: 3600
+ source gh
  + kind: "github"
  + secrets: 1 (values are not shown)
8 to create, 0 to update, 0 to delete, 0 unchanged
`);
  });

  it('deletes last, and in the reverse order', async () => {
    const surplus = [id('policy', 'p'), id('source', 's'), id('jwt-role', 'r', 'b')];
    expect(
      await text({ 'policies/a.hcl': POLICY }, { server: { 'policy a': undefined }, surplus }),
    ).toContain(
      '    +}\n- source s\n- jwt-role r in b\n- policy p\n1 to create, 0 to update, 3 to delete',
    );
  });

  it('shows the lines of a policy that differ', async () => {
    const policy = POLICY.replace('"read"', '"list"').replace('\t', '\u001b\t');
    expect(
      await text({ 'policies/a.hcl': POLICY }, { server: { 'policy a': { policy } } }),
    ).toBe(`~ policy a
    @@ -1,3 +1,3 @@
     path "secret/*" {
    -\\u001b	capabilities = ["list"]
    +	capabilities = ["read"]
     }
0 to create, 1 to update, 0 to delete, 0 unchanged
`);
  });

  it('gives up on the lines of texts that have nothing in common', async () => {
    const policy = Array.from({ length: 5000 }, (_, index) => `# ${index}\n`).join('');
    const all = await text({ 'policies/a.hcl': POLICY }, { server: { 'policy a': { policy } } });
    expect(all).toContain('~ policy a\n    (too many lines differ to show them)\n');
  });

  it('shows the members that differ, and shortens long values', async () => {
    const [object] = await desired({ 's.yaml': SOURCE });
    const before = {
      ...object?.state,
      mapping: { path: 'a/{/x}', metadata: { job: '/job' } },
      tolerance: 60,
      event_type: `a/${'x'.repeat(500)}`,
    };
    expect(await text({ 's.yaml': SOURCE }, { server: { 'source gh': before } })).toBe(`~ source gh
  ~ event_type: "a/${'x'.repeat(157)}… -> ""
  - mapping.metadata: {"job":"/job"}
  - mapping.path: "a/{/x}"
  ~ tolerance: 60 -> 300
0 to create, 1 to update, 0 to delete, 0 unchanged; secrets of 1 not compared (--rotate-secrets writes them)
`);
  });

  it('is data for programs', async () => {
    const made = await plan(
      { 'policies/a.hcl': POLICY, 's.yaml': SOURCE },
      { server: { 'policy a': undefined }, surplus: [id('policy', 'b', 'c')] },
    );
    expect(planData(made, 1)).toEqual({
      changes: [
        {
          action: 'create',
          kind: 'policy',
          namespace: '',
          name: 'a',
          differences: [{ path: ['policy'], before: null, after: POLICY }],
          writes_secrets: false,
          applied: true,
        },
        { action: 'delete', kind: 'policy', namespace: 'c', name: 'b', applied: false },
      ],
      unchanged: 1,
      secrets_not_compared: 1,
    });
  });

  it('has colours for a terminal', async () => {
    const made = await plan({ 'policies/a.hcl': 'path "x" {}' }, { surplus: [id('policy', 'b')] });
    expect(planText(made, COLOURED)).toContain('\u001b[31m- policy b\u001b[39m\n');
  });
});

const [{ state } = { state: {} }] = await desired({ 's.yaml': SOURCE });

describe('secrets', () => {
  const of = async (options: Options, file = SOURCE) => {
    const { changes, problems, uncompared } = await plan({ 's.yaml': file }, options);
    const writes = changes.map((change) => change.action !== 'delete' && change.writesSecrets);
    return { writes, problems: problems.map(problemText), uncompared };
  };

  it.each([
    ['a new source', { server: { 'source gh': undefined } }],
    ['another kind', { server: { 'source gh': { ...state, kind: 'token' } } }],
    ['another number of secrets', { server: { 'source gh': { ...state, secrets: 2 } } }],
    ['--rotate-secrets', { rotates: true }],
  ])('are written for %s', async (_, options) => {
    expect(await of(options)).toEqual({ writes: [true], problems: [], uncompared: 0 });
  });

  it('are not written with another member', async () => {
    const server = { 'source gh': { ...state, tolerance: 5 } };
    expect(await of({ server })).toEqual({ writes: [false], problems: [], uncompared: 1 });
  });

  it('stay as they are if the file has none', async () => {
    const file = 'kind: source\nname: gh\nspec: {kind: github}\n';
    const server = { 'source gh': { ...state, secrets: 3 } };
    expect(await of({ server, rotates: true }, file)).toEqual({
      writes: [],
      problems: [],
      uncompared: 0,
    });
    expect((await of({ server: { 'source gh': undefined } }, file)).problems).toEqual([
      's.yaml:1:1: the source is new, so it needs secrets; add secrets, each "secret_env: <variable>" or "secret_file: <path>"',
    ]);
    const other = { 'source gh': { ...state, kind: 'token' } };
    expect((await of({ server: other }, file)).problems[0]).toContain(
      'the source changes its kind',
    );
  });

  it('are not needed by a kind that has none', async () => {
    const file =
      'kind: source\nname: gh\nspec:\n  kind: aws-sns\n  topic_arn: "arn:aws:sns:eu-west-1:123456789012:x"\n';
    expect(await of({ server: { 'source gh': undefined } }, file)).toEqual({
      writes: [false],
      problems: [],
      uncompared: 0,
    });
  });
});

describe('a name of something else', () => {
  const ROLE = {
    'r.yaml': 'kind: approle-role\nname: web\nspec:\n  token_ttl: 1h\n  token_policies: [reader]\n',
  };
  const missing = async (files: Record<string, string>, options: Options) =>
    (await plan(files, options)).missing.map(problemText);

  it('is missing if neither the files nor the server have it', async () => {
    expect(await missing(ROLE, { others: [[id('policy', 'reader'), undefined]] })).toEqual([
      'r.yaml:5:3: policy reader is neither in the files nor on the server',
    ]);
    expect(await missing(ROLE, { others: [[id('policy', 'reader'), {}]] })).toEqual([]);
    expect(await missing({ ...ROLE, 'policies/Reader.hcl': POLICY }, {})).toEqual([]);
  });

  it('is missing if it is in another namespace only', async () => {
    const files = { ...ROLE, 'namespaces/b/policies/reader.hcl': POLICY };
    expect(await missing(files, { others: [[id('policy', 'reader'), undefined]] })).toHaveLength(1);
  });

  it('is unknown if the token may not read it', async () => {
    expect(await missing(ROLE, {})).toEqual([]);
  });

  it('is missing if --prune deletes it', async () => {
    const reader = id('policy', 'reader');
    expect(await missing(ROLE, { others: [[reader, {}]], surplus: [reader] })).toEqual([
      'r.yaml:5:3: policy reader is deleted by --prune',
    ]);
  });

  it('may be the namespace of the events of a source', async () => {
    const files = {
      'namespaces/b/s.yaml': 'kind: source\nname: s\nspec:\n  kind: token\n  namespace: c\n',
    };
    expect(await missing(files, { others: [[id('namespace', 'b/c'), undefined]] })).toEqual([
      'namespaces/b/s.yaml:5:3: namespace b/c is neither in the files nor on the server',
    ]);
  });

  it('may be the default role of the JWT configuration', async () => {
    const files = {
      'c.yaml': 'kind: jwt-config\nspec: {jwks_url: "https://x.example", default_role: CI}\n',
    };
    expect(await missing(files, { others: [[id('jwt-role', 'ci'), undefined]] })).toEqual([
      'c.yaml:2:39: jwt-role ci is neither in the files nor on the server',
    ]);
  });
});

describe('two states', () => {
  it.each([
    ['the order of a list', { a: ['x', 'y'] }, { a: ['y', 'x'] }],
    ['the order of members', { a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }],
    ['line endings, and empty lines at the end', { a: 'x\r\ny\r\n\r\n' }, { a: 'x\ny' }],
    ['an absent member and an empty list', {}, { a: [] }],
    ['an absent member and an empty object', { a: {} }, {}],
    ['an absent member and false, 0 and nothing', { a: false, b: 0, c: '', d: null }, {}],
  ])('are the same but for %s', (_, before, after) => {
    expect(differences(before, after)).toEqual([]);
  });

  it.each([
    [{ a: ['x'] }, { a: ['x', 'x'] }],
    [{ a: 'x' }, { a: ['x'] }],
    [{ a: '1' }, { a: 1 }],
    [{ a: { b: false } }, { a: {} }],
    [{ a: { b: '' } }, { a: { b: 0 } }],
    [{ a: true }, { a: 'true' }],
    [{ a: ['x,y'] }, { a: ['x', 'y'] }],
    [{ a: 'x\n\ny' }, { a: 'x\ny' }],
    [{ a: ' x' }, { a: 'x' }],
    [{ a: { b: null } }, { a: { b: 'null' } }],
  ])('%j and %j are not the same', (before, after) => {
    expect(differences(before, after)).toHaveLength(1);
    expect(differences(after, before)).toHaveLength(1);
  });
});
