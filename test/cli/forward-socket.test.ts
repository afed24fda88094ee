/** `carillon forward audit --socket`: connections as socket audit devices make them. */
import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MAX_FORWARD_QUEUE_BYTES } from '../../src/cli/forward/limits.ts';
import { AuditEndpoint, entry } from '../support/audit-endpoint.ts';
import { type Running, start } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';

const scratch = scratchFolder();

let endpoint: AuditEndpoint;
let forwarders: Running[];

beforeEach(async () => {
  endpoint = await AuditEndpoint.start();
  forwarders = [];
});
afterEach(async () => {
  endpoint.release();
  for (const { child } of forwarders) child.kill('SIGKILL');
  await endpoint[Symbol.asyncDispose]();
});

function forward(address: string): Running {
  const forwarder = start(['forward', 'audit', '--socket', address, 'bao'], {
    VAULT_ADDR: endpoint.address,
    CARILLON_SOURCE_SECRET: 'secret-of-bao',
  });
  forwarders.push(forwarder);
  return forwarder;
}

async function connected(options: NetConnectOpts): Promise<Socket> {
  const socket = connect(options);
  await once(socket, 'connect');
  return socket;
}

/** Listens on a free port of this machine. */
async function listening(): Promise<Running & { readonly device: () => Promise<Socket> }> {
  const forwarder = forward(':0');
  const said = await forwarder.stderrMatching(/^listening on 127\.0\.0\.1:\d+\n/m);
  const port = Number(/:(\d+)\n/.exec(said)?.[1]);
  return { ...forwarder, device: () => connected({ port, host: '127.0.0.1' }) };
}

it('takes lines of several connections as they come, and what came before one broke', async () => {
  const { child, finished, device } = await listening();
  const [one, other] = [await device(), await device()];
  one.write(entry('a').slice(0, 50));
  other.write(`${entry('asked', { type: 'request' })}${entry('b')}`);
  await endpoint.untilTaken('b');
  expect(endpoint.taken).toEqual(['b']);
  one.write(entry('a').slice(50));
  await endpoint.untilTaken('a');
  other.end(`${entry('c')}${entry('d').slice(0, 50)}`);
  await endpoint.untilTaken('c');
  const again = await device();
  again.write(entry('e'));
  await endpoint.untilTaken('e');
  child.kill('SIGTERM');
  const { code, stderr } = await finished;
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /connection 2: the line at offset \d+, of 50 bytes, is passed over: not a J/,
  );
  expect(stderr).toMatch(
    /, 4 events accepted, 0 duplicates, 1 lines passed over, nothing waits\n$/,
  );
});

it('sends what waits when it is stopped', async () => {
  endpoint.behave = (_, number) => (number === 0 ? 'hold' : 'take');
  const { child, finished, device } = await listening();
  const socket = await device();
  socket.write(entry('a'));
  await endpoint.until('a request', () => endpoint.requests.length === 1);
  // One after the other on one connection: what is passed over tells that the rest was read.
  socket.write(`${entry('b')}no entry\n`);
  await forwarders[0]?.stderrMatching(/passed over/);
  child.kill('SIGTERM');
  endpoint.release();
  expect(await finished).toMatchObject({ code: 0 });
  expect(endpoint.taken).toEqual(['a', 'b']);
});

it('goes on reading when there is no room, and says how much is lost', async () => {
  endpoint.behave = (_, number) => (number === 0 ? 'hold' : 'take');
  const { child, finished, stderrMatching, device } = await listening();
  const socket = await device();
  socket.write(entry('first'));
  await endpoint.until('a request', () => endpoint.requests.length === 1);
  const padding = 500_000;
  const count = Math.ceil(MAX_FORWARD_QUEUE_BYTES / padding) + 10;
  for (let index = 0; index < count; index++) socket.write(entry(`${index}`, { padding }));
  await stderrMatching(/warning: \d+ entries wait to be sent and there is room for no more/);
  // It was read although there was no room: the device is not kept waiting.
  socket.write('no entry\n');
  await stderrMatching(/passed over/);
  endpoint.release();
  await stderrMatching(/warning: \d+ entries were not forwarded, and are lost/);
  socket.write(entry('last'));
  await endpoint.untilTaken('last');
  child.kill('SIGTERM');
  const { stderr } = await finished;
  const lost = Number(/warning: (\d+) entries were not forwarded/.exec(stderr)?.[1]);
  expect(lost).toBeGreaterThanOrEqual(10);
  expect(endpoint.taken).toEqual([
    'first',
    ...Array.from({ length: count - lost }, (_, index) => `${index}`),
    'last',
  ]);
  expect(stderr).toContain(`, ${lost} entries lost,`);
});

it('ends with 2 where the server refuses, and says what is lost', async () => {
  endpoint.behave = () => ({ status: 401, body: '{"errors":["no"]}' });
  const { finished, device } = await listening();
  (await device()).write(entry('a'));
  const { code, stderr } = await finished;
  expect(code).toBe(2);
  expect(stderr).toContain('warning: 1 entries were not forwarded, and are lost');
});

it('takes the place of a Unix socket whose process was killed, and of no other file', async () => {
  const path = join(scratch, 'audit.sock');
  const killed = forward(path);
  await killed.stderrMatching(/^listening on .*audit\.sock\n/m);
  const busy = await forward(path).finished;
  expect(busy).toMatchObject({ code: 1, stderr: expect.stringContaining(`${path} is taken`) });
  killed.child.kill('SIGKILL');
  await killed.finished;
  await forward(path).stderrMatching(/^listening on /m);
  (await connected({ path })).write(entry('a'));
  await endpoint.untilTaken('a');
  const file = await forward(import.meta.filename).finished;
  expect(file).toMatchObject({ code: 1, stderr: expect.stringContaining('is taken; stop what') });
});
