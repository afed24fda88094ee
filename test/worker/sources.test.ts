/** Sources: who may keep them, what they are refused for, and that their secrets stay theirs. */
import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, vi } from 'vitest';
import { MAX_SOURCES } from '../../src/authority/limits.ts';
import { seal } from '../../src/config/sealing.ts';
import {
  MAX_MAPPED_NAMES,
  MAX_SOURCE_SECRETS,
  MAX_TEMPLATE_CHARACTERS,
} from '../../src/ingest/limits.ts';
import { it } from './fixtures.ts';
import {
  accepted,
  aHolder,
  authority,
  Client,
  errorsOf,
  granting,
  objects,
  root,
  sql,
} from './security-support.ts';

const SOURCES = 'sys/events/sources';
const SECRET = 'canary-of-a-secret';
const GITHUB = { kind: 'github', secrets: [SECRET] };
/** JSON of which neither a text nor a number can be made. */
const NO_TEXT = { toString: 1, valueOf: 1 };

describe('a source', () => {
  it('is written with a kind and secrets alone, read, listed and deleted', async () => {
    expect((await root.post(`${SOURCES}/gh`, GITHUB)).status).toBe(204);
    const { data } = await root.reads(`${SOURCES}/gh`);
    expect(data).toEqual({
      kind: 'github',
      event_type: '',
      namespace: '',
      mapping: {},
      tolerance: 300,
      secrets: ['(hidden)'],
      address: '/v1/sys/events/in/gh',
    });
    expect((await accepted(await root.list(SOURCES))).data.keys).toEqual(['gh']);
    expect((await root.delete(`${SOURCES}/gh`)).status).toBe(204);
    expect((await root.get(`${SOURCES}/gh`)).status).toBe(404);
    expect((await root.list(SOURCES)).status).toBe(404);
  });

  it('keeps its secrets where a write leaves them out, and needs them where its kind is another', async () => {
    await root.writes(`${SOURCES}/gh`, { ...GITHUB, secrets: [SECRET, 'the-new-secret'] });
    await root.writes(`${SOURCES}/gh`, {
      kind: 'github',
      event_type: 'code/{header:X-GitHub-Event}',
    });
    expect((await root.reads(`${SOURCES}/gh`)).data).toMatchObject({
      event_type: 'code/{header:X-GitHub-Event}',
      secrets: ['(hidden)', '(hidden)'],
    });
    const other = await root.post(`${SOURCES}/gh`, { kind: 'token' });
    expect(other.status).toBe(400);
    expect(await errorsOf(other)).toBe('a source of another kind needs new secrets');
    const without = await root.post(`${SOURCES}/new`, { kind: 'token' });
    expect(await errorsOf(without)).toMatch(/^missing secrets; a source has one or more: /);
  });

  it.each([
    {
      kind: 'hmac',
      event_type: 'ci/{/x}',
      tolerance: 60,
      namespace: '',
      mapping: { id: '{/id}' },
      signature: {
        header: 'X-CI',
        algorithm: 'sha512',
        encoding: 'base64',
        prefix: 's=',
        signed: 'v0:{timestamp}:{body}',
        timestamp_header: 'X-CI-Time',
      },
    },
    {
      kind: 'hmac',
      event_type: '',
      tolerance: 300,
      namespace: '',
      mapping: { id: '{random}' },
      url: 'https://events.example.com/x',
      signature: {
        header: 'X-CI',
        algorithm: 'sha256',
        encoding: 'hex',
        signature_pair: 'h1',
        signed: '{timestamp}:{id}:{method}{url}{body}{header:X-A}',
        timestamp_pair: 'ts',
        id_header: 'X-Id',
      },
    },
    { kind: 'vault-audit', namespace: '', mounts: { 'kv/': 1 }, on_overload: 'block' },
  ])(
    'is shown as it was written, and its secrets never are what stands for them: %j',
    async (settings) => {
      await root.writes(`${SOURCES}/ci`, { ...settings, secrets: [SECRET] });
      const { address, secrets, ...shown } = (await root.reads(`${SOURCES}/ci`)).data;
      expect(address).toBe('/v1/sys/events/in/ci');
      expect(shown).toEqual(settings);
      const response = await root.post(`${SOURCES}/ci`, { ...shown, secrets });
      expect(response.status).toBe(400);
      expect(await errorsOf(response)).toBe(
        'secrets[0] is (hidden), as a secret is shown; leave secrets out to keep them',
      );
      expect((await root.post(`${SOURCES}/ci`, { ...shown, secrets: null })).status).toBe(204);
    },
  );

  it('is kept by those whose policies say so', async () => {
    const reader = await aHolder(granting({ [`${SOURCES}/gh`]: 'read' }));
    const maker = await aHolder(granting({ [`${SOURCES}/*`]: 'create' }));
    expect((await reader.post(`${SOURCES}/gh`, GITHUB)).status).toBe(403);
    expect((await maker.post(`${SOURCES}/gh`, GITHUB)).status).toBe(204);
    expect((await maker.post(`${SOURCES}/gh`, GITHUB)).status).toBe(403);
    expect((await maker.post(`${SOURCES}/gh/test`, { body: {} })).status).toBe(403);
    expect((await reader.get(`${SOURCES}/gh`)).status).toBe(200);
    expect((await reader.delete(`${SOURCES}/gh`)).status).toBe(403);
    expect((await reader.list(SOURCES)).status).toBe(403);
    expect((await new Client(undefined).get(`${SOURCES}/gh`)).status).toBe(403);
  });

  it('is of its namespace', async () => {
    const namespace = await root.makesNamespace();
    await root.in(namespace).writes(`${SOURCES}/gh`, GITHUB);
    expect((await root.get(`${SOURCES}/gh`)).status).toBe(404);
    expect((await root.in(namespace).reads(`${SOURCES}/gh`)).data.address).toBe(
      `/v1/${namespace}/sys/events/in/gh`,
    );
  });

  it.each([
    [{}, 'kind is ""'],
    [{ kind: 'nobody' }, 'kind is "nobody"; there are "github", '],
    [{ kind: 'constructor' }, 'kind is "constructor"'],
    [{ kind: 7 }, 'kind is a number'],
    [{ kind: 'github', secrets: [] }, 'secrets must be a list of one or more'],
    [{ kind: 'github', secrets: {} }, 'secrets must be a list'],
    [{ kind: 'github', secrets: 'x' }, 'secrets[0] has 1 characters'],
    [{ kind: 'github', secrets: [7] }, 'secrets[0] must be a string'],
    [{ kind: 'github', secrets: ['short'] }, 'secrets[0] has 5 characters; from 8 to 1024'],
    [
      { kind: 'github', secrets: Array(MAX_SOURCE_SECRETS + 1).fill('long-enough') },
      'at most 10 are allowed',
    ],
    [{ kind: 'token', secrets: ['with a blank'] }, 'secrets[0] is sent in a header'],
    [
      { kind: 'standard-webhooks', secrets: ['whsec_???!'] },
      'secrets[0] is not Base64 after "whsec_"',
    ],
    [
      { kind: 'standard-webhooks', secrets: ['my-plain-text-secret'] },
      'which may be left out; take it as the sender shows it, or make one: echo "whsec_$(openssl rand -base64 32)"',
    ],
    [{ kind: 'standard-webhooks', secrets: ['whpk_AAAA'] }, 'no ed25519 public key of 32 bytes'],
    [{ ...GITHUB, colour: 'red' }, 'unknown key "colour"; a source of kind "github" has'],
    [{ ...GITHUB, signature: {} }, 'unknown key "signature"'],
    [{ ...GITHUB, namespace: 'a b' }, 'namespace is "a b"'],
    [{ ...GITHUB, tolerance: '2d' }, 'tolerance must be from 1 to 86400 seconds'],
    [{ ...GITHUB, tolerance: 0 }, 'tolerance must be from 1 to 86400 seconds'],
    [{ ...GITHUB, event_type: 7 }, 'event_type must be a string'],
    [{ ...GITHUB, event_type: '{/type}' }, 'lets the sender choose where the event belongs'],
    [
      { ...GITHUB, event_type: 'my type/{/x}' },
      'event type "my type/x": segment "my type" has " "',
    ],
    [{ ...GITHUB, event_type: `${'t'.repeat(256)}/{/x}` }, 'has 258 characters'],
    [
      { ...GITHUB, mapping: { path: 'a/../b/{/x}' } },
      'mapping.path makes nothing that could be one',
    ],
    [{ ...GITHUB, mapping: { path: 'a//{/x}' } }, 'has an empty segment'],
    [{ ...GITHUB, mapping: [] }, 'mapping must be an object'],
    [{ ...GITHUB, mapping: { colour: '' } }, 'unknown key "colour" in mapping'],
    [{ ...GITHUB, mapping: { path: 7 } }, 'mapping.path must be a string'],
    [{ ...GITHUB, mapping: { path: '{/path}' } }, 'lets the sender choose'],
    [{ ...GITHUB, mapping: { path: 'github/{path}' } }, 'mapping.path: "{path}" is not understood'],
    [{ ...GITHUB, mapping: { metadata: 'all' } }, 'mapping.metadata must be an object'],
    [{ ...GITHUB, mapping: { metadata: { path: '/x' } } }, 'the rule for it is mapping.path'],
    [{ ...GITHUB, mapping: { metadata: { a: 7 } } }, 'mapping.metadata.a must be a JSON pointer'],
    [{ ...GITHUB, mapping: { metadata: { a: '/~7' } } }, 'mapping.metadata.a: the JSON pointer'],
    [
      {
        ...GITHUB,
        mapping: {
          metadata: Object.fromEntries(
            Array.from({ length: MAX_MAPPED_NAMES + 1 }, (_, index) => [`n${index}`, '/x']),
          ),
        },
      },
      'at most 64 are allowed',
    ],
    [{ kind: 'hmac', secrets: [SECRET] }, 'needs signature, such as'],
    [{ kind: 'hmac', secrets: [SECRET], signature: { header: 'a b' } }, 'no name of a header'],
    [
      { kind: 'hmac', secrets: [SECRET], signature: { header: 'X', algorithm: 'md5' } },
      'signature.algorithm is "md5"',
    ],
    [
      { kind: 'hmac', secrets: [SECRET], signature: { header: 'X', algorithm: 'constructor' } },
      'signature.algorithm is "constructor"',
    ],
    [
      { kind: 'hmac', secrets: [SECRET], signature: { header: 'X', signed: '{timestamp}' } },
      '"{body}" must stand in it once',
    ],
    [
      { kind: 'hmac', secrets: [SECRET], signature: { header: 'X', signed: '{timestamp}{body}' } },
      'give both or neither',
    ],
    [
      { kind: 'hmac', secrets: [SECRET], signature: { header: 'X', algorithm: 'ed25519' } },
      'there are "sha256", "sha512", "sha1", each as HMAC',
    ],
    [
      { kind: 'hmac', secrets: [SECRET], signature: { header: 'X', encoding: 'base64url' } },
      'signature.encoding is "base64url"; there are "hex" and "base64"',
    ],
    [
      {
        kind: 'hmac',
        secrets: [SECRET],
        signature: { header: 'X', signed: `{body}${'x'.repeat(MAX_TEMPLATE_CHARACTERS)}` },
      },
      `at most ${MAX_TEMPLATE_CHARACTERS} characters`,
    ],
    [
      { kind: 'hmac', secrets: [SECRET], signature: { header: 'X', signed: '{body}{header:a b}' } },
      'signature.signed: "a b" is no name of a header',
    ],
    [
      { kind: 'hmac', secrets: [SECRET], signature: { header: 'X', signed: '{body}{query}' } },
      'signature.signed has "{query}"',
    ],
    [
      { kind: 'hmac', secrets: [SECRET], signature: { header: 'X', timestamp_pair: 't' } },
      'signature.timestamp_pair needs signature.signature_pair',
    ],
    [
      {
        kind: 'hmac',
        secrets: [SECRET],
        signature: { header: 'X', signature_pair: 'v1', prefix: 'v1=' },
      },
      'give one of them',
    ],
    [
      {
        kind: 'hmac',
        secrets: [SECRET],
        signature: {
          header: 'X',
          signature_pair: 'v1',
          timestamp_pair: 't',
          timestamp_header: 'T',
        },
      },
      'signature has both timestamp_pair and timestamp_header',
    ],
    [
      { kind: 'hmac', secrets: [SECRET], signature: { header: 'X', signature_pair: 'v=1' } },
      'signature.signature_pair is "v=1"',
    ],
    [
      { kind: 'hmac', secrets: [SECRET], signature: { header: 'X', signed: '{id}.{body}' } },
      'signature.id_header names the header',
    ],
    [{ kind: 'vault-audit', secrets: [SECRET], mounts: { kv: 3 } }, 'must be 1 or 2'],
    [{ kind: 'vault-audit', secrets: [SECRET], mounts: { kv: true } }, 'must be 1 or 2'],
    [{ kind: 'vault-audit', secrets: [SECRET], mounts: { kv: NO_TEXT } }, 'must be 1 or 2'],
    [{ kind: 'vault-audit', secrets: [SECRET], on_overload: 'wait' }, '"drop" or "block"'],
    [{ kind: 'vault-audit', secrets: [SECRET], mapping: {} }, 'unknown key "mapping"'],
  ])('is refused when it is saved: %j', async (body, message) => {
    const response = await root.post(`${SOURCES}/gh`, body);
    expect(response.status).toBe(400);
    const errors = await errorsOf(response);
    expect(errors).toContain(message);
    expect(errors).not.toContain(SECRET);
    expect((await root.get(`${SOURCES}/gh`)).status).toBe(404);
  });

  it.each(['-x', 'a:b', 'x'.repeat(129), 'ä'])('cannot be called %s', async (name) => {
    const response = await root.post(`${SOURCES}/${encodeURIComponent(name)}`, GITHUB);
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain('the source name');
  });

  it('knows its mounts by paths of any form, and long ones take no time', async () => {
    const long = `a${'/'.repeat(200_000)}b`;
    const begun = performance.now();
    await root.writes(`${SOURCES}/bao`, {
      kind: 'vault-audit',
      secrets: [SECRET],
      mounts: { '/kv': '1', 'secret//': 2, [long]: 1 },
    });
    // By a regular expression it took many seconds.
    expect(performance.now() - begun).toBeLessThan(5000);
    expect((await root.reads(`${SOURCES}/bao`)).data.mounts).toEqual({
      'kv/': 1,
      'secret/': 2,
      [`${long}/`]: 1,
    });
  });

  it('is one of so many', async () => {
    await root.writes(`${SOURCES}/first`, GITHUB);
    await sql(
      authority(),
      `WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO sources SELECT 'source-' || i, s.settings, s.sealed_secrets, 1, NULL FROM n, sources s`,
      MAX_SOURCES,
    );
    const response = await root.post(`${SOURCES}/more`, GITHUB);
    expect(await errorsOf(response)).toBe(
      `there are ${MAX_SOURCES} sources already, as many as are allowed`,
    );
    expect((await root.post(`${SOURCES}/first`, GITHUB)).status).toBe(204);
  });
});

