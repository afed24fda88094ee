import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';
import { hasTerminal, startAtTerminal } from '../support/terminal.ts';
import { anIssuer } from '../unit/support/issuer.ts';

const scratch = scratchFolder();
let server: LocalServer;
/** Of somebody who has not logged in. */
let nobody: Record<string, string>;
/** Of the holder of the root token. */
let root: Record<string, string>;
/** Where a login is kept. */
let tokenFile: string;

beforeAll(async () => {
  server = await startLocalServer(['--allow-loopback-http']);
});
beforeEach(() => {
  const home = mkdtempSync(join(scratch, 'home-'));
  tokenFile = join(home, '.vault-token');
  nobody = { HOME: home, VAULT_ADDR: server.address };
  root = { ...nobody, VAULT_TOKEN: server.token };
});
afterAll(() => server.stop());

/** Writes to the server's API as root. */
async function write(path: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${server.address}/v1/${path}`, {
    method: 'POST',
    headers: { 'X-Vault-Token': server.token },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  expect(response.status, text).toBeLessThan(300);
  return text === '' ? {} : (JSON.parse(text) as { data: Record<string, unknown> }).data;
}

/** The rows of a table, by their keys. */
function rowsOf(stdout: string): Record<string, string> {
  const rows = stdout.trimEnd().split('\n');
  expect(rows[0]).toMatch(/^Key +Value$/);
  return Object.fromEntries(rows.slice(2).map((row) => row.split(/ {2,}/)));
}

/** Makes a token by the command, and returns the rows that it prints. */
async function newToken(...args: string[]): Promise<Record<string, string>> {
  const { code, stdout, stderr } = await run(['token', 'create', ...args], root);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return rowsOf(stdout);
}

function file(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}

describe('carillon login', () => {
  it('keeps the token where vault does, for its owner alone and for the commands that follow', async () => {
    writeFileSync(tokenFile, 'the one before', { mode: 0o644 });
    const { code, stdout, stderr } = await run(['login', server.token], nobody);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `logged in; the token is kept in ${tokenFile}\n`,
    });
    expect(rowsOf(stdout)).toMatchObject({ token: server.token, token_policies: '[root]' });
    expect(readFileSync(tokenFile, 'utf8')).toBe(server.token);
    expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(nobody.HOME ?? '')).toEqual(['.vault-token']);

    expect((await run(['policy', 'list'], { ...nobody, VAULT_TOKEN: '' })).stdout).toMatch(
      /^root$/m,
    );
    const { stderr: refusal } = await run(['policy', 'list'], { ...nobody, VAULT_TOKEN: 'wrong' });
    expect(refusal).toContain('invalid token');
  });

  it('says so when VAULT_TOKEN hides the token that it keeps', async () => {
    const { stderr } = await run(['login', '-'], root, `${server.token}\n`);
    expect(stderr).toMatch(/\nwarning: VAULT_TOKEN is set, and is used instead\n$/);
    expect(readFileSync(tokenFile, 'utf8')).toBe(server.token);
  });

  it('keeps nothing with --no-store, and prints nothing else with --token-only', async () => {
    const shown = await run(['login', '-no-store', '-format=json', server.token], nobody);
    expect(JSON.parse(shown.stdout)).toMatchObject({ data: { id: server.token } });
    expect(shown.stderr).toBe('');
    const alone = await run(['login', '--token-only', `token=${server.token}`], nobody);
    expect(alone).toEqual({ code: 0, stdout: `${server.token}\n`, stderr: '' });
    expect(readdirSync(nobody.HOME ?? '')).toEqual([]);
  });

  it.each([
    [['not-the-token'], 1, 'the server answered 403: 2 errors occurred'],
    [
      ['--method=approle', 'role_id=x', 'secret_id=not-the-token'],
      1,
      'the server answered 400: invalid role or secret ID',
    ],
    [['--method', 'jwt', 'role=x', 'not-the-token=='], 2, 'argument 2 is not jwt=… or role=…'],
    [['--method', 'jwt', 'role=-', 'jwt=-'], 2, 'standard input can be read once'],
    [
      ['--method', 'jwt', 'jwt=@/no/such/file'],
      1,
      'cannot read /no/such/file: there is no such file or folder\n',
    ],
    [['--method', 'ldap'], 2, '--method is "ldap"; it must be "token", "approle" or "jwt"'],
    [[], 2, 'give the token, or "-" to read it from standard input'],
    [['-'], 2, 'the token is empty'],
    [['no\nheader'], 1, 'the token has a character that no header can carry'],
  ])(
    '%j fails without a word of the secret, and leaves the login as it was',
    async (args, exitCode, message) => {
      writeFileSync(tokenFile, 'the one before');
      const { code, stdout, stderr } = await run(['login', ...args], nobody);
      expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
      expect(stderr).toContain(`carillon: ${message}`);
      expect(stderr).not.toContain('not-the-token');
      expect(readFileSync(tokenFile, 'utf8')).toBe('the one before');
    },
  );

  it('is done, and says so, where the token cannot be kept', async () => {
    mkdirSync(tokenFile);
    const { code, stdout, stderr } = await run(['login', server.token], nobody);
    expect(code).toBe(1);
    expect(rowsOf(stdout).token).toBe(server.token);
    expect(stderr).toContain('carillon: logged in, but the token is not stored: cannot write ');
    expect(readdirSync(nobody.HOME ?? '')).toEqual(['.vault-token']);

    const { stderr: refusal } = await run(['policy', 'list'], nobody);
    expect(refusal).toContain('/.vault-token: it is a folder, not a file');
  });

  it('by AppRole, in a namespace, with the secret id from a file', async () => {
    await write('sys/namespaces/approles', {});
    await write('approles/auth/approle/role/ci', { token_policies: 'ci', token_ttl: '10m' });
    const response = await fetch(`${server.address}/v1/approles/auth/approle/role/ci/role-id`, {
      headers: { 'X-Vault-Token': server.token },
    });
    const { role_id } = ((await response.json()) as { data: { role_id: string } }).data;
    const { secret_id } = await write('approles/auth/approle/role/ci/secret-id', {});
    const { code, stdout } = await run(
      [
        'login',
        '--namespace=approles',
        '--method=approle',
        `role_id=${role_id}`,
        `secret_id=@${file('secret-id', `${secret_id}\n`)}`,
      ],
      nobody,
    );
    expect(code).toBe(0);
    expect(rowsOf(stdout)).toMatchObject({ token_policies: '[ci default]', token_duration: '10m' });
    const { stdout: own } = await run(['token', 'lookup', '--namespace', 'approles'], nobody);
    expect(rowsOf(own)).toMatchObject({ id: readFileSync(tokenFile, 'utf8') });
  });
});

describe.runIf(hasTerminal)('carillon login at a terminal', () => {
  async function typed(keys: string, ...args: string[]): Promise<{ code: number; shown: string }> {
    const child = startAtTerminal(['login', ...args], nobody);
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (!shown.includes('Token') && text.includes('Token')) child.stdin.write(keys);
      shown += text;
    });
    const [code] = (await once(child, 'close')) as [number];
    return { code, shown };
  }

  it('asks for the token and does not show it', async () => {
    const { code, shown } = await typed(`${server.token}\r`, '--token-only');
    expect(code).toBe(0);
    expect(shown).toBe(`Token (not shown): \r\n${server.token}\r\n`);
  });

  it('ends with 130 on Ctrl-C', async () => {
    const { code, shown } = await typed('not-the-token\x03', '-');
    expect({ code, shown }).toEqual({ code: 130, shown: 'Token (not shown): \r\n' });
  });
});

describe('carillon login by JWT, of an issuer on this machine', () => {
  let issuer: Server;
  let keys: object[] = [];
  beforeAll(async () => {
    issuer = createServer((_request, response) => response.end(JSON.stringify({ keys })));
    issuer.listen(0, '127.0.0.1');
    await once(issuer, 'listening');
  });
  afterAll(() => issuer.close());

  it('is let in by the keys that the issuer has now', async () => {
    const [first, second] = [await anIssuer('EdDSA', 'first'), await anIssuer('EdDSA', 'second')];
    const now = Math.floor(Date.now() / 1000);
    const claims = { sub: 'alice', aud: 'carillon', iat: now, exp: now + 600 };
    const login = async (signer: typeof first) => {
      const args = ['login', '--method', 'jwt', 'role=dev', 'jwt=-'];
      return run(args, nobody, `${await signer.sign(claims)}\n`);
    };

    keys = [first.jwk];
    const { port } = issuer.address() as AddressInfo;
    await write('auth/jwt/config', { jwks_url: `http://127.0.0.1:${port}/keys` });
    const role = { role_type: 'jwt', user_claim: 'sub', bound_audiences: 'carillon' };
    await write('auth/jwt/role/dev', { ...role, token_policies: 'dev' });

    const before = await login(first);
    expect(before.code, before.stderr).toBe(0);
    expect(rowsOf(before.stdout)).toMatchObject({
      token: readFileSync(tokenFile, 'utf8'),
      token_policies: '[default dev]',
      token_meta_role: 'dev',
    });

    keys = [second.jwk];
    const after = await login(second);
    expect(after.code, after.stderr).toBe(0);
    expect(rowsOf(after.stdout).token).toBe(readFileSync(tokenFile, 'utf8'));
    expect(rowsOf(after.stdout).token).not.toBe(rowsOf(before.stdout).token);
    expect((await login(first)).stderr).toContain('carillon: the server answered 400: ');
  });
});

