/** Lines of the audit log as events: who receives them, where they are published, and how many. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, vi } from 'vitest';
import { app } from '../../src/app.ts';
import { MAX_DENIAL_EVENTS_PER_SECOND } from '../../src/http/limits.ts';
import { it } from './fixtures.ts';
import {
  aHolder,
  aName,
  elapse,
  errorsOf,
  granting,
  hubOf,
  keyOf,
  objects,
  on,
  root,
} from './security-support.ts';
import { entriesOf, type Subscriber } from './support.ts';

interface AuditEvent {
  readonly source: string;
  readonly data: {
    readonly event: {
      readonly metadata: {
        readonly path: string;
        readonly operation: string;
        readonly omitted?: number;
        readonly audit: Readonly<Record<string, string>>;
      };
    };
    readonly event_type: string;
    readonly namespace: string;
  };
}

/** A request to a Worker that publishes its audit lines, and has done so when this returns. */
async function audited(
  method: string,
  path: string,
  {
    body,
    token = 'root',
    namespace = '',
  }: { body?: unknown; token?: string; namespace?: string } = {},
): Promise<Response> {
  const headers = {
    'X-Vault-Token': token,
    ...(namespace !== '' && { 'X-Vault-Namespace': namespace }),
  };
  const request = new Request(`http://carillon.test/v1/${path}`, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const context = createExecutionContext();
  const response = await app.fetch(request, { ...env, AUDIT_EVENTS: 'on' }, context);
  await waitOnExecutionContext(context);
  return response;
}

function writesPolicy(name = aName('policy'), namespace = ''): Promise<Response> {
  return audited('POST', `sys/policies/acl/${name}`, { body: { policy: POLICY }, namespace });
}

async function nextOf(subscriber: Subscriber): Promise<AuditEvent> {
  return JSON.parse((await subscriber.next()) as string) as AuditEvent;
}

/** The audit events in the hub of a namespace. */
async function storedIn(key = ''): Promise<AuditEvent[]> {
  const entries = await entriesOf(hubOf('carillon/audit', key));
  return entries.map(({ json }) => JSON.parse(json) as AuditEvent);
}

const POLICY = granting({ 'secret/a': 'read' });
const READ_ALL = { 'sys/events/subscribe/*': 'read' };
const AUDIT = 'sys/events/audit/*';

beforeEach(() => {
  // The rate of an earlier test.
  elapse(60_000);
});

describe('an audit line', () => {
  it('is an event for root, with the line in its metadata', async () => {
    const siem = await root.subscribe('carillon/audit');
    const name = aName('policy');
    await writesPolicy(name);
    const { source, data } = await nextOf(siem);
    expect(source).toMatch(/^vault:\/\/[^/]+\/sys\/events\/audit$/);
    expect(data.event_type).toBe('carillon/audit');
    expect(data.event.metadata).toEqual({
      path: 'sys/events/audit/policy_written',
      operation: 'policy_written',
      audit: {
        audit: 'policy_written',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        namespace: '',
        policy: name,
        by: 'root',
      },
    });
  });

  it('is no event unless the operator has said so', async () => {
    await root.writes(`sys/policies/acl/${aName('policy')}`, { policy: POLICY });
    expect(await storedIn()).toEqual([]);
  });

  it('is published in the namespace that it is about, and one subscription covers all', async ({
    team,
  }) => {
    const siem = await root.subscribe('carillon/audit', '&namespaces=*');
    await writesPolicy(aName('policy'), team);
    expect((await nextOf(siem)).data.namespace).toBe(`${team}/`);
    expect(await storedIn(await keyOf(team))).toHaveLength(1);
    expect(await storedIn()).toEqual([]);
  });

  it('of a stranger who names a namespace that the Worker does not know is one of root', async () => {
    const before = await objects();
    await audited('GET', 'sys/policies/acl/x', { token: 'wrong', namespace: 'nowhere' });
    expect(await storedIn()).toMatchObject([
      { data: { event: { metadata: { audit: { audit: 'denied', namespace: 'nowhere' } } } } },
    ]);
    const created = (await objects()).filter((id) => !before.includes(id));
    // The hub, and the wildcard hub that it registers with.
    expect(created.length).toBeLessThanOrEqual(3);
  });

  it('causes no other line', async () => {
    await writesPolicy();
    await audited('GET', 'sys/policies/acl/x', { token: 'wrong' });
    expect(await storedIn()).toHaveLength(2);
  });

  it('has no secret', async () => {
    const secret = `hvs.${'A'.repeat(24)}`;
    await audited('GET', `auth/token/lookup/${secret}`, { token: 'wrong' });
    const text = JSON.stringify(await storedIn());
    expect(text).toContain('denied');
    expect(text).not.toContain(secret);
  });

  it('that cannot be published is in the log, and the request succeeds', async () => {
    const lines: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((line: string) => lines.push(line));
    vi.spyOn(env.HUB, 'getByName').mockImplementation(() => {
      throw new Error('the hub is down');
    });
    expect((await writesPolicy()).status).toBe(204);
    expect(lines.join('')).toContain('policy_written');
  });
});

describe('without "sudo" on the path of the event', () => {
  it.for(['*', 'carillon/*', 'carillon/audit'])('%s delivers none', async (pattern) => {
    const reader = await aHolder(
      granting({ ...READ_ALL, [AUDIT]: 'list subscribe', 'a/*': 'list subscribe' }),
    );
    const subscriber = await reader.subscribe(pattern);
    const operator = await aHolder(granting({ ...READ_ALL, [AUDIT]: 'list subscribe sudo' }));
    const entitled = await operator.subscribe(pattern);
    await writesPolicy();
    expect((await nextOf(entitled)).data.event_type).toBe('carillon/audit');
    expect(subscriber.waiting).toBe(0);
  });

  it('a replay has none', async () => {
    await writesPolicy();
    const reader = await aHolder(granting({ ...READ_ALL, [AUDIT]: 'list subscribe' }));
    const operator = await aHolder(granting({ ...READ_ALL, [AUDIT]: 'list subscribe sudo' }));
    const since = '&since=earliest';
    const entitled = await operator.subscribe('carillon/audit', since);
    expect((await nextOf(entitled)).data.event_type).toBe('carillon/audit');
    const subscriber = await reader.subscribe('carillon/audit', since);
    await writesPolicy();
    await nextOf(entitled);
    expect(subscriber.waiting).toBe(0);
  });

  it('an explanation says that it is missing', async () => {
    const body = {
      event: { event_type: 'carillon/audit', metadata: { path: 'sys/events/audit/denied' } },
      pattern: 'carillon/audit',
      policies: [granting({ ...READ_ALL, [AUDIT]: 'list subscribe' })],
    };
    const { data } = await root.writes('sys/events/explain', body);
    expect(data).toMatchObject({ delivered: false, decided_by: 'policy' });
    expect(JSON.stringify(data)).toContain('"reason":"sudo"');
  });
});

describe('nobody publishes an event of the server', () => {
  it('by a request, whoever it is', async () => {
    for (const type of ['carillon/audit', 'carillon/other', 'carillon']) {
      const response = await root.publish(type, on('sys/events/audit/login'));
      expect(response.status).toBe(400);
      expect(await errorsOf(response)).toContain('is for events of the server itself');
    }
    expect((await root.publish('carillonade', on('a'))).status).toBe(200);
  });

  it('by a source, which would be of this name', async () => {
    const response = await root.post('sys/events/sources/carillon', {
      kind: 'token',
      secrets: ['a-secret-of-24-characters'],
    });
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain('is for events of the server itself');
  });
});

describe('denied requests of strangers', () => {
  it('become few events, and the next one counts those that were left out', async () => {
    const more = 5;
    const noon = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(noon);
    for (let i = 0; i < MAX_DENIAL_EVENTS_PER_SECOND + more; i++) {
      await audited('GET', 'sys/policies/acl/x', { token: 'wrong' });
    }
    expect(await storedIn()).toHaveLength(MAX_DENIAL_EVENTS_PER_SECOND);
    await writesPolicy();
    vi.spyOn(Date, 'now').mockReturnValue(noon + 2000);
    await audited('GET', 'sys/policies/acl/x', { token: 'wrong' });
    const stored = (await storedIn()).map(({ data }) => data.event.metadata);
    expect(stored).toHaveLength(MAX_DENIAL_EVENTS_PER_SECOND + 2);
    expect(stored.at(-2)?.operation).toBe('policy_written');
    expect(stored.at(-1)?.omitted).toBe(more);
  });
});