describe('a source that another release has written', () => {
  it.each([
    ['{"kind":"constructor"}', 'is of an unknown kind'],
    ['{"kind":"hmac"}', 'needs signature'],
    ['{"kind":"hmac","signature":{"header":"a b"}}', 'no name of a header'],
    ['{"kind":"hmac","signature":{"header":"X","algorithm":"SHA-3","signed":"{body}"}}', 'SHA-3'],
    ['{"kind":"token","namespace":"a b"}', 'namespace is "a b"'],
    ['{"kind":"token","event_type":"{/x}"}', 'lets the sender choose'],
    ['{"kind":"token","colour":"red"}', 'unknown key "colour"'],
  ])('is not used where this one could not have written it: %s', async (settings, reason) => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await root.writes(`${SOURCES}/old`, { kind: 'token', secrets: [SECRET] });
    await sql(authority(), 'UPDATE sources SET settings = ?', settings);
    const told = await root.post(`${SOURCES}/old/test`, { body: {} });
    expect(told.status).toBe(503);
    expect(await errorsOf(told)).toContain(reason);
    expect((await new Client(SECRET).post('sys/events/in/old')).status).toBe(503);
    expect((await root.get(`${SOURCES}/old`)).status).toBe(200);
    await root.writes(`${SOURCES}/old`, { kind: 'token', secrets: [SECRET] });
    expect((await new Client(SECRET).post('sys/events/in/old')).status).toBe(200);
  });

  it('has for what it does not say what is usual', async () => {
    await root.writes(`${SOURCES}/old`, { kind: 'stripe', secrets: [SECRET] });
    await sql(authority(), `UPDATE sources SET settings = '{"kind":"stripe"}'`);
    const response = await new Client(undefined).fetch('sys/events/in/old', {
      method: 'POST',
      headers: { 'Stripe-Signature': 't=1700000000,v1=00' },
      body: '{}',
    });
    expect(response.status).toBe(401);
    expect(await errorsOf(response)).toContain('at most 300 are allowed');
  });
});

