/** `carillon relay` between two Carillons, which are killed, and so is it. */
import { once } from 'node:events';
import { existsSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LastingServer } from '../support/lasting-server.ts';
import { type Running, run, start } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';
import { subscribe } from '../support/subscriber.ts';

const scratch = scratchFolder();
const shared = { HOME: scratch };
const running: Running[] = [];
let there: LastingServer;
let here: LastingServer;

beforeAll(async () => {
  [there, here] = await Promise.all([LastingServer.start(), LastingServer.start()]);
});
afterAll(() => Promise.all([there[Symbol.asyncDispose](), here[Symbol.asyncDispose]()]));
afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all(running.splice(0).map(({ finished }) => finished));
});

/** Resolves once there is a file of this path. */
async function appearing(path: string): Promise<void> {
  const watcher = watch(dirname(path));
  while (!existsSync(path)) await once(watcher, 'change');
  watcher.close();
}

function envOf({ address, token }: LastingServer): Record<string, string> {
  return { ...shared, VAULT_ADDR: address, VAULT_TOKEN: token };
}

/** A relay from one to the other, once it is subscribed. */
async function relaying(
  args: readonly string[],
  {
    from = there,
    to = here,
    env = {},
  }: { from?: LastingServer; to?: LastingServer; env?: object } = {},
): Promise<Running> {
  const relay = start(['relay', '--from', from.address, ...args], {
    ...envOf(to),
    CARILLON_FROM_TOKEN: from.token,
    ...env,
  });
  running.push(relay);
  await relay.stderrMatching(/^subscribed to /m);
  return relay;
}

async function ended({ child, finished }: Running, signal: 'SIGINT' | 'SIGTERM' = 'SIGINT') {
  child.kill(signal);
  return finished;
}

async function publish(server: LastingServer, events: readonly object[]): Promise<void> {
  const lines = events.map((event) => JSON.stringify(event)).join('\n');
  const { code, stderr } = await run(['events', 'publish', '--data', '-'], envOf(server), lines);
  expect({ code, stderr }).toMatchObject({ code: 0 });
}

/** Events of this type with the ids `<type>-<from>` to `<type>-<to>`. */
function eventsOf(type: string, from: number, to: number) {
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    event_type: type,
    id: `${type}-${from + index}`,
  }));
}

function idsOf(frames: readonly { readonly text: string }[]): string[] {
  return frames.map(({ text }) => (JSON.parse(text) as { id: string }).id);
}

/** The ids of all events of a type, of which this one comes last. */
async function idsUntil(server: LastingServer, type: string, last: string): Promise<string[]> {
  await using subscriber = await subscribe(server, type, { query: 'json=true&since=earliest' });
  return idsOf(await subscriber.framesUntil(`"${last}"`));
}

async function tokenOf(server: LastingServer): Promise<string> {
  const { stdout } = await run(
    ['token', 'create', '--policy=root', '--format=json'],
    envOf(server),
  );
  return (JSON.parse(stdout) as { auth: { client_token: string } }).auth.client_token;
}

describe('what is relayed', () => {
  it('comes out as it went in: id, source, time, namespace, and all else', async () => {
    for (const server of [there, here]) {
      await run(['namespace', 'create', 'team-a'], envOf(server));
    }
    const relay = await relaying(['--from-namespaces', '*', '--pattern', 'same/*']);
    const options = { query: 'json=true&namespaces=*' };
    await using original = await subscribe(there, 'same/*', options);
    await using copy = await subscribe(here, 'same/*', options);
    await publish(there, [
      {
        event_type: 'same/a',
        id: 'same-1',
        source: 'vault://raft-2',
        time: '2023-09-12T15:19:49.394915-07:00',
        metadata: { path: 'a/<b>&ü', 10: 1, 9: 2.5 },
        entity_ids: ['x'],
        note: 'line\nbreak',
        plugin_info: { mount_path: 'secret/', plugin: 'kv' },
      },
      { event_type: 'same/b', id: 'same-2', namespace: 'team-a/', metadata: {} },
    ]);
    const texts = async (subscriber: typeof copy) =>
      (await subscriber.framesUntil('"same-2"')).map(({ text }) => text);
    expect(await texts(copy)).toEqual(await texts(original));
    expect(await ended(relay)).toEqual({
      code: 0,
      stdout: '',
      stderr: `subscribed to same/* at ${there.address}\n2 relayed, 0 already known, 0 refused, 0 gaps\n`,
    });
  });

  it('is what the pattern and the filter let through, of the namespace that is named', async () => {
    await run(['namespace', 'create', 'ns'], envOf(there));
    await run(['namespace', 'create', 'ns'], envOf(here));
    await relaying(['--from-namespace=/ns/', '--pattern=some', '--filter', 'operation == keep']);
    const event = { event_type: 'some', namespace: 'ns/' };
    await publish(there, [
      { event_type: 'some', id: 'root', metadata: { operation: 'keep' } },
      { ...event, id: 'dropped', metadata: { operation: 'drop' } },
      { ...event, id: 'kept', metadata: { operation: 'keep' } },
    ]);
    await using subscriber = await subscribe(here, 'some', {
      query: 'json=true&since=earliest&namespaces=ns',
    });
    expect(idsOf(await subscriber.framesUntil('"kept"'))).toEqual(['kept']);
  });

  it('is what happens from now on, unless there is a state file', async () => {
    await publish(there, eventsOf('new', 1, 1));
    await relaying(['--pattern=new']);
    await publish(there, eventsOf('new', 2, 2));
    expect(await idsUntil(here, 'new', 'new-2')).toEqual(['new-2']);
  });
});

