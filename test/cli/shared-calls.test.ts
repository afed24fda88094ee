/**
 * Publishes at the same time, as the runtime serves them: each request in a context of its own, and clients that leave.
 * Which of them share a call is not seen from outside: see `test/worker/shared-calls.test.ts`.
 */
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';

const LANES = 32;
const PUBLISHED_BY_EACH = 40;
/** One client in so many leaves without its answer. */
const LEAVES_ONE_IN = 7;
const TYPES = ['one/x', 'other/x'] as const;

let server: LocalServer;
beforeAll(async () => {
  server = await startLocalServer([]);
});
afterAll(() => server.stop());

/** @returns the status; undefined if the client left */
function publish(agent: Agent, type: string, id: string, leaves: boolean) {
  const { hostname, port } = new URL(server.address);
  return new Promise<number | undefined>((resolve) => {
    const sent = request(
      {
        agent,
        host: hostname,
        port,
        path: `/v1/sys/events/publish/${type}`,
        method: 'POST',
        headers: { 'X-Vault-Token': server.token, 'Content-Type': 'application/json' },
      },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode));
      },
    );
    sent.once('error', () => resolve(undefined));
    sent.end(JSON.stringify({ id }), () => leaves && sent.destroy());
  });
}

async function idsOf(type: string): Promise<string[]> {
  const response = await fetch(
    `${server.address}/v1/sys/events/subscribe/${encodeURIComponent(type)}?since=earliest&wait=1s`,
    { headers: { 'X-Vault-Token': server.token, Accept: 'application/x-ndjson' } },
  );
  const lines = (await response.text()).split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => (JSON.parse(line) as { id: string }).id);
}

it('each is accepted once, whoever leaves', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: LANES });
  const acknowledged: string[] = [];
  const lane = async (name: number) => {
    for (let i = 0; i < PUBLISHED_BY_EACH; i++) {
      const type = TYPES[(name + i) % TYPES.length] ?? 'one/x';
      const id = `${type[0]}-${name}-${i}`;
      const leaves = (name * PUBLISHED_BY_EACH + i) % LEAVES_ONE_IN === 0;
      const status = await publish(agent, type, id, leaves);
      if (status === undefined) continue;
      expect(status).toBe(200);
      acknowledged.push(id);
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, name) => lane(name)));
  agent.destroy();
  const stored = (await Promise.all(TYPES.map(idsOf))).flat();
  expect(new Set(stored).size).toBe(stored.length);
  expect(new Set(stored).isSupersetOf(new Set(acknowledged))).toBe(true);
  expect(acknowledged.length).toBeGreaterThan((LANES * PUBLISHED_BY_EACH) / 2);
  expect(server.output()).not.toMatch(/on behalf of a different|error/i);
});
