/** `carillon events trigger`: realistic events to try a subscriber with. */
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CATALOG } from '../../src/event/catalog.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run, start } from '../support/run.ts';
import { subscribe } from '../support/subscriber.ts';

let server: LocalServer;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startLocalServer([]);
  env = { VAULT_ADDR: server.address, VAULT_TOKEN: server.token };
});
afterAll(() => server.stop());

function trigger(...args: string[]) {
  return run(['events', 'trigger', ...args], env);
}

function linesOf(stdout: string): string[] {
  return stdout.split('\n').filter((line) => line !== '');
}

describe('a triggered event', () => {
  it('arrives as Vault would send it, and its id, type and path are printed', async () => {
    await using subscriber = await subscribe(server, 'kv-v2/*', { query: 'json=true' });
    const { code, stdout, stderr } = await trigger('kv-v2/data-write');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '1 published\n' });
    const [id = ''] = stdout.split('  ');
    expect(stdout).toBe(`${id}  kv-v2/data-write  secret/data/app/config\n`);
    expect(JSON.parse((await subscriber.next()).text)).toMatchObject({
      id,
      data: {
        event_type: 'kv-v2/data-write',
        event: {
          metadata: {
            current_version: '1',
            data_path: 'secret/data/app/config',
            modified: 'true',
            oldest_version: '0',
            operation: 'data-write',
            path: 'secret/data/app/config',
          },
        },
        plugin_info: { mount_class: 'secret', mount_path: 'secret/', plugin: 'kv', version: '2' },
      },
    });
  });

  it('can be of each type of the catalog', async () => {
    const { stdout } = await run(['events', 'trigger', '--list', '--format=json']);
    const types = (JSON.parse(stdout) as { event_type: string }[]).map((each) => each.event_type);
    expect(types).toEqual([...CATALOG.keys()]);
    const lines = await run(['events', 'trigger', '--list', '--format=ndjson']);
    expect(linesOf(lines.stdout).map((line) => JSON.parse(line).event_type)).toEqual(types);
    // One process for each would take a minute.
    for (const type of [
      'azure/rotate-fail',
      'database/reload',
      'kv-v1/delete',
      'lease/issued',
      'ldap/config-write',
    ]) {
      expect((await trigger(type)).code).toBe(0);
    }
  });

  it('has the metadata and the mount that the user gives', async () => {
    await using subscriber = await subscribe(server, 'kv-v2/data-patch', { query: 'json=true' });
    const args = ['--override', 'path=secret/data/team-a/app', '--override', 'vault_index=a=b'];
    expect((await trigger('kv-v2/data-patch', ...args)).code).toBe(0);
    expect(JSON.parse((await subscriber.next()).text)).toMatchObject({
      data: {
        event: {
          metadata: {
            path: 'secret/data/team-a/app',
            data_path: 'secret/data/team-a/app',
            vault_index: 'a=b',
          },
        },
      },
    });
    const apart = ['--override', 'path=a/b', '--override', 'data_path=c', '--mount', '/team-a/kv/'];
    expect((await trigger('kv-v2/data-patch', ...apart)).code).toBe(0);
    expect(JSON.parse((await subscriber.next()).text)).toMatchObject({
      data: {
        event: { metadata: { path: 'a/b', data_path: 'c' } },
        plugin_info: { mount_path: 'team-a/kv/' },
      },
    });
  });
});

describe('several events', () => {
  it('are published in order, with versions that count up', async () => {
    const { code, stdout, stderr } = await trigger(
      '-format=json',
      '--count=1500',
      'kv-v2/data-write',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '1500 published\n' });
    const events = linesOf(stdout).map((line) => JSON.parse(line));
    expect(events).toHaveLength(1500);
    expect(new Set(events.map(({ id }) => id)).size).toBe(1500);
    const versions = events.slice(0, 4).map(({ metadata }) => metadata.current_version);
    expect(versions).toEqual(['1', '2', '3', '1']);
  });

  it('come at the rate, and no event after Ctrl-C', async () => {
    const { child, finished, stdoutMatching } = start(
      ['events', 'trigger', '--rate', '20', 'database/rotate'],
      env,
    );
    await stdoutMatching(/(.+\n){3}/);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await finished;
    expect(code).toBe(130);
    expect(stderr).toBe(`${linesOf(stdout).length} published\n`);
  });

  it('take the time that the rate says', async () => {
    const begin = performance.now();
    expect((await trigger('--rate=10', '--count=6', 'kv-v1/write')).stderr).toBe('6 published\n');
    expect(performance.now() - begin).toBeGreaterThanOrEqual(500);
  });
});

