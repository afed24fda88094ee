/**
 * The event source for Ansible, run as ansible-rulebook runs it: its `main`, with a queue and arguments. It needs Python
 * with aiohttp, which ansible-rulebook needs too.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { type Running, startProgram } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';
import { carillon, ROOT } from './support.ts';

const EXAMPLE = join(ROOT, 'examples/ansible-eda');
const hasAiohttp = spawnSync('python3', ['-c', 'import aiohttp']).status === 0;
const folder = scratchFolder();

/** Prints what the source puts. With "feedback" the rules take an event when a line comes. */
const HARNESS = `
import asyncio, json, runpy, sys

class Queue:
    async def put(self, event):
        print(json.dumps(event), flush=True)

class Feedback:
    async def get(self):
        await asyncio.to_thread(sys.stdin.readline)

main = runpy.run_path(sys.argv[1])["main"]
args = json.loads(sys.argv[2])
if args.get("feedback"):
    args["eda_feedback_queue"] = Feedback()
asyncio.run(main(Queue(), args))
`;

let server: LocalServer;
const running: Running[] = [];

beforeAll(async () => {
  server = await startLocalServer(['--root-token', 'root', '--data', join(folder, 'data')]);
});
afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await server.stop();
});

function source(args: object): Running {
  const plugin = join(EXAMPLE, 'event_source/carillon.py');
  const own = { url: server.address, token: 'root', ...args };
  const started = startProgram(['-c', HARNESS, plugin, JSON.stringify(own)], {}, 'python3');
  running.push(started);
  return started;
}

/** Python takes a second or more to start. */
const SLOW = { timeout: 30_000 };

const stored = (args: { position_file: string }) =>
  expect.poll(() => existsSync(args.position_file), SLOW).toBe(true);

const write = (key: string) =>
  carillon(
    server,
    'events',
    'trigger',
    'kv-v2/data-write',
    '--override',
    `path=secret/data/${key}`,
  );

describe.skipIf(!hasAiohttp)('the event source for Ansible', () => {
  it('puts what a rule decides on', async () => {
    const started = source({ pattern: 'kv-v2/*', since: 'earliest' });
    await write('one');
    const line = await started.stdoutMatching(/\n/);
    expect(JSON.parse(line)).toEqual({
      carillon: expect.objectContaining({
        event_type: 'kv-v2/data-write',
        path: 'secret/data/one',
        namespace: '',
        metadata: expect.objectContaining({ modified: 'true' }),
        plugin_info: expect.objectContaining({ mount_path: 'secret/' }),
      }),
    });
  });

  it('goes on where it was killed, and over a restart of the server', async () => {
    const args = { pattern: 'kv-v2/*', position_file: join(folder, 'killed') };
    const first = source(args);
    await stored(args);
    await write('two');
    await first.stdoutMatching(/secret\/data\/two/);
    const begun = readFileSync(args.position_file, 'utf8');
    first.child.kill('SIGKILL');
    await first.finished;
    expect(begun).toMatch(/^cc2\./);
    await write('three');
    const second = source(args);
    await second.stdoutMatching(/secret\/data\/three/);
    const port = new URL(server.address).port;
    await server.stop();
    server = await startLocalServer([
      ...['--root-token', 'root', '--data', join(folder, 'data')],
      ...['--port', port],
    ]);
    await write('four');
    expect(await second.stdoutMatching(/secret\/data\/four/)).not.toContain('gap');
  });

  it('stores a position only when the rules have taken the event, if they say so', async () => {
    const args = { pattern: 'kv-v2/*', position_file: join(folder, 'fed'), feedback: true };
    const started = source(args);
    await stored(args);
    const before = readFileSync(args.position_file, 'utf8');
    await write('five');
    await started.stdoutMatching(/secret\/data\/five/);
    expect(readFileSync(args.position_file, 'utf8')).toBe(before);
    started.child.stdin.write('taken\n');
    await expect.poll(() => readFileSync(args.position_file, 'utf8'), SLOW).not.toBe(before);
  });

  it('puts a gap where the server does not know its position, and all there is', async () => {
    const position_file = join(folder, 'foreign');
    writeFileSync(position_file, 'cc2.AAAA');
    const printed = await source({ pattern: 'kv-v2/*', position_file }).stdoutMatching(/five/);
    const [first = ''] = printed.split('\n');
    expect(JSON.parse(first).carillon.gap).toContain('does not accept');
    expect(printed).toContain('secret/data/one');
  });

  it('ends with what the server says where its token may not subscribe', async () => {
    const { code, stderr } = await source({ token: 'nonsense' }).finished;
    expect(code).toBe(1);
    expect(stderr).toMatch(/Refused: .*\/v1\/sys\/events\/subscribe\/\*: 403 .*invalid token/);
  });
});

it('is what the rulebook of the example names', () => {
  const [rules] = parse(readFileSync(join(EXAMPLE, 'rulebook.yml'), 'utf8'));
  expect(Object.keys(rules.sources[0])).toEqual(['name', 'carillon']);
  const playbooks = rules.rules.map(
    (rule: { action: { run_playbook: { name: string } } }) => rule.action.run_playbook.name,
  );
  for (const name of playbooks) expect(existsSync(join(EXAMPLE, name))).toBe(true);
});
