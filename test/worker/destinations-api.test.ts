/** Destinations by the API: who may keep them, what they may see, and that their secrets stay theirs. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, vi } from 'vitest';
import { callDestination } from '../../src/objects/stubs.ts';
import { Dispatcher } from '../../src/push/dispatcher.ts';
import { it } from './fixtures.ts';
import { accepted, aHolder, aName, Client, errorsOf, granting, root } from './security-support.ts';

const DESTINATIONS = 'sys/events/destinations';
const SECRET = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
/** An address for documentation, so that no name is looked up. Nothing answers there. */
const ADDRESS = 'https://203.0.113.7/hook';

/** What every receiver answers in these tests. */
let answer = () => new Response('thank you');
const sent: Request[] = [];

beforeEach(() => {
  sent.length = 0;
  answer = () => new Response('thank you');
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    sent.push(new Request(input, init));
    return answer();
  });
});

/** A webhook that sees by a policy which grants all events below `secret/`. */
async function webhook(more: Record<string, unknown> = {}, namespace = '') {
  const policy = aName('sees');
  const text = granting({ 'secret/*': 'list subscribe' });
  await root.in(namespace).writes(`sys/policies/acl/${policy}`, { policy: text });
  return {
    type: 'webhook',
    url: ADDRESS,
    secrets: [SECRET],
    pattern: 'kv-v2/*',
    policies: [policy],
    ...more,
  };
}

