/** `carillon auth …`: the first login by JWT and by AppRole, with nothing but the command line. */
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { exportJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';
import { anIssuer, type Issuer } from '../unit/support/issuer.ts';

const scratch = scratchFolder();
let server: LocalServer;
let root: Record<string, string>;
let nobody: Record<string, string>;
let issuer: Issuer;
let pem: string;

beforeAll(async () => {
  server = await startLocalServer(['--allow-loopback-http']);
  nobody = { HOME: mkdtempSync(join(scratch, 'home-')), VAULT_ADDR: server.address };
  root = { ...nobody, VAULT_TOKEN: server.token };
  issuer = await anIssuer('ES256');
  pem = join(scratch, 'issuer.pem');
  writeFileSync(pem, issuer.pem);
});
afterAll(() => server.stop());

async function succeed(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await run([...args, '--format=json'], root);
  expect(code, stderr).toBe(0);
  return stdout === ''
    ? {}
    : ((JSON.parse(stdout) as { data: Record<string, unknown> }).data ?? {});
}

function jwt(claims: Record<string, unknown>): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return issuer.sign({ aud: 'carillon', iat: now, exp: now + 60, ...claims });
}

async function policiesOf(method: string, ...args: string[]): Promise<unknown> {
  const { stdout, stderr } = await run(
    ['login', '--no-store', '--format=json', '--method', method, ...args],
    nobody,
  );
  if (stdout === '') return stderr;
  return (JSON.parse(stdout) as { auth: { policies: string[] } }).auth.policies;
}

describe('a login by AppRole', () => {
  it('needs a role, its role id and a secret id, all made with the command line', async () => {
    await succeed('auth', 'role', 'write', 'approle', 'web', '--policy', 'team-a', '--policy=b');
    const { role_id } = await succeed('auth', 'role-id', 'web');
    const { secret_id } = await succeed('auth', 'secret-id', 'web', '--metadata', 'host=a');
    expect(await policiesOf('approle', `role_id=${role_id}`, `secret_id=${secret_id}`)).toEqual([
      'b',
      'default',
      'team-a',
    ]);
  });

  it('warns that others can read the secret id, but not that they can read the role id', async () => {
    await succeed('auth', 'role', 'write', 'approle', 'files', '--policy', 'a');
    const credentials = {
      ...(await succeed('auth', 'role-id', 'files')),
      ...(await succeed('auth', 'secret-id', 'files')),
    };
    const args = ['role_id', 'secret_id'].map((name) => {
      const file = join(scratch, name);
      writeFileSync(file, `${credentials[name]}\n`, { mode: 0o644 });
      return `${name}=@${file}`;
    });
    const { code, stderr } = await run(
      ['login', '--token-only', '--method=approle', ...args],
      nobody,
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`can read the secret in ${join(scratch, 'secret_id')}`);
    expect(stderr).not.toContain(join(scratch, 'role_id'));
  });

  it('is limited as the options say', async () => {
    const limits = ['--token-ttl=1h', '--token-max-ttl=2h', '--token-num-uses', '5'];
    const ofSecretIds = ['--secret-id-ttl', '90s', '--secret-id-num-uses', '1'];
    await succeed('auth', 'role', 'write', 'approle', 'limited', ...limits, ...ofSecretIds);
    expect(await succeed('auth', 'role', 'read', 'approle', 'limited')).toMatchObject({
      token_ttl: 3600,
      token_max_ttl: 7200,
      token_num_uses: 5,
      secret_id_ttl: 90,
      secret_id_num_uses: 1,
    });
    // What is not given keeps its value.
    await succeed('auth', 'role', 'write', 'approle', 'limited', '--token-ttl', '30m');
    expect(await succeed('auth', 'role', 'read', 'approle', 'limited')).toMatchObject({
      token_ttl: 1800,
      token_max_ttl: 7200,
    });
    const own = await succeed('auth', 'secret-id', 'limited', '--ttl=60s', '--num-uses=1');
    expect(own).toMatchObject({ secret_id_ttl: 60, secret_id_num_uses: 1 });
    const { role_id } = await succeed('auth', 'role-id', 'limited');
    const given = [`role_id=${role_id}`, `secret_id=${own.secret_id}`];
    expect(await policiesOf('approle', ...given)).toEqual(['default']);
    expect(await policiesOf('approle', ...given)).toContain('invalid role or secret ID');
  });

  it('is over when the role is deleted', async () => {
    await succeed('auth', 'role', 'write', 'approle', 'gone', '--policy=a');
    const { role_id } = await succeed('auth', 'role-id', 'gone');
    const { secret_id } = await succeed('auth', 'secret-id', 'gone');
    expect(await succeed('auth', 'role', 'list', 'approle')).toMatchObject({
      keys: expect.arrayContaining(['gone']),
    });
    const { stderr } = await run(['auth', 'role', 'delete', 'approle', 'gone'], root);
    expect(stderr).toBe('deleted the role "gone" of approle, if there was one\n');
    const login = await policiesOf('approle', `role_id=${role_id}`, `secret_id=${secret_id}`);
    expect(login).toContain('invalid role or secret ID');
    const { code, stderr: missing } = await run(['auth', 'role', 'read', 'approle', 'gone'], root);
    expect({ code, missing }).toEqual({
      code: 1,
      missing:
        'carillon: approle has no role "gone"; "carillon auth role list approle" shows which there are\n',
    });
  });
});