describe('a relay that is killed', () => {
  it('goes on from its state file: every event arrives once, in order', async () => {
    const args = ['--pattern=killed', '--state', join(scratch, 'killed.json')];
    await using subscriber = await subscribe(here, 'killed', { query: 'json=true' });
    const first = await relaying(args);
    const publishing = publish(there, eventsOf('killed', 1, 3000));
    await subscriber.next();
    first.child.kill('SIGKILL');
    await first.finished;
    await publishing;
    await publish(there, eventsOf('killed', 3001, 3050));
    await relaying(args);
    await publish(there, eventsOf('killed', 3051, 3100));
    expect(await idsUntil(here, 'killed', 'killed-3100')).toEqual(
      eventsOf('killed', 1, 3100).map(({ id }) => id),
    );
  });

  it('before the first event misses none that came after it had begun', async () => {
    const path = join(scratch, 'early.json');
    const args = ['--pattern=early', '--state', path];
    const written = appearing(path);
    const first = await relaying(args);
    await written;
    first.child.kill('SIGKILL');
    await first.finished;
    await publish(there, eventsOf('early', 1, 3));
    const second = await relaying(args);
    expect(await idsUntil(here, 'early', 'early-3')).toEqual(['early-1', 'early-2', 'early-3']);
    expect(await ended(second, 'SIGTERM')).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      pattern: 'early',
      cursor: expect.stringMatching(/^cc2\./),
    });
  });
});

describe('two relays of one origin', () => {
  it('publish each event once, in order, whichever of them is killed', async () => {
    const argsOf = (name: string) => [
      ...['--pattern=twice', '--origin=there', '--state', join(scratch, `twice-${name}.json`)],
    ];
    const relays = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const env = { VAULT_TOKEN: await tokenOf(here) };
        const begin = () => relaying(argsOf(name), { env });
        return { begin, process: await begin() };
      }),
    );
    let published = 0;
    for (const relay of [...relays, ...relays]) {
      const publishing = publish(there, eventsOf('twice', published + 1, published + 700));
      await idsUntil(here, 'twice', `twice-${published + 1}`);
      relay.process.child.kill('SIGKILL');
      await relay.process.finished;
      await publishing;
      published += 700;
      await idsUntil(here, 'twice', `twice-${published}`);
      relay.process = await relay.begin();
    }
    await publish(there, eventsOf('twice', published + 1, published + 10));
    const ids = await idsUntil(here, 'twice', `twice-${published + 10}`);
    expect(ids).toEqual(eventsOf('twice', 1, published + 10).map(({ id }) => id));
    const summaries = await Promise.all(relays.map(({ process }) => ended(process)));
    for (const { stderr } of summaries) expect(stderr).toMatch(/ 0 refused, 0 gaps\n$/);
  });

  it('do not begin without the right, or if the server knows no origins', async () => {
    const policy = 'path "sys/events/publish/*" { capabilities = ["update"] }';
    await run(['policy', 'write', 'publisher', '-'], envOf(here), policy);
    const { stdout } = await run(
      ['token', 'create', '--policy=publisher', '--format=json'],
      envOf(here),
    );
    const token = (JSON.parse(stdout) as { auth: { client_token: string } }).auth.client_token;
    const args = ['relay', '--from', there.address, '--origin', 'there'];
    const env = { ...envOf(here), CARILLON_FROM_TOKEN: there.token };
    expect(await run(args, { ...env, VAULT_TOKEN: token })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('on "sys/events/origins/there" is needed'),
    });

    // As release 0.2 answers.
    const older = createServer((_request, response) => {
      response.end(JSON.stringify({ data: { accepted: 0, duplicates: 0, ids: [] } }));
    });
    older.listen(0, '127.0.0.1');
    await once(older, 'listening');
    const { port } = older.address() as AddressInfo;
    expect(await run(args, { ...env, VAULT_ADDR: `http://127.0.0.1:${port}` })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the server is of a release without --origin'),
    });
    older.close();
    expect(await run([...args.slice(0, -1), 'a/b'], env)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--origin "a/b" is not a name'),
    });
  });
});

