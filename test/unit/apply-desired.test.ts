import { describe, expect, it } from 'vitest';
import { readDesired } from '../../src/cli/apply/desired.ts';
import { MAX_APPLY_OBJECTS } from '../../src/cli/apply/limits.ts';
import { describeObject } from '../../src/cli/apply/object.ts';
import { problemText } from '../../src/cli/apply/problem.ts';

const POLICY = 'path "secret/*" { capabilities = ["read"] }\n';

function read(files: Record<string, string>) {
  return readDesired(
    Object.entries(files).map(([path, text]) => ({ file: `dir/${path}`, path, text })),
  );
}

async function namesOf(files: Record<string, string>): Promise<string[]> {
  const { objects, problems } = await read(files);
  expect(problems.map(problemText)).toEqual([]);
  return objects.map(describeObject).sort();
}

async function problemsOf(files: Record<string, string>): Promise<string[]> {
  return (await read(files)).problems.map(problemText);
}

/** The problems of one document. */
async function problemOf(text: string): Promise<string> {
  const [problem, ...others] = await problemsOf({ 'f.yaml': text });
  expect(others).toEqual([]);
  return problem?.replace('dir/f.yaml:', '') ?? '';
}

describe('a folder', () => {
  it('names policies by their files, and gives them the namespace of their folder', async () => {
    expect(
      await namesOf({
        'policies/Reader.hcl': POLICY,
        'policies/team-a/writer.hcl': POLICY,
        'namespaces/team-a/policies/reader.hcl': POLICY,
        'namespaces/team-a/namespaces/prod/policies/reader.hcl': POLICY,
      }),
    ).toEqual([
      'policy reader',
      'policy reader in team-a',
      'policy reader in team-a/prod',
      'policy team-a/writer',
    ]);
  });

  it('gives documents the namespace of their folder, and that which they name below it', async () => {
    const role = 'kind: approle-role\nname: web\n';
    expect(
      await namesOf({
        'web.yml': role,
        'roles/a/b/other.json': '{"kind": "approle-role", "name": "other", "namespace": null}',
        'namespaces/team-a/roles/web.yaml': role,
        'namespaces/team-a/namespaces/prod/web.yaml': role,
        'namespaces/team-a/below.yaml': `${role}namespace: /prod/eu/\n`,
        'namespaces/all.yaml': `kind: namespace\nname: team-a\n---\nkind: namespace\nname: team-a/prod\n`,
        'namespaces/team-a/prod.yaml': 'kind: namespace\nname: eu\nnamespace: prod\n',
      }),
    ).toEqual([
      'approle-role other',
      'approle-role web',
      'approle-role web in team-a',
      'approle-role web in team-a/prod',
      'approle-role web in team-a/prod/eu',
      'namespace team-a',
      'namespace team-a/prod',
      'namespace team-a/prod/eu',
    ]);
  });

  it('may have other files, but no policy where none is read', async () => {
    expect(
      await problemsOf({ 'README.md': '# x', 'a.tf': 'x', 'policies/secret.txt': 'x' }),
    ).toEqual([]);
    expect(await problemsOf({ 'reader.hcl': POLICY })).toEqual([
      'dir/reader.hcl:1:1: policies are read from policies/ only; move the file there, or give --folder the folder above',
    ]);
    expect((await problemsOf({ 'namespaces/a/namespaces/b/x/reader.hcl': POLICY }))[0]).toContain(
      'from namespaces/a/namespaces/b/policies/ only',
    );
  });

  it.each([
    ['policies/root.hcl', POLICY, '1:1: the policy "root" is built in and cannot be written'],
    ['policies/a,b.hcl', POLICY, '1:1: the policy name "a,b" has a comma'],
    ['policies/.hcl', POLICY, '1:1: the policy has no name; rename the file'],
    ['policies/empty.hcl', '', '1:1: the policy is empty'],
    ['policies/a.hcl', `${POLICY}path "b" { capabilities = ["fly"] }`, '2:28: path "b": invalid'],
    ['policies/a.hcl', 'path "b" {', '1:'],
    ['namespaces/a b/x.yaml', 'kind: namespace', '1:1: the namespace name "a b" has'],
    ['namespaces/sys/policies/x.hcl', POLICY, '1:1: "sys" is a reserved namespace name; rename'],
    [
      'namespaces/a/namespaces/b/namespaces/c/namespaces/d/namespaces/e/namespaces/f/namespaces/g/namespaces/h/namespaces/i/x.yaml',
      '',
      '1:1: the namespace path has 9 levels, at most 8 are allowed; rename the folder',
    ],
  ])('%s with %j is refused', async (path, text, message) => {
    expect((await problemsOf({ [path]: text }))[0]).toContain(`dir/${path}:${message}`);
  });

  it('declares an object once', async () => {
    const source = 'kind: source\nname: a\nspec: {kind: token}\n';
    expect(await problemsOf({ 'a.yaml': source, 'b.yaml': `---\n---\n${source}` })).toEqual([
      'dir/b.yaml:3:1: source a is declared twice; the first is at dir/a.yaml:1:1; remove one',
    ]);
    // Names of policies and roles are not case-sensitive.
    expect(await problemsOf({ 'policies/a.hcl': POLICY, 'policies/A.hcl': POLICY })).toHaveLength(
      1,
    );
    const config = 'kind: jwt-config\nspec: {jwks_url: https://x.example}\n';
    expect(await problemsOf({ 'f.yaml': `${config}---\n${config}` })).toEqual([
      'dir/f.yaml:4:1: jwt-config is declared twice; the first is at dir/f.yaml:1:1; remove one',
    ]);
    // Another namespace has its own.
    expect(await problemsOf({ 'f.yaml': `${config}---\n${config}namespace: a\n` })).toEqual([]);
  });

  it('tells everything that is wrong at once', async () => {
    expect(
      await problemsOf({
        'f.yaml': 'kind: x\n---\nkind: namespace\n---\nkind: namespace\nname: a\nb: 1\nc: 2',
      }),
    ).toHaveLength(4);
  });

  it('has a bound', async () => {
    const one = (index: number) => `kind: namespace\nname: n${index}\n---\n`;
    const text = Array.from({ length: MAX_APPLY_OBJECTS + 1 }, (_, index) => one(index)).join('');
    expect(await problemOf(text)).toBe(
      `${3 * MAX_APPLY_OBJECTS + 1}:1: there are more than ${MAX_APPLY_OBJECTS} objects; divide the folder`,
    );
  });

  it('advises on policies that do less than they seem to', async () => {
    const text =
      'path "secret/*" {\n  capabilities = ["subscribe"]\n  subscribe_event_types = ["*"]\n}';
    const { advice } = await read({ 'policies/a.hcl': text });
    expect(advice.map(problemText)[0]).toContain(
      'dir/policies/a.hcl:1:1: path "secret/*" on line 1',
    );
  });
});

