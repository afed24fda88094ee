import { createHmac, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ApplyFixture, POLICY } from '../support/apply.ts';
import { run, start } from '../support/run.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/apply', import.meta.url));
const SECRET = 'a-secret-of-some-length';
const PEM = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .publicKey.export({ type: 'spki', format: 'pem' })
  .toString();

const on = new ApplyFixture();

describe('the example', () => {
  it('is applied once, and then has nothing to change', async () => {
    const before = await on.diff(EXAMPLE);
    expect(before).toMatchObject({ code: 2, stderr: '' });
    expect(before.stdout).toContain('5 to create, 0 to update, 0 to delete, 0 unchanged\n');
    const secret = { ...on.env, GITHUB_WEBHOOK_SECRET: SECRET };
    const first = await run(['apply', '-f', EXAMPLE], secret);
    expect(first).toEqual({
      code: 0,
      stdout: before.stdout,
      stderr: `created policy ci-publisher
created policy deploy-subscriber
created jwt-role ci
created approle-role deployer
created source github
`,
    });
    const nothing = {
      code: 0,
      stdout: 'no changes: 5 unchanged; secrets of 1 not compared (--rotate-secrets writes them)\n',
      stderr: '',
    };
    // Without the secret, which is not written again.
    expect(await on.apply(EXAMPLE)).toEqual(nothing);
    expect(await on.diff(EXAMPLE, '--prune')).toEqual(nothing);
  });

  it('makes a source that its sender can call, and never shows its secret', async () => {
    const secret = { ...on.env, GITHUB_WEBHOOK_SECRET: SECRET };
    const { stdout, stderr } = await run(['apply', '-f', EXAMPLE, '--format', 'json'], secret);
    expect(stdout + stderr).not.toContain(SECRET);
    const body = '{"action":"opened","repository":{"full_name":"acme/site"}}';
    const deliver = async (key: string) => {
      const signature = createHmac('sha256', key).update(body).digest('hex');
      const response = await fetch(`${on.server.address}/v1/${on.namespace}/sys/events/in/github`, {
        method: 'POST',
        headers: { 'X-Hub-Signature-256': `sha256=${signature}`, 'X-GitHub-Event': 'issues' },
        body,
      });
      return response.status;
    };
    expect(await deliver(SECRET)).toBe(200);
    const next = { ...on.env, GITHUB_WEBHOOK_SECRET: 'another-secret' };
    expect((await run(['apply', '-f', EXAMPLE], next)).stdout).toContain('no changes');
    expect(await deliver(SECRET)).toBe(200);
    const rotated = await run(['apply', '-f', EXAMPLE, '--rotate-secrets'], next);
    expect(rotated).toMatchObject({ code: 0, stderr: 'updated source github\n' });
    expect(rotated.stdout).toContain('~ source github\n  ~ secrets: 1 (values are not shown)\n');
    expect(await deliver(SECRET)).toBe(401);
    expect(await deliver('another-secret')).toBe(200);
  });
});