describe('servers that go', () => {
  it('this one: what comes meanwhile is published once it is there again', async () => {
    const relay = await relaying(['--pattern=gone']);
    await publish(there, eventsOf('gone', 1, 1));
    await idsUntil(here, 'gone', 'gone-1');
    await here.kill();
    await publish(there, eventsOf('gone', 2, 500));
    await relay.stderrMatching(/^publishing: cannot reach .*; trying again in \d+\.\d s$/m);
    await here.start();
    const ids = eventsOf('gone', 1, 500).map(({ id }) => id);
    expect(await idsUntil(here, 'gone', 'gone-500')).toEqual(ids);
    expect((await ended(relay)).stderr).toMatch(/0 refused, 0 gaps\n$/);
  });

  it('the other one: nothing is missing, and nothing is said to be', async () => {
    const relay = await relaying(['--pattern=left']);
    await publish(there, eventsOf('left', 1, 1));
    await idsUntil(here, 'left', 'left-1');
    await there.kill();
    await relay.stderrMatching(/^the connection broke; trying again in \d\.\d s$/m);
    await there.start();
    await publish(there, eventsOf('left', 2, 3));
    expect(await idsUntil(here, 'left', 'left-3')).toEqual(['left-1', 'left-2', 'left-3']);
    expect((await ended(relay)).stderr).toMatch(
      /\n3 relayed, 0 already known, 0 refused, 0 gaps\n$/,
    );
  });

  it('the other one with its journal: the gap is told', async () => {
    await using own = await LastingServer.start();
    const relay = await relaying(['--pattern=lost'], { from: own });
    await publish(own, eventsOf('lost', 1, 1));
    await idsUntil(here, 'lost', 'lost-1');
    await own.kill();
    own.loseData();
    await own.start();
    await relay.stderrMatching(/^events may be missing here/m);
    await publish(own, eventsOf('lost', 2, 2));
    expect(await idsUntil(here, 'lost', 'lost-2')).toEqual(['lost-1', 'lost-2']);
    expect((await ended(relay)).stderr).toMatch(/2 relayed, 0 already known, 0 refused, 1 gap\n$/);
  });
});

describe('tokens', () => {
  it('that are revoked are waited for: the file is read again', async () => {
    const file = join(scratch, 'token');
    const token = await tokenOf(there);
    writeFileSync(file, `${token}\n`);
    const relay = await relaying(['--pattern=renewed', '--from-token-file', file], {
      env: { CARILLON_FROM_TOKEN: undefined },
    });
    await run(['token', 'revoke', token], envOf(there));
    await relay.stderrMatching(/^the server ended the subscription \(revoked\); trying again in/m);
    await relay.stderrMatching(/^the server answered 403: .*invalid token.*; trying again in/m);
    writeFileSync(file, await tokenOf(there));
    await relay.stderrMatching(/^subscribed to (?:.*\n)+subscribed to /m);
    await publish(there, eventsOf('renewed', 1, 1));
    expect(await idsUntil(here, 'renewed', 'renewed-1')).toEqual(['renewed-1']);
  });
});

describe('relays in both directions', () => {
  const pair = async (there_: readonly string[], here_: readonly string[]) => {
    const [tokenHere, tokenThere] = await Promise.all([tokenOf(here), tokenOf(there)]);
    return Promise.all([
      relaying(there_, { env: { VAULT_TOKEN: tokenHere } }),
      relaying(here_, { from: here, to: there, env: { VAULT_TOKEN: tokenThere } }),
    ]);
  };

  it('bring each event back once, and no further', async () => {
    await using subscriber = await subscribe(there, 'circle', { query: 'json=true' });
    await pair(['--pattern=circle'], ['--pattern=circle']);
    await publish(there, eventsOf('circle', 1, 1));
    for (const _copy of ['published', 'brought back']) {
      await subscriber.nextOf('"circle-1"');
    }
    // Behind what was brought back, and so behind its second journey.
    await publish(there, eventsOf('circle', 2, 2));
    expect(await idsUntil(here, 'circle', 'circle-2')).toEqual(['circle-1', 'circle-2']);
  });

  it('bring nothing back that is of a source to be skipped', async () => {
    await using subscriber = await subscribe(there, 'apart', { query: 'json=true' });
    const [relay] = await pair(
      ['--pattern=apart', '--skip-source=vault://here'],
      ['--pattern=apart', '--skip-source=vault://there'],
    );
    await publish(there, [{ event_type: 'apart', id: 'a', source: 'vault://there' }]);
    const born = ['vault://here', 'vault://here/sys/events/sources/github'];
    await publish(
      here,
      born.map((source) => ({ event_type: 'apart', id: 'b', source })),
    );
    await subscriber.nextOf('"b"');
    await subscriber.nextOf('"b"');
    await publish(there, [{ event_type: 'apart', id: 'c', source: 'vault://there' }]);
    expect((await idsUntil(here, 'apart', 'c')).sort()).toEqual(['a', 'b', 'b', 'c']);
    expect((await ended(relay)).stderr).toMatch(
      /2 relayed, 0 already known, 0 refused, 2 skipped, 0 gaps/,
    );
  });
});

