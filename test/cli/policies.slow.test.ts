import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';

const scratch = scratchFolder();
let server: LocalServer;
let env: Record<string, string>;
/** Of somebody who has no server, and no token. */
const offline = { HOME: scratch };

beforeAll(async () => {
  server = await startLocalServer([]);
  env = { ...offline, VAULT_ADDR: server.address, VAULT_TOKEN: server.token };
});
afterAll(() => server.stop());

function file(name: string, text: string | Uint8Array): string {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}

const SUBSCRIBER = file(
  'subscriber.hcl',
  `path "sys/events/subscribe/*" {
  capabilities = ["read"]
}
path "secret/data/*" {
  capabilities = ["list", "subscribe"]
  subscribe_event_types = ["kv-v2/data-*"]
}
`,
);
const BROKEN = file('broken.hcl', 'path "a" {\n  capabilities = ["fly"]\n}\n');
const EVENT = JSON.stringify({
  event_type: 'kv-v2/data-write',
  metadata: {
    path: 'secret/data/app',
    data_path: 'secret/data/app',
    operation: 'data-write',
    modified: 'true',
  },
});
const EVENT_FILE = file('event.json', EVENT);

describe('carillon policy', () => {
  it('is written, listed, read and deleted', async () => {
    expect(
      await run(['policy', 'write', 'bells', '-'], env, 'path "a" { policy = "read" }'),
    ).toEqual({ code: 0, stdout: '', stderr: 'wrote the policy "bells"\n' });
    const { stdout: names } = await run(['policy', 'list'], env);
    expect(names).toBe('bells\ndefault\nroot\n');
    const { stdout: text } = await run(['policy', 'read', 'bells'], env);
    expect(text).toBe('path "a" { policy = "read" }\n');
    const { stdout: json } = await run(['policy', 'read', '-format=json', 'bells'], env);
    expect(JSON.parse(json)).toMatchObject({ data: { policy: 'path "a" { policy = "read" }' } });
    expect((await run(['policy', 'delete', 'bells'], env)).code).toBe(0);
    expect(await run(['policy', 'read', 'bells'], env)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'carillon: there is no policy "bells"\n',
    });
  });

  it.each([
    [['write', 'bells', BROKEN], 1, 'answered 400: failed to parse policy: path "a": invalid'],
    [
      ['write', 'bells', '/no/such/file'],
      1,
      'cannot read /no/such/file: there is no such file or folder\n',
    ],
    [['write', 'bells'], 2, '<file> is missing'],
    [['read', 'bells', 'surplus'], 2, 'there are too many arguments'],
    [['read', ''], 2, '<name> is empty'],
    [['delete', '../../mounts'], 2, 'no name or path can have a segment ".."'],
    [['list', '--namespace', 'absent'], 1, 'carillon: there is no namespace "absent"; "'],
    [['check'], 2, '<file> is missing'],
  ])('%j is refused', async (args, exitCode, message) => {
    const { code, stdout, stderr } = await run(['policy', ...args], env);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('carillon policy check', () => {
  it('counts the rules of each file, without a server', async () => {
    const json = file('one.json', '{"path": {"a": {"capabilities": ["read"]}}}');
    expect(await run(['policy', 'check', SUBSCRIBER, json, '-'], offline, '# none')).toEqual({
      code: 0,
      stdout: `${SUBSCRIBER}: 2 path rules\n${json}: 1 path rule\n<stdin>: 0 path rules\n`,
      stderr:
        'warning: <stdin>: the policy has no path rule, so it grants nothing; a text that is all comments has none\n',
    });
  });

  it('says where each file is wrong, and goes on', async () => {
    const binary = file('binary.hcl', Uint8Array.of(0xff));
    const args = ['policy', 'check', BROKEN, binary, SUBSCRIBER, '-'];
    const { code, stdout, stderr } = await run(args, offline, 'path "a" {');
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${SUBSCRIBER}: 2 path rules\n` });
    const [broken, undecodable, unclosed] = stderr.split('\n');
    expect(broken).toBe(`${BROKEN}:2:19: path "a": invalid capability "fly"`);
    expect(undecodable).toBe(`cannot read ${binary}: it is not UTF-8`);
    expect(unclosed).toMatch(/^<stdin>:1:11: [^:]+$/);
  });
});

describe('an empty policy and one in UTF-16', () => {
  const empty = file('empty.hcl', '');
  const utf16 = file('utf16.hcl', Buffer.from('\ufeffpath "a" { }', 'utf16le'));

  it.each([
    [['check', empty], 'the policy is empty'],
    [['write', 'bells', empty], 'not supplied or empty'],
    [['check', utf16], 'it is UTF-16; save it as UTF-8'],
    [['write', 'bells', utf16], 'it is UTF-16; save it as UTF-8'],
  ])('are refused by both commands: %j', async (args, message) => {
    const { code, stderr } = await run(['policy', ...args], env);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });
});

describe('carillon policy write', () => {
  it('prints what the server warns of', async () => {
    const text =
      'path "secret/x" { capabilities = ["list", "subscribe"] subscribe_event_types = ["kv*"] }';
    const { code, stderr } = await run(['policy', 'write', 'bells', '-'], env, text);
    expect(code).toBe(0);
    expect(stderr).toContain('secret/data/x');
    await run(['policy', 'delete', 'bells'], env);
  });
});

describe('carillon namespace', () => {
  it.each([
    ['a//b', 'the namespace path "a//b" has an empty segment ("//")'],
    ['//', 'the namespace path "//" has no name'],
    ['.', 'the namespace name "." has "."; allowed are letters'],
    ['a/../b', 'the namespace name ".." has "."; allowed are letters'],
    ['team a', 'the namespace name "team a" has " "; allowed are letters'],
    ['a\tb', 'the namespace name "a\\tb" has "\\t"; allowed are letters'],
    ['münchen', 'the namespace name "münchen" has "ü"; allowed are letters'],
    ['root', '"root" is a reserved namespace name'],
    ['a/sys', '"sys" is a reserved namespace name'],
    ['a'.repeat(65), 'the namespace name has 65 characters, at most 64 are allowed'],
    ['a/b/c/d/e/f/g/h/i', 'the namespace path has 9 levels, at most 8 are allowed'],
  ])('has no path such as %j', async (path, message) => {
    for (const command of ['create', 'lookup', 'delete']) {
      const { code, stdout, stderr } = await run(['namespace', command, path], env);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(`carillon: ${message}`);
    }
  });

  it('is named where it does not exist, whatever the command', async () => {
    for (const args of [
      ['events', 'publish', 'abc', 'path=a'],
      ['events', 'subscribe', 'abc'],
      ['source', 'list'],
    ]) {
      const { code, stderr } = await run([...args, '--namespace', 'nope'], env);
      expect(code).toBe(1);
      expect(stderr).toContain('carillon: there is no namespace "nope"; "carillon namespace list"');
    }
  });

  it('is made, listed, looked up and deleted', async () => {
    const none = await run(['namespace', 'list'], env);
    expect(none).toMatchObject({ code: 1, stderr: 'carillon: there are no namespaces\n' });
    const orphan = await run(['namespace', 'create', 'no/such'], env);
    expect(orphan).toMatchObject({
      code: 1,
      stderr:
        'carillon: the server answered 404: there is no namespace "no" to create "no/such" in; create it first\n',
    });
    const made = await run(['namespace', 'create', 'team-a/'], env);
    expect(made.stdout).toMatch(/^path +team-a\/$/m);
    await run(['namespace', 'create', '--namespace=team-a', 'prod'], env);
    const inherited = await run(['namespace', 'list'], { ...env, VAULT_NAMESPACE: 'team-a' });
    expect(inherited.stdout).toBe('Keys\n----\nprod/\n');
    const { stdout } = await run(['namespace', 'lookup', 'team-a/prod'], env);
    expect(stdout).toMatch(/^path +team-a\/prod\/$/m);

    const { stderr: refused } = await run(['namespace', 'delete', 'team-a'], env);
    expect(refused).toContain('containing child namespaces; delete "prod" first');
    const deleted = await run(['namespace', 'delete', 'team-a/prod'], env);
    expect(deleted).toMatchObject({ code: 0, stdout: '' });
    const { stderr: missing } = await run(['namespace', 'lookup', 'team-a/prod'], env);
    expect(missing).toBe('carillon: there is no namespace "team-a/prod"\n');
  });
});

describe('carillon events explain', () => {
  it('shows each step and the rule that decided, and ends with 0 for a delivery', async () => {
    const args = ['--pattern', 'kv*', '--policy-file', SUBSCRIBER, '--event', '-'];
    expect(await run(['events', 'explain', ...args], env, EVENT)).toEqual({
      code: 0,
      stdout: `yes  subscribe   needs read on sys/events/subscribe/kv*
yes  namespace   root, subscribed to root
yes  event type  kv-v2/data-write, subscribed to kv*
yes  policy      secret/data/app
                 the rule grants list and subscribe, and has the event type
                 ${SUBSCRIBER}:4: path "secret/data/*"
                 capabilities: list, subscribe
                 subscribe_event_types: kv-v2/data-*

delivered
`,
      stderr: '',
    });
  });

  it('names the step that an event is stopped at, and ends with 3', async () => {
    const narrow = ['--filter', 'operation == "x" or colour == "red"', '--namespaces=team-*'];
    const args = ['--pattern', 'kv*', ...narrow, '--event', EVENT_FILE];
    const { code, stdout } = await run(['events', 'explain', ...args], env);
    expect(code).toBe(3);
    const [, namespace, , policy, ...rest] = stdout.split('\n');
    const [filter, operation, colour, error] = rest.slice(
      rest.findIndex((line) => line.includes('filter')),
    );
    expect(namespace).toBe('yes  namespace   root, subscribed to root, team-*');
    expect(filter).toBe('no   filter      operation == "x" or colour == "red"');
    expect(operation?.trim()).toBe('operation is "data-write"');
    expect(colour?.trim()).toBe('colour is not there');
    expect(error).toMatch(/^ +error: error finding value in datum: \/colour/);
    expect(policy).toBe('yes  policy      secret/data/app');
    expect(stdout).toMatch(/\n\nnot delivered: filter\n$/);
  });

  it('asks about a token, itself or by its accessor, and an event that was published', async () => {
    await run(['policy', 'write', 'subscriber', SUBSCRIBER], env);
    const created = await run(['token', 'create', '--policy=subscriber', '--format=json'], env);
    const { auth } = JSON.parse(created.stdout) as {
      auth: { client_token: string; accessor: string };
    };
    const { stdout: id } = await run(['events', 'publish', '--data', '-'], env, EVENT);
    const args = ['events', 'explain', '--pattern=kv*', `--id=${id.trim()}`];
    const byToken = await run([...args, '--token', '-'], env, auth.client_token);
    expect(byToken.code, byToken.stderr).toBe(0);
    expect(byToken.stdout).toMatch(/^ +subscriber:4: path "secret\/data\/\*"$/m);
    const byAccessor = await run([...args, '--accessor', auth.accessor, '--format=json'], env);
    expect(JSON.parse(byAccessor.stdout)).toMatchObject({ data: { delivered: true } });
  });

  it.each([
    [['--event', EVENT_FILE], 2, '--pattern is missing'],
    [['--pattern', '*'], 2, 'give the event with --event, or its --id'],
    [['--pattern=*', '--id=x', '--event', EVENT_FILE], 2, 'give the event with --event, or its'],
    [['--pattern=*', '--id=x', '--token=a', '--accessor=b'], 2, 'give one of --token, --accessor'],
    [['--subscription=a', '--token=b', '--id=x'], 2, 'give one of --token, --accessor, --sub'],
    [['--subscription=a', '--pattern=*', '--id=x'], 2, 'a subscription has its own pattern'],
    [['--subscription=a', '--id=x'], 1, '"a" is no id of a subscription'],
    [['--pattern=*', '--event=-', '--token=-'], 2, 'standard input can be read once'],
    [['--pattern=*', '--event', BROKEN], 1, 'the event is not JSON'],
    [['--pattern=*', '--id=x', '--policy-file', BROKEN], 1, 'broken.hcl:2:19: path "a": invalid'],
    [['--pattern=*', '--id=x'], 1, 'no event with the id "x" is remembered'],
  ])('%j cannot be answered', async (args, exitCode, message) => {
    const { code, stdout, stderr } = await run(['events', 'explain', ...args], env);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('carillon dev, without --allow-loopback-http', () => {
  it('refuses an issuer whose keys are on this machine, and says what is wrong with its URL', async () => {
    const response = await fetch(`${server.address}/v1/auth/jwt/config`, {
      method: 'POST',
      headers: { 'X-Vault-Token': server.token },
      body: JSON.stringify({ jwks_url: 'http://127.0.0.1:9/keys' }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      errors: [
        'cannot fetch keys from "http://127.0.0.1:9/keys": the URL must begin with "https://"',
      ],
    });
  });
});
