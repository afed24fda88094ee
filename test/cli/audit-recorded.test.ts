/** What an OpenBao has written to its audit device, sent to a server as it came: what its subscribers hear. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { run } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';
import type { AuditReading } from '../unit/support/audit-reading.ts';

const FIXTURES = new URL('../fixtures/audit/', import.meta.url);
const SECRET = 'the-secret-of-the-device';
const scratch = scratchFolder();
let server: LocalServer;

beforeAll(async () => {
  server = await startLocalServer([]);
});
afterAll(() => server.stop());

interface Frame {
  readonly id: string;
  readonly time: string;
  readonly data: {
    readonly event_type: string;
    readonly namespace?: string;
    readonly event: { readonly metadata: object };
    readonly plugin_info: object;
  };
}

it('every event that the recording tells arrives whole, and nothing that was hashed', async () => {
  const env = { HOME: scratch, VAULT_ADDR: server.address, VAULT_TOKEN: server.token };
  const secret = join(scratch, 'secret');
  writeFileSync(secret, SECRET);
  for (const args of [
    ['namespace', 'create', 'ns1'],
    ['namespace', 'create', '--namespace', 'ns1', 'child'],
    ['source', 'write', '--kind', 'vault-audit', '--secret-file', secret, 'openbao'],
  ]) {
    expect(await run(args, env)).toMatchObject({ code: 0 });
  }
  const expected = readFileSync(new URL('openbao-2.6.2.expected.jsonl', FIXTURES), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditReading)
    .flatMap((reading) => ('events' in reading ? reading.events : []));

  const response = await fetch(`${server.address}/v1/sys/events/in/openbao`, {
    method: 'POST',
    headers: { 'X-Vault-Token': SECRET },
    body: readFileSync(new URL('openbao-2.6.2.jsonl', FIXTURES)),
  });
  expect(response.status).toBe(200);
  const { data } = (await response.json()) as { data: { ids: string[] } };
  expect(data).toMatchObject({ accepted: expected.length, duplicates: 0 });

  const heard = await fetch(
    `${server.address}/v1/sys/events/subscribe/*?since=earliest&namespaces=*&limit=${expected.length}&wait=30s`,
    { headers: { 'X-Vault-Token': server.token, Accept: 'application/x-ndjson' } },
  );
  const text = await heard.text();
  expect(text).not.toContain('hmac-sha256:');
  expect(text).not.toContain('canary');
  const frames = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Frame);
  const told = frames.map(
    ({ id, time, data: { event_type, namespace = '', event, plugin_info } }) => ({
      id,
      time,
      event_type,
      namespace: namespace.replace(/\/$/, ''),
      metadata: event.metadata,
      plugin_info,
    }),
  );
  const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
  expect(told.sort(byId)).toEqual([...expected].sort(byId));
});