describe('what keeps a relay from beginning', () => {
  const begin = (args: readonly string[], env: object = {}) =>
    run(['relay', ...args], { ...envOf(here), CARILLON_FROM_TOKEN: 'root', ...env });

  it.each([
    [[], {}, '--from is missing'],
    [['--from', 'vault'], {}, '--from is "vault"; give a URL'],
    [['--from', 'http://a:b@c'], {}, '--from has a user name or a password'],
    [['--from', 'THERE', '--from-token-file=-'], {}, '--from-token-file is read at every attempt'],
    [['--from', 'THERE', 'kv*'], {}, 'the command takes no arguments'],
    [
      ['--from', 'THERE', '--pattern', 'a/../b'],
      {},
      '--pattern "a/../b" has a "." or ".." segment',
    ],
    [['--from', 'THERE', '--pattern', ' '], {}, '--pattern is empty'],
    [
      ['--from', 'THERE'],
      { CARILLON_FROM_TOKEN: '' },
      'there is no token for --from; set CARILLON_FROM_TOKEN, or give',
    ],
    [['--from', 'HERE'], {}, '--from is the server of VAULT_ADDR itself'],
    [
      ['--from', 'THERE'],
      { CARILLON_FROM_TOKEN: 'wrong' },
      '--from: the server answered 403: 2 errors',
    ],
    [
      ['--from', 'THERE'],
      { VAULT_TOKEN: 'wrong' },
      'VAULT_ADDR: the server answered 403: 2 errors',
    ],
  ])('%j with %j ends with 2', async (args, env, message) => {
    const real = args.map((arg) =>
      arg.replace('THERE', there.address).replace('HERE', here.address),
    );
    const { code, stdout, stderr } = await begin(real, env);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`carillon: ${message}`);
  });

  it.each([
    [['--filter', 'a ='], {}, '--from: the server answered 400: Error subscribing'],
    [['--from-namespace', 'none'], {}, '--from: the server answered 404: no handler for route'],
    [[], { VAULT_NAMESPACE: 'none' }, 'VAULT_ADDR: there is no namespace "none"'],
    [['--from-token-file', '/nowhere/token'], {}, 'cannot read /nowhere/token'],
    [
      ['--state', '/nowhere/state.json'],
      {},
      'the state file cannot be used: /nowhere: there is no such file or folder',
    ],
  ])('%j with %j ends with 1', async (args, env, message) => {
    const { code, stdout, stderr } = await begin(['--from', there.address, ...args], env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`carillon: ${message}`);
  });

  it('is a state file of something else', async () => {
    const state = join(scratch, 'other.json');
    const args = ['--from', there.address, '--pattern=b', '--state', state];
    const other = { from: `${there.address}/`, namespace: '', pattern: 'a', namespaces: [] };
    writeFileSync(state, JSON.stringify({ ...other, cursor: 'cc1.a', at: '2026-11-22T12:00:00Z' }));
    expect(await begin(args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('of another subscription: its "pattern" is "a", not "b"'),
    });
    for (const text of ['no state', JSON.stringify({ ...other, pattern: 'b', at: 'yesterday' })]) {
      writeFileSync(state, text);
      expect(await begin(args)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('is no state file of "carillon relay"'),
      });
    }
  });
});

it('a place that means nothing to the server is told as a gap', async () => {
  const state = join(scratch, 'strange.json');
  writeFileSync(
    state,
    JSON.stringify({
      from: `${there.address}/`,
      namespace: '',
      pattern: 'strange',
      namespaces: [],
      cursor: 'cc1.garbled',
      at: '2026-11-22T12:00:00Z',
    }),
  );
  await publish(there, eventsOf('strange', 1, 2));
  const relay = await relaying(['--pattern=strange', '--state', state]);
  expect(await idsUntil(here, 'strange', 'strange-2')).toEqual(['strange-1', 'strange-2']);
  expect((await ended(relay)).stderr).toContain(
    'events may be missing here: the server does not know the position\n',
  );
});
