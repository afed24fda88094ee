/** The log of requests: one line for each, without anything that is secret. */
import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, vi } from 'vitest';
import { app } from '../../src/app.ts';
import { MAX_LOGGED_EVENTS } from '../../src/http/limits.ts';
import { it } from './fixtures.ts';
import { root } from './security-support.ts';

let lines: string[] = [];

beforeEach(() => {
  lines = [];
  for (const level of ['log', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line: string) => {
      lines.push(line);
    });
  }
});

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly log?: string;
}

/** Sends a request with the root token, and returns its line. */
async function lineOf(path: string, sent: Sent = {}): Promise<Record<string, unknown>> {
  const { log = 'on', headers = {}, ...init } = sent;
  const request = new Request(`http://carillon.test/${path}`, {
    ...init,
    headers: { 'X-Vault-Token': 'root', ...headers },
  });
  const bindings = { ...env, REQUEST_LOG: log };
  lines = [];
  const response = await app.fetch(request, bindings, createExecutionContext());
  response.webSocket?.accept();
  response.webSocket?.close();
  await response.body?.cancel();
  const logged = lines.filter((line) => line.includes('"request":'));
  expect(logged.length).toBeLessThanOrEqual(1);
  return JSON.parse(logged[0] ?? '{}') as Record<string, unknown>;
}

function publish(type: string, body: unknown, headers = {}): Promise<Record<string, unknown>> {
  return lineOf(`v1/sys/events/publish/${type}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
}

describe('a line says', () => {
  it('who asked for what, when, how long it took, and what came of it', async () => {
    expect(await lineOf('v1/sys/policies/acl?list=true')).toEqual({
      request: 'sys/policies/acl',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      method: 'GET',
      status: 200,
      ms: expect.any(Number),
      accessor: 'root',
    });
  });

  it('the accessor and the namespace', async ({ holder, team }) => {
    const headers = { 'X-Vault-Token': holder.token ?? '', 'X-Vault-Namespace': team };
    const line = await lineOf('v1/auth/token/lookup-self', { headers });
    expect(line).toMatchObject({ namespace: team, accessor: holder.auth.accessor });
  });

  it('which events were published, with the ids whole, and which were duplicates', async () => {
    const id = '5f0c6d52-8a6d-4f0e-9d1c-111111111111';
    const event = { id, metadata: { path: 'secret/data/app', password: 'hunter2' } };
    const logged = { type: 'abc/x', path: 'secret/data/app', id };
    expect(await publish('abc/x', event)).toMatchObject({
      events: [{ ...logged, outcome: 'accepted' }],
    });
    expect(await publish('abc/x', event)).toMatchObject({
      events: [{ ...logged, outcome: 'duplicate' }],
    });
    expect(lines.join()).not.toContain('hunter2');
  });

  it('how many events it does not list', async () => {
    const events = Array.from({ length: MAX_LOGGED_EVENTS + 3 }, () => ({}));
    const line = await publish('abc/x', events);
    expect(line.events).toHaveLength(MAX_LOGGED_EVENTS);
    expect(line.more_events).toBe(3);
  });

  it('why a request was refused, on one line', async ({ holder }) => {
    expect(await publish('a b', {})).toMatchObject({
      status: 400,
      refused: expect.stringMatching(/^event type "a b"[^\n]*$/),
    });
    const headers = { 'X-Vault-Token': holder.token ?? '' };
    expect(await publish('abc/x', {}, headers)).toMatchObject({
      status: 403,
      refused: expect.stringMatching(/^permission denied: [^\n]*$/),
    });
    expect(await lineOf('v1/sys/policies/acl/x', { headers })).toMatchObject({
      refused: 'permission denied',
    });
  });

  it('the pattern and the transport of a subscription', async () => {
    const path = 'v1/sys/events/subscribe/kv*?json=true';
    const upgrade = { Upgrade: 'websocket' };
    const v1 = { ...upgrade, 'Sec-WebSocket-Protocol': 'carillon.v1.json' };
    const sse = { Accept: 'text/event-stream' };
    for (const [headers, status, transport] of [
      [upgrade, 101, 'websocket json'],
      [v1, 101, 'websocket carillon.v1 json'],
      [sse, 200, 'text/event-stream'],
    ] as const) {
      const line = await lineOf(path, { headers });
      expect(line).toMatchObject({ status, subscription: { pattern: 'kv*', transport } });
    }
  });

  it('whether the sender of a delivery was verified', async () => {
    const secrets = ['the-secret-of-the-source'];
    await root.writes('sys/events/sources/hub', { kind: 'github', secrets });
    const body = '{"repository":{"full_name":"a/b"}}';
    const signature = createHmac('sha256', secrets[0] ?? '')
      .update(body)
      .digest('hex');
    const deliver = (hex: string) =>
      lineOf('v1/sys/events/in/hub', {
        method: 'POST',
        headers: { 'X-Hub-Signature-256': `sha256=${hex}`, 'X-GitHub-Event': 'push' },
        body,
      });
    const webhook = { source: 'hub', kind: 'github' };
    expect(await deliver(signature)).toMatchObject({
      status: 200,
      webhook: { ...webhook, sender: 'verified' },
      events: [{ type: 'github/push', outcome: 'accepted' }],
    });
    expect(await deliver('00'.repeat(32))).toMatchObject({
      status: 401,
      webhook: { ...webhook, sender: 'unverified' },
      refused: expect.stringContaining('signature'),
    });
  });
});

describe('no line has', () => {
  it('a token or a ticket, wherever the client wrote it', async () => {
    const token = 'ctk.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    for (const path of [
      `v1/sys/events/subscribe/kv*?ticket=${token}&token=hunter2`,
      `v1/auth/token/lookup/${token}`,
      `v1/auth/token/revoke/hunter2`,
      `v1/sys/%2e%2e/${token}?x=hunter2`,
      `${encodeURIComponent(token)}`,
    ]) {
      await lineOf(path);
      expect(lines.some((line) => line.includes('"request":'))).toBe(true);
      expect(lines.join()).not.toContain(token.slice(4));
      expect(lines.join()).not.toContain('hunter2');
    }
  });
});

it('writes nothing unless REQUEST_LOG is on', async () => {
  expect(await lineOf('v1/sys/health', { log: 'off' })).toEqual({});
  expect(lines).toEqual([]);
});