describe('diff', () => {
  it('shows what somebody else has changed, and apply changes it back', async () => {
    const path = on.folder({
      'policies/a.hcl': POLICY,
      'r.yaml': 'kind: approle-role\nname: web\nspec: {token_ttl: 1h}\n',
    });
    await on.apply(path);
    await on.call('PUT', 'sys/policies/acl/a', { policy: POLICY.replace('read', 'list') });
    await on.call('POST', 'auth/approle/role/web', { token_num_uses: 3, token_policies: ['x'] });
    const changed = await on.diff(path);
    expect(changed).toEqual({
      code: 2,
      stdout: `~ policy a
    @@ -1,3 +1,3 @@
     path "secret/*" {
    -  capabilities = ["list"]
    +  capabilities = ["read"]
     }
~ approle-role web
  ~ token_num_uses: 3 -> 0
  ~ token_policies: ["x"] -> []
0 to create, 2 to update, 0 to delete, 0 unchanged
`,
      stderr: '',
    });
    expect(await on.apply(path, '--dry-run')).toEqual(changed);
    expect(await on.apply(path)).toMatchObject({ code: 0, stdout: changed.stdout });
    expect((await on.diff(path)).code).toBe(0);
  });

  it('takes other ways to write the same for no change', async () => {
    const written = on.folder({
      'policies/a.hcl': POLICY,
      'r.yaml': `kind: jwt-role
name: ci
spec:
  user_claim: sub
  bound_audiences: [a, b]
  token_policies: [a, default]
  token_ttl: 3600
  token_max_ttl: 2d
---
kind: source
name: s
spec: {kind: token, tolerance: 10m, secrets: [{secret_env: S}]}
`,
    });
    await run(['apply', '-f', written], { ...on.env, S: SECRET });
    const other = on.folder({
      'policies/A.hcl': `${POLICY.replaceAll('\n', '\r\n')}\r\n\r\n`,
      'r.json': JSON.stringify({
        kind: 'jwt-role',
        name: 'CI',
        spec: {
          role_type: 'jwt',
          user_claim: 'sub',
          bound_audiences: 'b,a',
          token_policies: ['DEFAULT', 'a', 'a'],
          token_ttl: '1h',
          token_max_ttl: '48h',
          token_num_uses: 0,
          token_bound_cidrs: [],
        },
      }),
      's.yml':
        'kind: source\nname: s\nspec:\n  kind: token\n  event_type: ""\n  tolerance: 600\n  secrets: [{secret_file: none}]\n',
    });
    expect(await on.diff(other)).toMatchObject({ code: 0, stderr: '' });
  });

  it('prints data for programs', async () => {
    const path = on.folder({ 'policies/a.hcl': POLICY });
    const { code, stdout } = await on.diff(path, '-format=json');
    expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({
      code: 2,
      changes: [{ action: 'create', kind: 'policy', name: 'a', applied: false }],
    });
    // A line for each change, so that no change is no line.
    const { stdout: lines } = await on.diff(path, '--format', 'ndjson');
    expect(JSON.parse(lines)).toMatchObject({ action: 'create', name: 'a' });
    const applied = await on.apply(path, '--format', 'json');
    expect(JSON.parse(applied.stdout)).toMatchObject({ changes: [{ name: 'a', applied: true }] });
    expect((await on.diff(path, '--format', 'ndjson')).stdout).toBe('');
    expect((await on.diff(path, '--format', 'yaml')).stdout).toBe(
      'changes: []\nunchanged: 1\nsecrets_not_compared: 0\n',
    );
  });

  it('needs no secret, and none of the rights of a write', async () => {
    const source = 'kind: source\nname: s\nspec: {kind: token, secrets: [{secret_env: NOBODY}]}\n';
    const path = on.folder({ 'policies/a.hcl': POLICY, 's.yaml': source });
    const VAULT_TOKEN = await on.tokenWith('path "sys/*" { capabilities = ["read", "list"] }');
    expect(await run(['diff', '-f', path, '--prune'], { ...on.env, VAULT_TOKEN })).toMatchObject({
      code: 2,
      stderr: '',
    });
  });
});

describe('namespaces', () => {
  const FILES = {
    'all.yaml': `kind: namespace
name: a/b
spec: {custom_metadata: {owner: me}}
---
kind: namespace
name: a
`,
    'namespaces/a/policies/p.hcl': POLICY,
    'namespaces/a/namespaces/b/r.yaml':
      'kind: approle-role\nname: web\nspec: {token_policies: [p]}\n',
  };

  it('are created before what is in them, below the namespace of the command', async () => {
    const path = on.folder(FILES);
    const { code, stderr } = await on.apply(path);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `warning: ${path}/namespaces/a/namespaces/b/r.yaml:3:8: policy p in a/b is neither in the files nor on the server
created namespace a
created namespace a/b
created policy p in a
created approle-role web in a/b
`,
    });
    expect((await on.diff(path)).stdout).toBe('no changes: 4 unchanged\n');
    on.env.VAULT_NAMESPACE = `${on.namespace}/a/b`;
    expect(await on.call('GET', 'auth/approle/role/web')).toMatchObject({ token_policies: ['p'] });
    // The same from the namespace itself.
    const below = on.folder({ 'r.yaml': FILES['namespaces/a/namespaces/b/r.yaml'] });
    expect(await on.diff(below, '--namespace', `/${on.namespace}/a/b/`)).toMatchObject({ code: 0 });
  });

  it('must exist or be declared', async () => {
    const { 'all.yaml': _, ...files } = FILES;
    const path = on.folder(files);
    const message = (file: string) =>
      `${path}/${file}:1:1: the namespace "a" does not exist, and no file declares it; add a document with "kind: namespace" and "name: a"\n`;
    expect(await on.apply(path)).toEqual({
      code: 1,
      stdout: '',
      stderr: `${message('namespaces/a/namespaces/b/r.yaml')}${message('namespaces/a/policies/p.hcl')}carillon: there are 2 errors in ${path}; nothing was changed\n`,
    });
  });

  it('say so if that of the command does not exist', async () => {
    const path = on.folder({ 'policies/a.hcl': POLICY });
    const { code, stderr } = await on.diff(path, '--namespace', 'nope');
    expect(code).toBe(1);
    expect(stderr).toMatch(/cannot read policy a: .*there is no namespace "nope"/);
  });
});