describe('a destination', () => {
  it('is written, read, listed and deleted', async () => {
    const name = aName('hook');
    const body = await webhook();
    expect((await root.post(`${DESTINATIONS}/${name}`, body)).status).toBe(204);
    const { data } = await root.reads(`${DESTINATIONS}/${name}`);
    expect(data).toEqual({
      pattern: 'kv-v2/*',
      namespaces: [],
      filter: '',
      policies: body.policies,
      type: 'webhook',
      url: ADDRESS,
      headers: {},
      handshake: 'off',
      format: 'cloudevents-structured',
      batch_max_events: 1,
      batch_max_wait: 0,
      concurrency: 1,
      max_attempts: 20,
      max_age: 86_400,
      dead_letter: '',
      secrets: ['(hidden)'],
      public_keys: [],
      state: {
        status: 'active',
        lag: expect.any(Number),
        positions: expect.any(Array),
        last_success: null,
        failures: 0,
        next_attempt: null,
        delivered: 0,
        dead_lettered: 0,
        gaps: 0,
      },
    });
    expect((await accepted(await root.list(DESTINATIONS))).data.keys).toContain(name);
    expect((await root.reads(`${DESTINATIONS}/${name}/attempts`)).data.attempts).toEqual([]);
    expect((await root.delete(`${DESTINATIONS}/${name}`)).status).toBe(204);
    expect((await root.get(`${DESTINATIONS}/${name}`)).status).toBe(404);
    expect((await root.get(`${DESTINATIONS}/${name}/attempts`)).status).toBe(404);
    expect((await root.delete(`${DESTINATIONS}/${name}`)).status).toBe(204);
  });

  it('keeps its secrets where a write leaves them out, and a new one needs them', async () => {
    const name = aName('hook');
    const body = await webhook();
    await root.writes(`${DESTINATIONS}/${name}`, { ...body, secrets: [SECRET, SECRET] });
    await root.writes(`${DESTINATIONS}/${name}`, { ...body, secrets: undefined, max_age: '2h' });
    expect((await root.reads(`${DESTINATIONS}/${name}`)).data).toMatchObject({
      secrets: ['(hidden)', '(hidden)'],
      max_age: 7200,
    });
    const response = await root.post(`${DESTINATIONS}/${aName('hook')}`, {
      ...body,
      secrets: undefined,
    });
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toMatch(/secret/);
  });

  it('has its secrets only for the server that they were written for', async () => {
    const name = aName('hook');
    const body = await webhook();
    const write = (more: object) => root.post(`${DESTINATIONS}/${name}`, { ...body, ...more });
    expect((await write({})).status).toBe(204);
    const path = { url: 'https://203.0.113.7/other', secrets: undefined };
    expect((await write(path)).status).toBe(204);
    const elsewhere = { url: 'https://203.0.113.8/hook', secrets: undefined };
    const refused = await write(elsewhere);
    expect(refused.status).toBe(400);
    expect(await errorsOf(refused)).toMatch(/url is of another server than before/);
    expect((await root.reads(`${DESTINATIONS}/${name}`)).data.url).toBe(path.url);
    expect((await write({ ...elsewhere, secrets: [SECRET] })).status).toBe(204);
  });

  it('can be written as it is shown, with a header whose credential nobody sees', async () => {
    const name = aName('hook');
    const headers = { Authorization: 'Bearer canary', 'X-Env': 'prod' };
    await root.writes(`${DESTINATIONS}/${name}`, await webhook({ headers }));
    const {
      secrets: _,
      public_keys: _keys,
      state: _state,
      ...shown
    } = (await root.reads(`${DESTINATIONS}/${name}`)).data;
    expect(shown.headers).toEqual({ Authorization: '(hidden)', 'X-Env': 'prod' });
    expect((await root.post(`${DESTINATIONS}/${name}`, shown)).status).toBe(204);
    const stored = await callDestination(env, '', name, (stub) => stub.describe());
    expect(stored?.settings.target).toMatchObject({ headers });
    const elsewhere = await root.post(`${DESTINATIONS}/${name}`, {
      ...shown,
      url: 'https://203.0.113.8/hook',
    });
    expect(elsewhere.status).toBe(400);
    expect(await errorsOf(elsewhere)).toMatch(/another receiver would be given the stored value/);
  });

  it('is of its namespace', async () => {
    const namespace = await root.makesNamespace();
    const name = aName('hook');
    await root
      .in(namespace)
      .writes(`${DESTINATIONS}/${name}`, await webhook({ namespaces: ['*'] }, namespace));
    expect((await root.get(`${DESTINATIONS}/${name}`)).status).toBe(404);
    expect((await root.in(namespace).reads(`${DESTINATIONS}/${name}`)).data.namespaces).toEqual([
      '*',
    ]);
  });

  it('is kept by those whose policies say so', async () => {
    const name = aName('hook');
    const path = `${DESTINATIONS}/${name}`;
    const body = await webhook();
    const writes = async (capability: string) => {
      const holder = await aHolder(granting({ [path]: capability }));
      const auth = await root.makes({ policies: [holder.policy, ...body.policies] });
      return new Client(auth.client_token);
    };
    const [creator, writer, reader] = [
      await writes('create'),
      await writes('update'),
      await writes('read'),
    ];
    expect((await reader.post(path, body)).status).toBe(403);
    expect((await writer.post(path, body)).status).toBe(403);
    expect((await creator.post(path, body)).status).toBe(204);
    expect((await creator.post(path, body)).status).toBe(403);
    expect((await writer.post(path, body)).status).toBe(204);
    expect((await reader.get(path)).status).toBe(200);
    for (const below of ['test', 'pause', 'resume', 'replay']) {
      expect((await writer.post(`${path}/${below}`)).status).toBe(403);
    }
    expect((await reader.get(`${path}/attempts`)).status).toBe(403);
    expect((await writer.delete(path)).status).toBe(403);
    expect((await reader.list(DESTINATIONS)).status).toBe(403);
    expect((await new Client(undefined).get(path)).status).toBe(403);
  });

  it.each(['-x', 'a:b', 'x'.repeat(129), 'ä'])('cannot be called %s', async (name) => {
    const path = `${DESTINATIONS}/${encodeURIComponent(name)}`;
    const response = await root.post(path, await webhook());
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain('the destination name');
    expect((await root.get(path)).status).toBe(404);
    expect((await root.post(`${path}/pause`)).status).toBe(404);
  });

  it.each([
    [{ policies: ['root'] }, 'policies has "root"'],
    [{ url: 'https://127.0.0.1/' }, 'url is an address of a private network'],
    [{ colour: 'red' }, 'unknown key "colour"; a destination of type "webhook" has'],
    [{ type: 'worker', url: undefined, secrets: undefined, binding: 'HUB' }, 'HUB'],
    [{ dead_letter: 'nobody-has-this-name' }, 'nobody-has-this-name'],
  ])('is refused with a sentence: %j', async (more, message) => {
    const name = aName('hook');
    const response = await root.post(`${DESTINATIONS}/${name}`, await webhook(more));
    expect(response.status).toBe(400);
    const errors = await errorsOf(response);
    expect(errors).toContain(message);
    expect(errors).not.toContain(SECRET);
    expect((await root.get(`${DESTINATIONS}/${name}`)).status).toBe(404);
  });

  it('waits for the end of a deployment whose release knows no destinations', async () => {
    vi.spyOn(Dispatcher.prototype, 'put').mockImplementation(() => {
      throw new TypeError('The RPC receiver does not implement the method "put".');
    });
    const response = await root.post(`${DESTINATIONS}/${aName('hook')}`, await webhook());
    expect(response.status).toBe(503);
    expect(await errorsOf(response)).toBe(
      'another release of this server is being deployed; try again in a minute',
    );
  });

  it('that nobody has is found by none of its commands', async () => {
    const path = `${DESTINATIONS}/${aName('nobody')}`;
    for (const below of ['test', 'pause', 'resume']) {
      expect((await root.post(`${path}/${below}`)).status).toBe(404);
    }
    expect((await root.post(`${path}/replay`, { since: 'earliest' })).status).toBe(404);
  });
});