describe('the secrets of a source', () => {
  it('are stored sealed, and no answer or log line shows one', async () => {
    const lines = (['log', 'warn', 'error'] as const).map((level) => vi.spyOn(console, level));
    await root.writes(`${SOURCES}/gh`, GITHUB);
    await root.reads(`${SOURCES}/gh`);
    await root.post('sys/events/in/gh', { hello: 'world' });
    await root.writes(`${SOURCES}/gh/test`, { body: {}, headers: { 'X-GitHub-Event': 'push' } });
    const rows = await sql(authority(), 'SELECT * FROM sources');
    expect(JSON.stringify(rows)).not.toContain(SECRET);
    expect(JSON.stringify(await root.reads(`${SOURCES}/gh`))).not.toContain(SECRET);
    expect(JSON.stringify(lines.map(({ mock }) => mock.calls))).not.toContain(SECRET);
  });

  it('cannot be moved to another source', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await root.writes(`${SOURCES}/gh`, GITHUB);
    await sql(authority(), "UPDATE sources SET name = 'other'");
    const told = await root.post(`${SOURCES}/other/test`, { body: {} });
    expect(await errorsOf(told)).toContain('sealed for another owner');
    const response = await root.post('sys/events/in/other');
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await errorsOf(response)).toBe(
      'the source cannot be used at the moment; the log of this server says why',
    );
  });

  it('are sealed anew under the first key when they are next used', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await root.writes(`${SOURCES}/gh`, GITHUB);
    const stale = await seal([new Uint8Array(32)], '\ngh', JSON.stringify(['an-old-secret']));
    await sql(authority(), 'UPDATE sources SET sealed_secrets = ?', stale);
    expect((await root.post('sys/events/in/gh')).status).toBe(503);
    const refused = await root.post(`${SOURCES}/gh/test`, { body: {} });
    expect(refused.status).toBe(503);
    expect(await errorsOf(refused)).toContain('put that key back after the new one');
    const variables = env as unknown as { SOURCE_KEY: string };
    const key = variables.SOURCE_KEY;
    variables.SOURCE_KEY = `${key},${Buffer.alloc(32).toString('base64')}`;
    await evictDurableObject(authority());
    try {
      const asked = await root.post('sys/events/in/gh');
      expect(await errorsOf(asked)).toContain('X-Hub-Signature-256');
    } finally {
      variables.SOURCE_KEY = key;
    }
    const [row] = await sql<{ sealed: string }>(
      authority(),
      'SELECT sealed_secrets AS sealed FROM sources',
    );
    expect(row?.sealed).not.toBe(stale);
    expect(row?.sealed.split('.')[0]).not.toBe(stale.split('.')[0]);
  });
});

describe('a name that nobody has made', () => {
  it('leaves nothing behind, whoever sends there', async () => {
    await root.writes(`${SOURCES}/gh`, GITHUB);
    const before = await objects();
    for (let index = 0; index < 50; index++) {
      const stranger = new Client(undefined, index % 2 === 0 ? '' : `forged-${index}`);
      expect((await stranger.post(`sys/events/in/name-${index}`)).status).toBe(404);
    }
    expect(await objects()).toEqual(before);
  });
});

it('no source has a slash in its name, and who writes one is told so', async () => {
  const response = await root.post('sys/events/sources/a/b', { kind: 'github' });
  expect(response.status).toBe(404);
  expect(await errorsOf(response)).toBe(
    'no handler for route "sys/events/sources/a/b". route entry not found. The name of a source has no slash.',
  );
});