describe('a document', () => {
  it.each([
    ['x', '1:1: a document must be an object with kind, name, namespace, spec, not a string'],
    [
      '- kind: source',
      '1:1: a document must be an object with kind, name, namespace, spec, not a list',
    ],
    [
      'name: a',
      '1:1: missing kind; there are namespace, policy, jwt-config, jwt-role, approle-role, source',
    ],
    ['kind: [a]', '1:1: kind must be a text, not a list; there are'],
    ['kind: jwt_role\nname: a', '1:1: unknown kind "jwt_role"; did you mean "jwt-role"?'],
    ['kind: token\nname: a', '1:1: unknown kind "token"; there are namespace, policy'],
    ['kind: source\nnmae: a', '2:1: unknown key "nmae"; did you mean "name"?'],
    [
      'kind: source\nname: a\nmetadata: {}',
      '3:1: unknown key "metadata"; a document has kind, name',
    ],
    ['kind: source', '1:1: missing name: which source this is'],
    ['kind: source\nname: 7', '2:1: name must be a text, not a number; put it in quotes'],
    ['kind: source\nname: a/b', '2:1: the source name "a/b" has a slash'],
    ['kind: source\nname: ""', '2:1: the source name "" must be of letters'],
    ['kind: namespace\nname: a//b', '2:1: the namespace path "a//b" has an empty segment'],
    ['kind: namespace\nname: sys', '2:1: "sys" is a reserved namespace name'],
    ['kind: policy\nname: root\nspec: {policy: x}', '2:1: the policy "root" is built in'],
    ['kind: policy\nname: a/../../x\nspec: {policy: x}', '2:1: no policy can have a name with'],
    ['kind: jwt-role\nname: "-"', '2:1: the role name "-" must be of letters'],
    [
      'kind: jwt-config\nname: a',
      '2:1: a namespace has one jwt-config, which has no name; remove name',
    ],
    ['kind: source\nname: a\nnamespace: 1', '3:1: namespace must be a text, not a number'],
    ['kind: source\nname: a\nnamespace: a b', '3:1: the namespace name "a b" has'],
    ['kind: source\nname: a\nspec: x', '3:1: spec must be an object, not a string'],
    ['kind: source\nname: a\nspec: {}', '3:1: kind is ""; there are "github"'],
    [
      'kind: source\nname: a\nspec: {kind: githb}',
      '3:8: kind is "githb" (did you mean "github"?); there',
    ],
    [
      'kind: source\nname: a\nspec:\n  kind: github\n  mapping:\n    pth: x',
      '6:5: unknown key "pth" in mapping (did you mean "path"?); it has',
    ],
    [
      'kind: source\nname: a\nspec:\n  kind: github\n  mapping:\n    metadata:\n      x: 1',
      '7:7: mapping.metadata.x must be a JSON pointer',
    ],
    [
      'kind: source\nname: a\nspec:\n  kind: github\n  tolerance: 3x',
      '5:3: tolerance must be a duration',
    ],
    [
      'kind: approle-role\nname: a\nspec:\n  ttl: 1h',
      '4:3: unknown key "ttl"; did you mean "token_ttl"?',
    ],
    [
      'kind: approle-role\nname: a\nspec:\n  role_id: x',
      '4:3: unknown key "role_id"; approle-role has',
    ],
    [
      'kind: approle-role\nname: a\nspec:\n  token_policies:\n    - a\n    - 7',
      '6:7: token_policies[1] must be a string, not a number',
    ],
    [
      'kind: jwt-role\nname: a\nspec:\n  bound_subject: x',
      '3:1: a user claim must be defined on the role',
    ],
    [
      'kind: jwt-config\nspec:\n  oidc_client_secret: hunter2',
      '3:3: unknown key "oidc_client_secret"; jwt-config has',
    ],
    [
      'kind: policy\nname: a\nspec: {policy: 7}',
      '3:8: policy must be a text with HCL or JSON, not a number',
    ],
    [
      'kind: policy\nname: a\nspec:\n  policy: |\n    path "x" {}\n    pth "y" {}',
      '4:3: failed to parse policy: ',
    ],
    [
      'kind: namespace\nname: a\nspec:\n  custom_metadata: [x]',
      '4:3: custom_metadata must be an object',
    ],
  ])('%j is refused', async (text, message) => {
    expect(await problemOf(text)).toContain(message);
  });
});