describe('the policies of a destination', () => {
  it('are some of those of its writer, unless that has sudo on its path', async () => {
    const path = `${DESTINATIONS}/${aName('hook')}`;
    const body = await webhook();
    const writer = await aHolder(granting({ [path]: 'create update' }));
    const refused = await writer.post(path, body);
    expect(refused.status).toBe(403);
    expect(await errorsOf(refused)).toBe(
      `policies: your token does not have "${body.policies[0]}"; a destination may see no more than its writer. Give policies that your token has, or write it with a token that has "sudo" on "${path}"`,
    );
    const own = { ...body, policies: [writer.policy] };
    expect((await writer.post(path, own)).status).toBe(200);
    const sudo = await aHolder(granting({ [path]: 'create update sudo' }));
    expect((await sudo.post(path, body)).status).toBe(204);
    expect((await writer.post(path, body)).status).toBe(403);
    expect(
      (await writer.post(path, { ...body, policies: [writer.policy, ...body.policies] })).status,
    ).toBe(403);
  });

  it('are of its namespace, so a token of a namespace above has none of them', async () => {
    const namespace = await root.makesNamespace();
    const path = `${DESTINATIONS}/${aName('hook')}`;
    const writer = await aHolder(granting({ [`${namespace}/${path}`]: 'create update' }));
    const policy = { policy: granting({ 'secret/*': 'list subscribe' }) };
    await root.in(namespace).writes(`sys/policies/acl/${writer.policy}`, policy);
    const body = await webhook({ policies: [writer.policy] }, namespace);
    const refused = await writer.in(namespace).post(path, body);
    expect(refused.status).toBe(403);
    expect(await errorsOf(refused)).toContain('your token is of a namespace above');
    const sudo = await aHolder(granting({ [`${namespace}/${path}`]: 'create update sudo' }));
    expect((await sudo.in(namespace).post(path, body)).status).toBe(204);
  });

  it('that do not exist, or grant nothing of the pattern, are a warning', async () => {
    const path = `${DESTINATIONS}/${aName('hook')}`;
    const { warnings } = await root.writes(path, await webhook({ policies: ['no-such-policy'] }));
    expect(warnings).toEqual([
      'policies: there is no policy "no-such-policy", so it grants nothing',
      'policies: none of them grants list and subscribe with subscribe_event_types that "kv-v2/*" has in common, so nothing will be delivered',
    ]);
  });
});

