/** Explaining a delivery: it says what a delivery would do, and tells nobody what they may not know. */
import { describe, expect } from 'vitest';
import { MAX_EVENT_ID_CHARACTERS } from '../../src/event/limits.ts';
import { MAX_EXPLAINED_HUBS } from '../../src/http/limits.ts';
import { MAX_POLICIES_PER_TOKEN } from '../../src/policy/limits.ts';
import { it } from './fixtures.ts';
import {
  type Answer,
  aHolder,
  aName,
  anAdmin,
  Client,
  errorsOf,
  granting,
  hubOf,
  LISTENER,
  listenerOn,
  objects,
  on,
  root,
  sql,
} from './security-support.ts';

const EXPLAIN = 'sys/events/explain';

const MAY_ASK = granting({ [EXPLAIN]: 'update' });

interface Step {
  readonly step: string;
  readonly passed: boolean;
  readonly reason?: string;
  readonly rule?: unknown;
}

function stepOf({ data }: Answer, name: string): Step {
  const step = (data.steps as Step[]).find((each) => each.step === name);
  if (step === undefined) throw new Error(`there is no step ${name}`);
  return step;
}

const EVENT = { event_type: 'abc', metadata: { path: 'secret/a', operation: 'write' } };

describe('the explanation of an event of kv version 2', () => {
  const hintFor = async (path: string, eventType: string, granted: string) => {
    const answer = await root.writes(EXPLAIN, {
      pattern: 'kv*',
      policies: [granting({ 'sys/events/subscribe/*': 'read', [granted]: 'list subscribe' })],
      event: {
        event_type: eventType,
        metadata: { path, data_path: path, modified: 'true', operation: 'x' },
      },
    });
    return (stepOf(answer, 'policy') as { hint?: string }).hint;
  };

  it.each([
    ['secret/delete/app', 'kv-v2/delete', 'secret/data/app'],
    ['secret/metadata/app', 'kv-v2/metadata-write', 'secret/data/*'],
    ['secret/data/app', 'kv-v2/data-write', 'secret/app'],
  ])('says which rule is missing for %s (%s) beside %s', async (path, type, granted) => {
    expect(await hintFor(path, type, granted)).toBe(
      'a rule grants other events of this secret: add "secret/+/app"',
    );
  });

  it.each([
    ['secret/delete/app', 'kv-v2/delete', 'secret/data/other'],
    ['secret/delete/app', 'kv-v2/delete', 'secret/+/app'],
    ['deploy/delete/app', 'deploy/finished', 'deploy/data/app'],
  ])('has no hint for %s (%s) beside %s', async (path, type, granted) => {
    expect(await hintFor(path, type, granted)).toBeUndefined();
  });
});