describe('what is refused', () => {
  it.each([
    [[], 'the event type is missing; --list shows the types'],
    [['kv-v2/data-wirte'], 'no sample of "kv-v2/data-wirte"; did you mean kv-v2/data-write?'],
    [['deploy/finished'], 'publish any other with "carillon events publish"'],
    [['kv-v2/*'], 'no sample of "kv-v2/*"'],
    [['--list', 'kv-v2/delete'], '--list takes no type'],
    [
      ['--override', 'paht=a', 'kv-v2/delete'],
      'no metadata "paht"; did you mean "path"? Its keys are',
    ],
    [['--override', 'data_path=a', 'kv-v2/delete'], 'kv-v2/delete has no metadata "data_path"'],
    [['--override', 'path', 'kv-v2/delete'], '--override: "path" is not key=value'],
    [['--mount', '/', 'kv-v2/delete'], '--mount is "/"'],
    [['--mount', 'a/../b', 'kv-v2/delete'], '--mount is "a/../b"'],
    [['--count', '0', 'kv-v2/delete'], '--count is "0"; give a whole number from 1 to 100000'],
    [['--count', '1e3', 'kv-v2/delete'], '--count is "1e3"'],
    [['--count', '100001', 'kv-v2/delete'], '--count is "100001"'],
    [['--rate', '0', 'kv-v2/delete'], '--rate is "0"; give events a second, from 0.001 to 1000'],
    [['--rate', '1.2.3', 'kv-v2/delete'], '--rate is "1.2.3"'],
    [['--rate=-1', 'kv-v2/delete'], '--rate is "-1"'],
    [['--rate', '1001', 'kv-v2/delete'], '--rate is "1001"'],
    [['kv-v2/delete', 'kv-v2/destroy'], 'too many arguments'],
  ])('%j, before the server is asked', async (args, message) => {
    const finished = await run(['events', 'trigger', ...args], {
      VAULT_ADDR: 'http://127.0.0.1:1',
    });
    expect(finished).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
  });

  it('says which right the token lacks', async () => {
    const created = await run(['token', 'create', '--policy=default', '--format=json'], env);
    const { auth } = JSON.parse(created.stdout) as { auth: { client_token: string } };
    const { code, stderr } = await run(['events', 'trigger', 'kv-v2/delete'], {
      ...env,
      VAULT_TOKEN: auth.client_token,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^carillon: the server answered 403: .*permission denied/);
  });

  it('a path that the server refuses', async () => {
    const { code, stderr } = await trigger('--override', 'path=a//b', 'kv-v2/delete');
    expect(code).toBe(1);
    expect(stderr).toContain('has an empty segment ("//")');
  });

  it('an address of something else', async () => {
    const other = createServer((_request, response) => response.end('<html>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const { code, stderr } = await run(['events', 'trigger', 'kv-v2/delete'], {
      ...env,
      VAULT_ADDR: `http://127.0.0.1:${port}`,
    });
    other.close();
    expect(code).toBe(1);
    expect(stderr).toContain('is it the address of a Carillon server?');
  });
});

it('cannot have one metadata twice, and what is near nothing ends its sentence', async () => {
  const twice = await trigger('kv-v2/data-write', '--override=path=a', '--override=path=b');
  expect(twice).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('"path" is given twice, with different values; give it once'),
  });
  const unknown = await trigger('kv-v2/data-write', '--override=zzzzzzzz=a');
  expect(unknown.stderr).toContain('has no metadata "zzzzzzzz". Its keys are');
});