describe('the dead letters of a destination', () => {
  it('go to another one only if its writer may change that one too', async () => {
    const other = aName('other');
    await root.post(`${DESTINATIONS}/${other}`, await webhook());
    const path = `${DESTINATIONS}/${aName('hook')}`;
    const writer = await aHolder(granting({ [path]: 'create update' }));
    const body = await webhook({ policies: [writer.policy], dead_letter: other });
    const refused = await writer.post(path, body);
    expect(refused.status).toBe(403);
    expect(await errorsOf(refused)).toContain(`"update" on "${DESTINATIONS}/${other}"`);
    expect((await root.delete(`${DESTINATIONS}/${other}`)).status).toBe(204);
    await root.post(`${DESTINATIONS}/${other}`, await webhook());
    const both = await aHolder(
      granting({ [path]: 'create update', [`${DESTINATIONS}/${other}`]: 'update' }),
    );
    expect((await both.post(path, { ...body, policies: [both.policy] })).status).toBe(200);
  });
});

describe('a command', () => {
  it('pauses and resumes a destination', async () => {
    const path = `${DESTINATIONS}/${aName('hook')}`;
    await root.writes(path, await webhook());
    expect((await root.post(`${path}/pause`)).status).toBe(204);
    expect((await root.reads(path)).data.state).toMatchObject({
      status: 'paused',
      reason: 'operator',
    });
    expect((await root.post(`${path}/resume`)).status).toBe(204);
    expect((await root.reads(path)).data.state).toMatchObject({ status: 'active' });
  });

  it('sends a sample, and shows what the receiver answered', async () => {
    const path = `${DESTINATIONS}/${aName('hook')}`;
    await root.writes(path, await webhook());
    answer = () => new Response('no such hook', { status: 404 });
    const { data } = await root.writes(`${path}/test`);
    expect(data).toMatchObject({
      result: 'failed',
      status: 404,
      answer: 'no such hook',
      events: 1,
    });
    expect(sent.map(({ url }) => url)).toEqual([ADDRESS]);
    const { attempts } = (await root.reads(`${path}/attempts`)).data;
    expect(attempts).toEqual([expect.objectContaining({ result: 'failed', status: 404 })]);
  });

  it.each([
    [{}, 'missing since'],
    [{ since: ' ' }, 'since is blank'],
    [{ since: 'an-id' }, 'since is "an-id", the id of an event'],
    [{ since: 7 }, 'since must be a string'],
  ])('replays since a time, or is refused: %j', async (body, message) => {
    const path = `${DESTINATIONS}/${aName('hook')}`;
    await root.writes(path, await webhook());
    expect((await root.post(`${path}/replay`, { since: '-1h' })).status).toBe(204);
    const response = await root.post(`${path}/replay`, body);
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain(message);
  });

  it('is in the audit log, without the path of the URL and without a secret', async () => {
    const lines: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((line: unknown) => void lines.push(String(line)));
    const name = aName('hook');
    const path = `${DESTINATIONS}/${name}`;
    const body = await webhook({
      url: `${ADDRESS}?key=canary`,
      headers: { Authorization: 'canary' },
    });
    await root.writes(path, body);
    await root.post(`${path}/pause`);
    await root.post(`${path}/resume`);
    await root.post(`${path}/replay`, { since: 'earliest' });
    await root.post(`${path}/test`);
    await root.delete(path);
    const told = lines
      .filter((line) => line.includes(`"${name}"`))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(told.map(({ audit }) => audit)).toEqual([
      'destination_written',
      'destination_paused',
      'destination_resumed',
      'destination_replayed',
      'destination_tested',
      'destination_deleted',
    ]);
    expect(told[0]).toMatchObject({
      policies: body.policies[0],
      target: 'webhook',
      host: '203.0.113.7',
    });
    expect(lines.join('\n')).not.toMatch(/canary|whsec/);
  });
});