describe('a login by JWT', () => {
  it('needs the public key of the issuer, and a role', async () => {
    const { code, stderr } = await run(
      ['auth', 'config', 'jwt', '--public-key-file', pem, '--bound-issuer=ci'],
      root,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'jwt is configured\n' });
    expect(await succeed('auth', 'config', 'jwt')).toMatchObject({
      bound_issuer: 'ci',
      jwt_validation_pubkeys: [issuer.pem],
    });
    const checks = ['--user-claim=sub', '--bound-audience=carillon', '--bound-subject=alice'];
    await succeed('auth', 'role', 'write', 'jwt', 'ci', ...checks, '--policy=team-a');
    const good = await jwt({ sub: 'alice', iss: 'ci' });
    expect(await policiesOf('jwt', 'role=ci', `jwt=${good}`)).toEqual(['default', 'team-a']);
    const other = await jwt({ sub: 'mallory', iss: 'ci' });
    expect(await policiesOf('jwt', 'role=ci', `jwt=${other}`)).toContain('sub');
  });

  it('can ask for claims, any of several values of one, also by globs', async () => {
    await succeed('auth', 'config', 'jwt', '--public-key-file', pem, '--default-role', 'claims');
    await succeed(
      ...['auth', 'role', 'write', 'jwt', 'claims', '--user-claim', 'sub'],
      ...['--bound-audience=carillon', '--bound-claims-type=glob'],
      ...['--bound-claim=repository=acme/web', '--bound-claim=repository=acme/api-*'],
      ...['--bound-claim=ref=refs/*', '--claim-mapping=repository=repo', '--groups-claim=groups'],
    );
    const claims = (repository: string) =>
      jwt({ sub: 'ci', ref: 'refs/heads/main', groups: ['a'], repository });
    for (const repository of ['acme/web', 'acme/api-v2']) {
      expect(await policiesOf('jwt', `jwt=${await claims(repository)}`)).toEqual(['default']);
    }
    expect(await policiesOf('jwt', `jwt=${await claims('acme/other')}`)).toContain('repository');
    const role = await succeed('auth', 'role', 'read', 'jwt', 'claims');
    expect(role).toMatchObject({
      bound_claims: { ref: ['refs/*'], repository: ['acme/web', 'acme/api-*'] },
      claim_mappings: { repository: 'repo' },
    });
  });

  it('can use a key set in a file, of which only the public part is sent', async () => {
    const secret = await exportJWK(issuer.privateKey);
    const keys = [
      { ...secret, use: 'sig' },
      { kty: 'oct', k: 'AA', use: 'enc' },
    ];
    const file = join(scratch, 'jwks.json');
    writeFileSync(file, JSON.stringify({ keys }));
    await succeed('auth', 'config', 'jwt', '--public-key-file', file);
    const config = await succeed('auth', 'config', 'jwt');
    expect(config.jwt_validation_pubkeys).toEqual([issuer.pem]);
    for (const [content, message] of [
      ['{"keys":[]}', 'has no key that signs'],
      ['{"keys":[{"kty":"oct","k":"AA"}]}', 'keys[0] is no public key'],
      ['not a key', 'the server answered 400: '],
    ] as const) {
      writeFileSync(file, content);
      const { code, stderr } = await run(
        ['auth', 'config', 'jwt', '--public-key-file', file],
        root,
      );
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
    }
  });

  it('can use the key set of an issuer by its address', async () => {
    const keys = createServer((_request, response) => {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ keys: [{ ...issuer.jwk, use: 'sig', alg: 'ES256' }] }));
    });
    keys.listen(0, '127.0.0.1');
    await once(keys, 'listening');
    const url = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/jwks`;
    await succeed('auth', 'config', 'jwt', '--jwks-url', url, '--supported-alg', 'ES256');
    expect(await succeed('auth', 'config', 'jwt')).toMatchObject({ jwks_url: url });
    await succeed(
      ...['auth', 'role', 'write', 'jwt', 'fetched', '--user-claim=sub', '--policy=b'],
      '--bound-audience=carillon',
    );
    const given = `jwt=${await jwt({ sub: 'x' })}`;
    expect(await policiesOf('jwt', 'role=fetched', given)).toEqual(['b', 'default']);
    keys.closeAllConnections();
    keys.close();
  });
});

describe('--field', () => {
  it('prints one member, for a script', async () => {
    await succeed('auth', 'role', 'write', 'approle', 'scripted', '--policy=a');
    const { stdout: roleId } = await run(['auth', 'role-id', '-field=role_id', 'scripted'], root);
    const { stdout: secretId } = await run(
      ['auth', 'secret-id', '--field', 'secret_id', 'scripted'],
      root,
    );
    const given = [`role_id=${roleId.trim()}`, `secret_id=${secretId.trim()}`];
    expect(await policiesOf('approle', ...given)).toEqual(['a', 'default']);
    const read = ['auth', 'role', 'read', 'approle', 'scripted'];
    expect((await run([...read, '--field=token_policies'], root)).stdout).toBe('["a"]\n');
    expect((await run([...read, '--field=secret_id_ttl'], root)).stdout).toBe('0\n');
    const { stdout: token } = await run(['token', 'create', '--field=token'], root);
    expect((await run(['token', 'lookup'], { ...root, VAULT_TOKEN: token.trim() })).code).toBe(0);
  });

  it('says which members there are, if there is no such', async () => {
    const finished = await run(['auth', 'role-id', '--field', 'id', 'scripted'], root);
    expect(finished).toEqual({
      code: 1,
      stdout: '',
      stderr: 'carillon: --field: the answer has no member "id"; it has role_id\n',
    });
    const { stderr } = await run(['auth', 'role', 'delete', 'jwt', 'x', '--field=a'], root);
    expect(stderr).toContain('the answer has no member "a"; it has none');
  });
});

describe('auth list and auth enable', () => {
  it('list the methods that there are, and say that they are enabled', async () => {
    const { stdout } = await run(['auth', 'list'], root);
    expect(stdout).toMatch(/^Path +Type +Accessor +Description\n-+.*\napprole\/ +approle +auth_/);
    for (const method of ['jwt', 'approle/']) {
      const { code, stderr } = await run(['auth', 'enable', method], root);
      expect(code).toBe(0);
      expect(stderr).toMatch(/^(jwt|approle)\/ is enabled\nnext: carillon auth (config jwt|role)/);
    }
    const { code, stderr } = await run(['auth', 'enable', 'kubernetes'], root);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('every namespace has the auth methods approle, jwt, token'),
    });
  });
});

describe('what is refused', () => {
  const WRITE = ['auth', 'role', 'write'];
  it.each([
    [['auth', 'config', 'approle'], 2, 'approle has nothing to configure; write a role'],
    [['auth', 'config', 'ldap'], 2, '"ldap" is not "jwt"'],
    [['auth', 'config'], 2, '<method> is missing'],
    [['auth', 'config', 'jwt', '--bound-issuer=a'], 2, 'give exactly one of --jwks-url'],
    [['auth', 'config', 'jwt', '--jwks-url=a', '--discovery-url=b'], 2, 'exactly one of'],
    [['auth', 'config', 'jwt', '--public-key-file', '/nowhere'], 1, 'cannot read /nowhere'],
    [['auth', 'config', 'jwt', '--jwks-url=nowhere'], 1, 'the server answered 400: '],
    [[...WRITE, 'jwt', 'new', '--policy=a'], 1, 'a user claim must be defined on the role'],
    [[...WRITE, 'jwt', 'new', '--secret-id-ttl=1h'], 2, 'is an option of approle roles'],
    [[...WRITE, 'approle', 'new', '--user-claim=sub'], 2, 'is an option of jwt roles'],
    [[...WRITE, 'approle', 'new', '--token-num-uses=many'], 2, '--token-num-uses is "many"'],
    [[...WRITE, 'approle', 'new', '--token-ttl=long'], 1, 'token_ttl must be a duration'],
    [[...WRITE, 'approle', 'new/secret-id'], 2, 'the name of a role has no slash'],
    [[...WRITE, 'approle', '..'], 2, 'can have a segment ".."'],
    [[...WRITE, 'token', 'new'], 2, '"token" has no roles'],
    [[...WRITE, 'jwt', 'new', '--bound-claim=a'], 2, '--bound-claim: "a" is not key=value'],
    [[...WRITE, 'jwt', 'new', '--bound-claims-type=regex'], 2, '--bound-claims-type'],
    [['auth', 'role', 'read', 'approle'], 2, '<name> is missing'],
    [['auth', 'role-id', 'none'], 1, 'approle has no role "none"; write it first'],
    [['auth', 'role-id', 'a/b'], 2, 'has no slash'],
    [['auth', 'secret-id', 'none'], 1, 'role "none" does not exist'],
    [['auth', 'secret-id', 'none', '--num-uses=-1'], 2, '--num-uses is "-1"'],
  ])('%j', async (args, code, message) => {
    const finished = await run(args, root);
    expect(finished).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) });
  });
});
