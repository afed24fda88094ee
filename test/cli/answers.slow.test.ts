/** What commands say to answers that are not of the server, and to refusals that need a right or time. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../support/run.ts';

let status = 200;
let body = '';
let headers: Record<string, string> = {};
const server = createServer((_request, response) => response.writeHead(status, headers).end(body));
let env: { VAULT_ADDR: string; VAULT_TOKEN: string };

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  env = { VAULT_ADDR: `http://127.0.0.1:${port}`, VAULT_TOKEN: 'tok' };
});
afterAll(() => {
  server.close();
});

async function refusalOf(line: string): Promise<string> {
  const { code, stdout, stderr } = await run(line.split(' '), env, 'tok');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  return stderr;
}

it.each([
  ['events publish a path=b', 'ids of events'],
  ['token create', 'a token'],
  ['login --no-store -', 'the token'],
  ['events ticket', 'a ticket'],
  ['events explain --pattern a --id b', 'an explanation'],
  ['policy list', 'a list'],
  ['namespace list', 'a list'],
])('"carillon %s" takes no other success for its answer', async (line, what) => {
  headers = {};
  for (const [code, text] of [
    [204, ''],
    [200, '{"data":{"keys":7,"ids":"x","ticket":1,"steps":{}},"auth":{}}'],
  ] as const) {
    status = code;
    body = text;
    expect(await refusalOf(line)).toBe(
      `carillon: ${env.VAULT_ADDR} answered ${code} without ${what}; is it the address of the server?\n`,
    );
  }
});

describe('a refusal', () => {
  it.each([
    ['policy list', 'list', 'sys/policies/acl'],
    ['policy read p', 'read', 'sys/policies/acl/p'],
    ['policy delete p', 'delete', 'sys/policies/acl/p'],
    ['namespace create a', 'update', 'sys/namespaces/a'],
    ['events publish a path=b', 'update', 'sys/events/publish/a'],
  ])('of "carillon %s" names the right that is missing', async (line, capability, path) => {
    status = 403;
    body = '{"errors":["1 error occurred:\\n\\t* permission denied\\n\\n"]}';
    expect(await refusalOf(line)).toContain(
      `permission denied; the token needs "${capability}" on ${path}\n`,
    );
  });

  it.each([
    ['subscriptions list', 'list', 'sys/events/subscriptions'],
    ['subscriptions close a.1.b-0', 'delete', 'sys/events/subscriptions/a.1.b-0'],
    ['quota read team-a', 'read', 'sys/events/quotas/team-a'],
    ['quota write --limit hubs=1 team-a', 'update', 'sys/events/quotas/team-a'],
    ['admin delete-events --yes', 'delete', 'sys/events/hubs'],
    ['admin bookmark --hub=*', 'read', 'sys/events/hubs/*/restore'],
  ])('of "carillon %s" also names sudo', async (line, capability, path) => {
    status = 403;
    body = '{"errors":["1 error occurred:\\n\\t* permission denied\\n\\n"]}';
    expect(await refusalOf(line)).toContain(
      `permission denied; the token needs "${capability}" and "sudo" on ${path}\n`,
    );
  });

  it('of a token that is not known names no right', async () => {
    status = 403;
    body = '{"errors":["2 errors occurred:\\n\\t* permission denied\\n\\t* invalid token\\n\\n"]}';
    expect(await refusalOf('policy list')).not.toContain('the token needs');
  });

  it.each([429, 503])('with %i says how long to wait', async (code) => {
    status = code;
    body = '{"errors":["busy"]}';
    headers = { 'Retry-After': '7' };
    expect(await refusalOf('policy list')).toBe(
      `carillon: the server answered ${code}: busy; it asks to wait 7 s\n`,
    );
  });
});

it.each([
  ['http://user@127.0.0.1:1', 'user name'],
  ['http://:secret@127.0.0.1:1', 'password'],
  ['http://127.0.0.1:1/?a=b', 'query'],
  ['http://127.0.0.1:1/#a', 'fragment'],
])('VAULT_ADDR %s is refused for its %s', async (address, part) => {
  const { code, stderr } = await run(['policy', 'list'], { ...env, VAULT_ADDR: address });
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `carillon: VAULT_ADDR has a ${part}, which no request would have; leave it out\n`,
  });
});