describe('apply', () => {
  it('writes nothing if anything is wrong in a file, and needs no server to say so', async () => {
    const path = on.folder({
      'policies/a.hcl': POLICY,
      'policies/b.hcl': 'path "x" {',
      's.yaml': `kind: source\nname: s\nspec:\n  kind: github\n  secrets: [${SECRET}]\n`,
    });
    const nowhere = { HOME: on.scratch, VAULT_ADDR: 'http://127.0.0.1:1' };
    for (const command of ['apply', 'diff']) {
      const { code, stdout, stderr } = await run([command, '-f', path], nowhere);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/policies\/b\.hcl:\d+:\d+: /);
      expect(stderr).toContain(`${path}/s.yaml:5:13: secrets[0] is a literal value`);
      expect(stderr).toContain(`carillon: there are 2 errors in ${path}; nothing was changed\n`);
      expect(stderr).not.toContain(SECRET);
    }
  });

  it('writes nothing if a secret cannot be read or used', async () => {
    const source = (name: string, reference: string) =>
      `kind: source\nname: ${name}\nspec: {kind: token, secrets: [{${reference}}]}\n`;
    const path = on.folder({
      'policies/a.hcl': POLICY,
      's/a.yaml': source('a', 'secret_env: CARILLON_NO_SUCH_VARIABLE'),
      's/b.yaml': source('b', 'secret_file: none'),
      's/c.yaml': source('c', 'secret_file: ../short'),
      's/d.yaml': source('d', 'secret_file: ../empty'),
      short: 'short\n',
      empty: '\n',
    });
    const { code, stdout, stderr } = await on.apply(path);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const errors = stderr.split('\n').filter((line) => line.includes('.yaml:'));
    expect(errors).toEqual([
      `${path}/s/a.yaml:3:31: the environment variable CARILLON_NO_SUCH_VARIABLE is not set, or empty; set it to the secret`,
      `${path}/s/b.yaml:3:31: cannot read ${path}/s/none: there is no such file or folder`,
      `${path}/s/c.yaml:3:21: secrets[0] has 5 characters; from 8 to 1024 are allowed`,
      `${path}/s/d.yaml:3:31: ${path}/empty is empty; write the secret into it`,
    ]);
    expect((await on.diff(path)).stdout).toContain('5 to create');
  });

  it('says what was done if the server refuses something, and goes on when that is fixed', async () => {
    // Only the server can know that nobody answers there.
    const keys = (from: string) => `kind: jwt-config\nspec: {${from}}\n`;
    const path = on.folder({
      'policies/a.hcl': POLICY,
      'b.yaml': keys('oidc_discovery_url: "https://issuer.invalid"'),
      'c.yaml': 'kind: approle-role\nname: c\n',
    });
    const refused = await on.apply(path);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toMatch(
      /^created policy a\ncarillon: cannot write jwt-config: the server answered 400: .*issuer\.invalid.*; 1 of 3 changes were made, 2 were not: fix the cause, and run the command again\n$/,
    );
    const asData = await on.apply(path, '--format', 'json');
    expect({ code: asData.code, ...(JSON.parse(asData.stdout) as object) }).toMatchObject({
      code: 1,
      changes: [
        { kind: 'jwt-config', applied: false },
        { name: 'c', applied: false },
      ],
      unchanged: 1,
    });
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    on.write(path, 'b.yaml', keys(`jwt_validation_pubkeys: [${JSON.stringify(pem)}]`));
    expect(await on.apply(path)).toMatchObject({
      code: 0,
      stderr: 'created jwt-config\ncreated approle-role c\n',
    });
  });

  it('forgets the members that a file no longer has', async () => {
    const path = on.folder({
      'r.yaml':
        'kind: jwt-role\nname: r\nspec: {user_claim: sub, bound_subject: x, groups_claim: g, token_ttl: 1h}\n',
      's.yaml':
        'kind: source\nname: s\nspec: {kind: github, mapping: {path: "a/{/b}"}, tolerance: 5, secrets: [{secret_env: S}]}\n',
    });
    await run(['apply', '-f', path], { ...on.env, S: SECRET });
    on.write(
      path,
      'r.yaml',
      'kind: jwt-role\nname: r\nspec: {user_claim: sub, bound_subject: x}\n',
    );
    on.write(path, 's.yaml', 'kind: source\nname: s\nspec: {kind: github}\n');
    expect((await on.apply(path)).stdout).toBe(`~ jwt-role r
  ~ groups_claim: "g" -> ""
  ~ token_ttl: 3600 -> 0
~ source s
  - mapping.path: "a/{/b}"
  ~ tolerance: 5 -> 300
0 to create, 2 to update, 0 to delete, 0 unchanged
`);
    expect(await on.diff(path)).toMatchObject({ code: 0 });
  });

  it('makes every change, also if the reader of its output leaves', async () => {
    const path = on.folder({ 'policies/a.hcl': POLICY, 'policies/b.hcl': `${POLICY}# b\n` });
    const leave = async (command: string) => {
      const { child, finished } = start([command, '-f', path], on.env);
      child.stdout.destroy();
      return (await finished).code;
    };
    expect(await leave('diff')).toBe(2);
    expect(await leave('apply')).toBe(0);
    expect(await leave('diff')).toBe(0);
  });

  it('needs no more rights than the document says', async () => {
    const document = readFileSync(new URL('../../docs/apply.md', import.meta.url), 'utf8');
    const [, policy = ''] = /```hcl file="~\/configuration.hcl"\n(.*?)```/s.exec(document) ?? [];
    const source = 'kind: source\nname: s\nspec: {kind: token, secrets: [{secret_env: S}]}\n';
    const jwt = `kind: jwt-config
spec: {jwt_validation_pubkeys: [${JSON.stringify(PEM)}]}
---
kind: jwt-role
name: r
spec: {user_claim: sub, bound_subject: x}
`;
    const path = on.folder({
      'policies/a.hcl': POLICY,
      'policies/of-token.hcl': policy,
      'n.yaml': 'kind: namespace\nname: n\n---\nkind: approle-role\nname: r\n',
      'logins.yaml': jwt,
      's.yaml': source,
    });
    const env = { ...on.env, S: SECRET, VAULT_TOKEN: await on.tokenWith(policy) };
    const applied = await run(['apply', '-f', path, '--prune', '--rotate-secrets'], env);
    expect(applied).toMatchObject({ code: 0 });
    await on.call('PUT', 'sys/policies/acl/old', { policy: POLICY });
    await on.call('PUT', 'sys/events/sources/old', { kind: 'token', secrets: [SECRET] });
    for (const method of ['jwt', 'approle']) {
      await on.call('POST', `auth/${method}/role/old`, { user_claim: 'a', bound_subject: 'b' });
    }
    on.write(
      path,
      'n.yaml',
      'kind: namespace\nname: n\nspec: {custom_metadata: {a: b}}\n---\nkind: approle-role\nname: r\nspec: {token_ttl: 1h}\n',
    );
    const changed = await run(['apply', '-f', path, '--prune', '--yes', '--rotate-secrets'], env);
    expect(changed).toMatchObject({ code: 0 });
    expect(changed.stdout).toContain('0 to create, 3 to update, 4 to delete, 4 unchanged\n');
  });

  it('says which right is missing', async () => {
    const path = on.folder({ 'policies/a.hcl': POLICY });
    const VAULT_TOKEN = await on.tokenWith('path "sys/policies/acl/b" { capabilities = ["read"] }');
    const { code, stderr } = await run(['apply', '-f', path], { ...on.env, VAULT_TOKEN });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^carillon: cannot read policy a: the server answered 403: .*; the token needs "read" on sys\/policies\/acl\/a\n$/s,
    );
    const prune = await run(['diff', '-f', path, '--prune'], {
      ...on.env,
      VAULT_TOKEN: await on.tokenWith('path "sys/policies/acl/a" { capabilities = ["read"] }'),
    });
    expect(prune.stderr).toContain('the token needs "list" on sys/policies/acl\n');
  });
});
