/**
 * What strangers and holders of tokens send who look for what breaks the server: whatever it is, they get an answer
 * that is none of a bug, and nothing of their tokens is in the log. With HOSTILE_REQUESTS and HOSTILE_SEED set it
 * searches longer, and elsewhere.
 */
import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Random } from '../faults/random.ts';
import { type HostileRequest, hostileRequest } from '../support/hostile-requests.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { post } from '../support/post.ts';

const REQUESTS = Number(process.env.HOSTILE_REQUESTS ?? 1500);
const SEED = Number(process.env.HOSTILE_SEED ?? 1);
const AT_ONCE = 8;
/** Of the sources that are sent one. */
const SECRET = 'the-secret-of-a-source';
/** Far more than any takes on a machine that is busy with other suites. */
const TIMEOUT_MS = 20_000;

let server: LocalServer;
let token: string;

beforeAll(async () => {
  server = await startLocalServer(['--log', 'json']);
  const policy = `
    path "*" { capabilities = ["create", "read", "update", "delete", "list", "subscribe", "sudo"] }
    path "auth/token/revoke-self" { capabilities = ["deny"] }`;
  await post(server, 'sys/policies/acl/all', { policy });
  await post(server, 'auth/approle/role/a', {});
  await post(server, 'sys/events/sources/a', {
    kind: 'standard-webhooks',
    secrets: ['whsec_MfKQ9r8G'],
  });
  const secrets = [SECRET];
  const rules = {
    event_type: 'any/{/type|/event|"thing"}',
    mapping: { path: 'any/{/path|/data|/request/path|"a"}', id: '{/id|/data}' },
  };
  await post(server, 'sys/events/sources/token', { kind: 'token', secrets, ...rules });
  await post(server, 'sys/events/sources/audit', { kind: 'vault-audit', secrets });
  const { auth } = (await post(server, 'auth/token/create', { policies: ['all'] })) as {
    auth: { client_token: string };
  };
  token = auth.client_token;
});
afterAll(() => server.stop());

/** @returns the status; of a stream or a WebSocket that begins, nothing is waited for */
function statusOf({ method, path, headers, body }: HostileRequest): Promise<number> {
  const { hostname, port } = new URL(server.address);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, agent: false });
    for (const [name, value] of Object.entries(headers)) sent.setHeader(name, value);
    const end = (status: number) => {
      clearTimeout(timer);
      sent.destroy();
      resolve(status);
    };
    const timer = setTimeout(() => {
      sent.destroy();
      reject(new Error('no answer'));
    }, TIMEOUT_MS);
    sent.once('upgrade', ({ statusCode = 0 }) => end(statusCode));
    sent.once('response', (response) => {
      const { statusCode = 0 } = response;
      response.once('data', () => end(statusCode));
      response.once('end', () => end(statusCode));
      response.once('error', () => end(statusCode));
    });
    // The server may answer and close before a large body is sent.
    sent.once('error', () => end(0));
    sent.end(body);
  });
}

it(`none of ${REQUESTS} hostile requests is answered with 500, or not at all`, async () => {
  const random = new Random(SEED);
  const tokens = [undefined, SECRET, token, server.token];
  const failures: string[] = [];
  let left = REQUESTS;
  const run = async () => {
    while (left-- > 0) {
      const hostile = hostileRequest(random, tokens);
      const outcome = await statusOf(hostile).catch((error: Error) => error.message);
      if (typeof outcome === 'string' || outcome === 500) failures.push(say(hostile, outcome));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
  expect(failures).toEqual([]);
  expect((await fetch(`${server.address}/v1/sys/health`)).status).toBe(200);
  const output = server.output();
  expect(output).not.toMatch(/a request failed|[Uu]ncaught/);
  for (const line of output.split('\n').filter((each) => each.startsWith('{"'))) {
    expect([token, server.token, SECRET].filter((secret) => line.includes(secret))).toEqual([]);
  }
});

function say({ method, path, headers, body }: HostileRequest, outcome: string | number): string {
  const text = body === undefined ? '' : JSON.stringify(body.subarray(0, 300).toString());
  return `${outcome}: ${method} ${path.slice(0, 300)} ${JSON.stringify(headers).slice(0, 300)} ${text}`;
}