describe('carillon token', () => {
  it('makes one as it is asked for, looks it up, renews and revokes it by its accessor', async () => {
    const {
      token = '',
      token_accessor = '',
      ...made
    } = await newToken(
      '-policy=default',
      '--ttl=90m',
      '--explicit-max-ttl',
      '2h',
      '--use-limit=20',
      '--orphan',
      '--display-name',
      'bell',
      '--metadata',
      'service=a=b',
      '-metadata=tier=1',
    );
    expect(made).toMatchObject({
      token_duration: '1h30m',
      token_renewable: 'true',
      token_policies: '[default]',
      token_meta_service: 'a=b',
      token_meta_tier: '1',
    });
    const { stdout: shown } = await run(['token', 'lookup', '-accessor', token_accessor], root);
    expect(rowsOf(shown)).toMatchObject({
      creation_ttl: '1h30m',
      display_name: 'token-bell',
      explicit_max_ttl: '2h',
      id: 'n/a',
      num_uses: '20',
      orphan: 'true',
    });

    const own = { ...nobody, VAULT_TOKEN: token };
    const renewed = await run(['token', 'renew', '--increment', '10m'], own);
    expect(rowsOf(renewed.stdout)).toMatchObject({ token_duration: '10m' });
    const revoked = await run(['token', 'revoke', token_accessor, '--accessor'], root);
    expect(revoked).toEqual({
      code: 0,
      stdout: '',
      stderr: 'revoked the token, if there was one\n',
    });
    expect((await run(['token', 'lookup'], own)).stderr).toContain('invalid token');
  });

  it.each([
    ['revoke', [], 'revoked'],
    ['revoke', ['--mode', 'orphan'], 'revoked'],
    ['lookup', [], 'looked up'],
    ['renew', [], 'renewed'],
    ['capabilities', ['secret/data/app'], 'looked up'],
  ])('is not asked about where its checksum is wrong: %s %j', async (command, args, done) => {
    const mistyped = `ctk.${'a'.repeat(32)}.00000000`;
    expect(await run(['token', command, mistyped, ...args], root)).toEqual({
      code: 1,
      stdout: '',
      stderr: `carillon: no token has this form, so nothing was ${done}; it is mistyped or incomplete\n`,
    });
  });

  it('is what its maker chose, with a warning of what the server finds odd', async () => {
    const made = await run(
      [
        'token',
        'create',
        '--id=chosen-token',
        '--policy=absent',
        '--no-default-policy',
        '--renewable=false',
        '--period=30m',
      ],
      root,
    );
    expect(made.stderr).toBe('warning: Policy "absent" does not exist\n');
    const { stdout } = await run(['token', 'lookup', 'chosen-token', '--format=json'], root);
    expect(JSON.parse(stdout)).toMatchObject({
      data: { id: 'chosen-token', policies: ['absent'], renewable: false, period: 1800 },
    });
  });

  it('is read from standard input, where no list of processes shows it', async () => {
    const id = 'chosen-by-hand-1234';
    const made = await run(['token', 'create', '--policy', 'bells', '--id', '-'], root, `${id}\n`);
    expect(made.code).toBe(0);
    for (const [args, printed] of [
      [['lookup', '-'], id],
      [['renew', '-'], id],
      [['capabilities', '-', 'sys/events/subscribe/abc'], ''],
      [['revoke', '-'], ''],
    ] as const) {
      const { code, stdout } = await run(['token', ...args], root, `${id}\n`);
      expect([args, code]).toEqual([args, 0]);
      expect(stdout).toContain(printed);
    }
    expect((await run(['token', 'lookup', id], root)).code).toBe(1);
    const empty = await run(['token', 'lookup', '-'], root);
    expect(empty.stderr).toContain('carillon: the token is empty; see');
    expect(empty.code).toBe(2);
  });

  it('says what it may do: the one that asks, another, or the one of an accessor', async () => {
    await write('sys/policies/acl/bells', {
      policy: 'path "bells/*" { capabilities = ["read", "list"] }',
    });
    const { token = '', token_accessor = '' } = await newToken('--policy', 'bells');
    const own = await run(['token', 'capabilities', 'bells/a'], { ...nobody, VAULT_TOKEN: token });
    expect(own.stdout).toBe('list, read\n');
    const both = ['bells/a', 'secret/b'];
    const other = await run(['token', 'capabilities', token, ...both], root);
    expect(other.stdout).toBe('bells/a     list, read\nsecret/b    deny\n');
    const named = await run(['token', 'capabilities', '--accessor', token_accessor, ...both], root);
    expect(named.stdout).toBe(other.stdout);
  });

  it('leaves the children of one that is revoked as orphans, where that is wanted', async () => {
    const { token: parent = '' } = await newToken('--policy', 'root');
    const child = await run(['token', 'create', '--format', 'json'], {
      ...root,
      VAULT_TOKEN: parent,
    });
    const { auth } = JSON.parse(child.stdout) as { auth: { client_token: string } };
    expect((await run(['token', 'revoke', '-mode=orphan', parent], root)).code).toBe(0);
    const survivor = { ...nobody, VAULT_TOKEN: auth.client_token };
    expect((await run(['token', 'revoke', '-self'], survivor)).code).toBe(0);
    expect((await run(['token', 'lookup'], survivor)).stderr).toContain('invalid token');
  });

  it.concurrent.each([
    [['create', '--use-limit', 'many'], '--use-limit is "many"; it must be a number'],
    [['create', '--metadata', 'novalue'], '--metadata: "novalue" is not key=value'],
    [['create', '--renewable=perhaps'], '--renewable takes no value but true and false'],
    [
      ['create', '--format', 'xml'],
      '--format is "xml"; it must be "table", "json", "ndjson" or "yaml"',
    ],
    [['lookup', '--accessor'], 'the accessor is missing'],
    [['revoke'], 'the token is missing, or --self'],
    [['revoke', '--self', 'x'], '--self cannot be combined with a token'],
    [['revoke', '--mode', 'path', 'x'], '--mode is "path"; it must be "orphan"'],
    [['revoke', '--mode=orphan', '--accessor', 'x'], 'needs the token itself, not its accessor'],
    [['capabilities', '--accessor', 'x'], 'give the accessor, and a path'],
    [['ctk.a-secret'], 'there is no such command of "carillon token"'],
  ])('%j is wrong usage', async (args, message) => {
    const { code, stdout, stderr } = await run(['token', ...args], root);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('a-secret');
  });
});