describe('the decision', () => {
  it.each([
    ['subscribe', { 'sys/events/subscribe/x': 'read', 'secret/*': 'list subscribe' }, {}],
    ['namespace', {}, { event: { ...EVENT, namespace: 'other' } }],
    ['event_type', {}, { pattern: 'def' }],
    ['filter', {}, { filter: 'operation == read' }],
    ['filter', {}, { filter: 'unknown == read' }],
    ['policy', { 'sys/events/subscribe/*': 'read', 'secret/*': 'list' }, {}],
    ['policy', { 'sys/events/subscribe/*': 'read' }, {}],
    ['policy', {}, { event: { event_type: 'abc' } }],
  ])('is made by the step %s where that fails (%j, %j)', async (step, rules, more) => {
    const holder = await aHolder(
      `${MAY_ASK}\n${Object.keys(rules).length === 0 ? LISTENER : granting(rules)}`,
    );
    const answer = await holder.writes(EXPLAIN, { event: EVENT, pattern: 'abc', ...more });
    expect(answer.data).toMatchObject({ delivered: false, decided_by: step });
    expect(stepOf(answer, step).passed).toBe(false);
  });

  it('is that of a delivery, whatever is asked', async () => {
    const policies = [
      LISTENER,
      listenerOn('secret/a'),
      listenerOn('+/a'),
      granting({ 'sys/events/subscribe/*': 'read', 'secret/*': 'list' }),
      granting({
        'sys/events/subscribe/*': 'read',
        'secret/*': 'list subscribe',
        'secret/a': 'deny',
      }),
      `${granting({ 'sys/events/subscribe/*': 'read' })}\n${granting({ 'secret/*': 'list subscribe' }, ['a*'])}`,
    ];
    const events = [
      { event_type: 'abc', metadata: { path: 'secret/a', operation: 'write' } },
      { event_type: 'def', metadata: { path: 'secret/a' } },
      { event_type: 'abc', metadata: { path: 'secret/b', operation: 'read' } },
      { event_type: 'abc', metadata: { path: 'other/a' } },
      { event_type: 'abc' },
    ];
    const asked = [
      { pattern: 'abc', filter: '' },
      { pattern: '*', filter: '' },
      { pattern: '*', filter: 'operation == write' },
      { pattern: 'a*', filter: 'operation != write and data_path is empty' },
    ];
    for (const policy of policies) {
      const holder = await aHolder(`${MAY_ASK}\n${policy}`);
      const subscribers = await Promise.all(
        asked.map(({ pattern, filter }) =>
          holder.subscribe(pattern, filter && `&filter=${encodeURIComponent(filter)}`),
        ),
      );
      const heard = subscribers.map(() => [] as string[]);
      const explained = subscribers.map(() => [] as string[]);
      for (const event of events) {
        const id = await root.published('', event);
        for (const [index, question] of asked.entries()) {
          const { data } = await holder.writes(EXPLAIN, { event, ...question });
          if (data.delivered) explained[index]?.push(id);
        }
      }
      for (const [index, subscriber] of subscribers.entries()) {
        for (const _ of explained[index] ?? []) heard[index]?.push(await subscriber.nextId());
        expect(await Promise.race([subscriber.next(), scheduler.wait(5)])).toBeUndefined();
      }
      expect(heard).toEqual(explained);
    }
  });

  it('is that for the namespaces that are asked for', async ({ team }) => {
    const below = await root.in(team).makesNamespace('below');
    const holder = await aHolder(
      `${MAY_ASK}\n${LISTENER}\n${listenerOn('below/secret/*')}`,
      {},
      team,
    );
    const event = { ...EVENT, namespace: below };
    const ask = async (namespaces?: string[]) =>
      (await holder.writes(EXPLAIN, { event, pattern: '*', namespaces })).data.delivered;
    expect([await ask(), await ask(['below']), await ask(['*']), await ask(['other'])]).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('is that no policy reaches beyond its own namespace', async ({ team }) => {
    const holder = await aHolder(`${MAY_ASK}\n${listenerOn('*')}`, {}, team);
    for (const namespace of ['', 'other', `${team}s`]) {
      const event = { ...EVENT, namespace: namespace || 'root' };
      const answer = await holder.writes(EXPLAIN, { event, pattern: 'abc' });
      expect(answer.data).toMatchObject({ delivered: false, decided_by: 'namespace' });
      expect(stepOf(answer, 'policy')).toMatchObject({ passed: false, reason: 'no_rule' });
    }
  });

  it('is that for policies which are only proposed', async () => {
    const holder = await aHolder(MAY_ASK);
    const ask = async (policies: string[]) =>
      holder.writes(EXPLAIN, { event: EVENT, pattern: 'abc', policies });
    expect((await ask([LISTENER])).data.delivered).toBe(true);
    expect((await ask([])).data.delivered).toBe(false);
    const denied = await ask([LISTENER, granting({ 'secret/a': 'deny' })]);
    expect(denied.data.delivered).toBe(false);
    expect(stepOf(denied, 'policy').rule).toMatchObject({
      path: 'secret/a',
      sources: [{ policy: 'policies[1]' }],
    });
  });
});

describe('an event that was published', () => {
  it('is known by its id to those who may see it', async () => {
    const holder = await aHolder(`${MAY_ASK}\n${LISTENER}`);
    const id = await root.published('abc', on('secret/a'));
    for (const body of [
      { id, pattern: 'abc' },
      { id, pattern: '*' },
      { id, pattern: 'x*', event_type: 'abc' },
    ]) {
      const { data } = await holder.writes(EXPLAIN, body);
      expect(data.delivered).toBe(body.pattern !== 'x*');
    }
  });

  it('is as unknown as one that never was to those who may not', async () => {
    const holder = await aHolder(`${MAY_ASK}\n${listenerOn('other/*')}`);
    const hidden = [
      await root.published('abc', on('secret/a')),
      await root.published('abc', {}),
      await root.published('abc', on('other/a', { event_type: 'abc' })).then(async (id) => {
        await root.writes(`sys/policies/acl/${holder.policy}`, {
          policy: `${MAY_ASK}\n${granting({ 'sys/events/subscribe/*': 'read', 'other/*': 'list' })}`,
        });
        return id;
      }),
    ];
    const never = crypto.randomUUID();
    const answers = [];
    for (const id of [never, ...hidden]) {
      for (const pattern of ['abc', '*', 'a*', 'def']) {
        const response = await holder.post(EXPLAIN, { id, pattern });
        answers.push([response.status, (await response.text()).replaceAll(id, '<id>')].join(' '));
      }
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^400 /);
  });

  it('of another namespace is as unknown as one that never was', async () => {
    const [team, sibling] = [await root.makesNamespace(), await root.makesNamespace()];
    const admin = await anAdmin(team);
    const hidden = [
      await root.published('abc', on('secret/a')),
      await root.in(sibling).published('abc', on('secret/a')),
    ];
    const answers = [];
    for (const id of [crypto.randomUUID(), ...hidden]) {
      const response = await admin.post(EXPLAIN, { id, pattern: '*', namespaces: ['*'] });
      answers.push([response.status, (await response.text()).replaceAll(id, '<id>')].join(' '));
    }
    expect(new Set(answers).size).toBe(1);
    expect(
      (await root.in(sibling).writes(EXPLAIN, { id: hidden[1], pattern: '*' })).data.delivered,
    ).toBe(true);
    const fromAbove = await root.writes(EXPLAIN, {
      id: hidden[1],
      pattern: '*',
      namespaces: ['*'],
    });
    expect(fromAbove.data.delivered).toBe(true);
  });

  it('is not hidden by one of the same id that one may not see', async () => {
    const holder = await aHolder(`${MAY_ASK}\n${LISTENER}`);
    for (const [first, second] of [
      ['aaa', 'zzz'],
      ['zzz', 'aaa'],
    ] as const) {
      const id = crypto.randomUUID();
      await root.published(first, on('other/a', { id }));
      await root.published(second, on('secret/a', { id }));
      const { data } = await holder.writes(EXPLAIN, { id, pattern: '*' });
      expect(data.delivered).toBe(true);
    }
  });

  it('of the same id and type is not hidden either', async () => {
    const holder = await aHolder(`${MAY_ASK}\n${LISTENER}`);
    const [one, other] = [
      await aHolder(granting({ '*': 'update' })),
      await aHolder(granting({ '*': 'update' })),
    ];
    const id = crypto.randomUUID();
    await one.published('abc', on('secret/a', { id }));
    await other.published('abc', on('other/a', { id }));
    expect((await holder.writes(EXPLAIN, { id, pattern: 'abc' })).data.delivered).toBe(true);
  });

  it('is looked for at as many hubs as allowed, unless its type is named', async () => {
    const id = await root.published('zzz', on('secret/a'));
    await sql(
      hubOf('*'),
      `INSERT INTO hubs (hub, is_own, request_version, is_feeding, publisher)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       SELECT '/a' || i, 1, 1, 0, '' FROM n`,
      MAX_EXPLAINED_HUBS,
    );
    expect((await root.post(EXPLAIN, { id, pattern: '*' })).status).toBe(400);
    const { data } = await root.writes(EXPLAIN, { id, pattern: '*', event_type: 'zzz' });
    expect(data.delivered).toBe(true);
    await sql(hubOf('*'), "DELETE FROM hubs WHERE hub = '/a1'");
    expect((await root.writes(EXPLAIN, { id, pattern: '*' })).data.delivered).toBe(true);
  });

  it('leaves no object behind when it is asked for', async () => {
    await root.published('abc', on('secret/a'));
    await root.post(EXPLAIN, { id: 'x', pattern: '*' });
    const before = await objects();
    for (let i = 0; i < 20; i++) {
      await root.post(EXPLAIN, { id: 'x', pattern: `type-${i}`, event_type: `type-${i}` });
    }
    expect(await objects()).toEqual(before);
  });
});

describe('the rule that decided', () => {
  const HIDDEN = 'hidden: the right to read the policy is missing';

  it('is shown to those who may read the policy, with its place', async () => {
    const reader = `${MAY_ASK}\n${LISTENER}\n${granting({ 'sys/policies/acl/*': 'read' })}`;
    const holder = await aHolder(reader);
    const answer = await holder.writes(EXPLAIN, { event: EVENT, pattern: 'abc' });
    expect(stepOf(answer, 'policy').rule).toEqual({
      path: 'secret/*',
      capabilities: ['list', 'subscribe'],
      subscribe_event_types: ['*'],
      sources: [{ policy: holder.policy, line: expect.any(Number) }],
    });
  });

  it('is hidden from those who may not, though it is that of their own token', async () => {
    const holder = await aHolder(`${MAY_ASK}\n${LISTENER}`);
    const response = await holder.post(EXPLAIN, { event: EVENT, pattern: 'abc' });
    const text = await response.text();
    expect(text).toContain(HIDDEN);
    expect(text).not.toContain('secret/*');
    expect(text).not.toContain(holder.policy);
  });

  it('is hidden where it is of two policies of which one may not be read', async () => {
    const [open, closed] = [await aHolder(LISTENER), await aHolder(LISTENER)];
    const asker = await aHolder(
      `${MAY_ASK}\n${granting({ [`sys/policies/acl/${open.policy}`]: 'read' })}`,
    );
    const { client_token } = await root.makes({
      policies: [open.policy, closed.policy, asker.policy],
    });
    const answer = await new Client(client_token).writes(EXPLAIN, { event: EVENT, pattern: 'abc' });
    expect(stepOf(answer, 'policy').rule).toBe(HIDDEN);
  });

  it('of a policy of one namespace is not shown for the right to read another’s of the same name', async ({
    team,
  }) => {
    const name = aName('app');
    await root.in(team).writes(`sys/policies/acl/${name}`, { policy: LISTENER });
    await root.writes(`sys/policies/acl/${name}`, {
      policy: granting({
        [`${team}/${EXPLAIN}`]: 'update',
        [`${team}/sys/policies/acl/*`]: 'read',
        [`${team}/sys/events/subscribe/*`]: 'read',
        [`${team}/secret/*`]: 'list subscribe',
      }),
    });
    const { client_token } = await root.makes({ policies: [name] });
    const asker = new Client(client_token, team);
    expect((await asker.get(`sys/policies/acl/${name}`)).status).toBe(200);
    const answer = await asker.writes(EXPLAIN, {
      event: { ...EVENT, namespace: team },
      pattern: 'abc',
    });
    expect(answer.data.delivered).toBe(true);
    expect(stepOf(answer, 'policy').rule).toBe(HIDDEN);
  });
});

it('asking needs the right to', async ({ holder }) => {
  expect((await holder.post(EXPLAIN, { event: EVENT, pattern: 'abc' })).status).toBe(403);
});

it.each([
  [{}, 'missing pattern'],
  [{ pattern: 'abc' }, 'either the event, or the id'],
  [{ pattern: 'abc', event: EVENT, id: 'x' }, 'either the event, or the id'],
  [{ pattern: 'abc', event: 7 }, 'event:'],
  [{ pattern: 'abc', event: { event_type: 'a b' } }, 'event:'],
  [{ pattern: 'abc', event: EVENT, filter: '(' }, 'filter:'],
  [{ pattern: 'abc', event: EVENT, filter: 7 }, 'filter must be a string'],
  [{ pattern: 'abc', event: EVENT, namespaces: 1 }, 'namespaces must be a list'],
  [{ pattern: 'abc', event: EVENT, namespaces: 'a,../x' }, 'leads out'],
  [{ pattern: 'abc', event: EVENT, namespaces: ['../x'] }, 'leads out'],
  [{ pattern: 'abc', event: EVENT, token: 'a', accessor: 'b' }, 'give one of'],
  [{ pattern: 'abc', event: EVENT, policies: ['path "a" {'] }, 'policies[0]:'],
  [
    {
      pattern: 'abc',
      event: EVENT,
      policies: Array.from({ length: MAX_POLICIES_PER_TOKEN + 1 }, () => ''),
    },
    `at most ${MAX_POLICIES_PER_TOKEN}`,
  ],
  [{ pattern: 'abc', event: EVENT, typo: 1 }, 'unknown key "typo"'],
  [{ pattern: 'abc', id: '' }, 'id must be a text'],
  [
    { pattern: 'abc', id: 'x'.repeat(MAX_EVENT_ID_CHARACTERS + 1) },
    `at most ${MAX_EVENT_ID_CHARACTERS}`,
  ],
  [{ pattern: 'x'.repeat(1000), event: EVENT }, 'at most'],
])('%.60j is refused', async (body, message) => {
  const response = await root.post(EXPLAIN, body);
  expect(response.status).toBe(400);
  expect(await errorsOf(response)).toContain(message);
});