describe('the secrets of a source', () => {
  const source = (secrets: string) =>
    `kind: source\nname: a\nspec:\n  kind: token\n  secrets: ${secrets}`;

  it('are named by variables and files', async () => {
    const { objects, problems } = await read({
      'f.yaml': source('[{secret_env: CI_SECRET}, {secret_file: ../ci}]'),
    });
    expect(problems).toEqual([]);
    expect(objects[0]?.secrets?.map(({ from, name }) => [from, name])).toEqual([
      ['secret_env', 'CI_SECRET'],
      ['secret_file', '../ci'],
    ]);
    expect(objects[0]?.state.secrets).toBe(2);
  });

  it.each([
    [
      '[hunter2hunter2]',
      '5:13: secrets[0] is a literal value, and no secret belongs into a file; write "secret_env: <variable>"',
    ],
    ['hunter2hunter2', '5:3: secrets must be a list, each entry "secret_env: <variable>"'],
    ['{secret_env: A}', '5:3: secrets must be a list'],
    ['[]', '5:3: secrets has 0 entries; give from 1 to 10'],
    [`[${'{secret_env: A},'.repeat(11)}]`, '5:3: secrets has 11 entries'],
    ['[{secret_env: A}, {value: hunter2hunter2}]', '5:30: secrets[1] must have one member'],
    ['[{secret_env: A, secret_file: b}]', '5:13: secrets[0] must have one member'],
    ['[{}]', '5:13: secrets[0] must have one member'],
    ['[{secret_env: }]', '5:13: secrets[0] has no name for secret_env'],
    ['[{secret_env: "hunter2-hunter2"}]', '5:13: secrets[0] has a secret_env that is no name'],
    ['[{secret_file: ~/ci}]', '5:13: secrets[0] has a secret_file that begins with "~"'],
  ])('cannot be %s', async (secrets, message) => {
    const problem = await problemOf(source(secrets));
    expect(problem).toContain(message);
    expect(problem).not.toContain('hunter2');
  });

  it('cannot be of a kind that has none', async () => {
    const sns =
      'kind: source\nname: a\nspec:\n  kind: aws-sns\n  topic_arn: "arn:aws:sns:eu-west-1:123456789012:x"\n  secrets: [{secret_env: A}]';
    expect(await problemOf(sns)).toBe('6:3: this source has no secrets; remove secrets');
  });
});
