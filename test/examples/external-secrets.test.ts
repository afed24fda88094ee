/** The reloader with a real server and a JWT. The API of Kubernetes is a stand-in with the two requests it needs. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { type Running, startProgram } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';
import { carillon, ROOT } from './support.ts';

const folder = scratchFolder();
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

interface ExternalSecret {
  metadata: { name: string; namespace: string; annotations?: Record<string, string> };
  spec: object;
  status?: { refreshTime?: string };
}

/** The cluster: a PATCH changes it, as Kubernetes does. */
const secrets: ExternalSecret[] = Object.entries({
  database: { data: [{ remoteRef: { key: 'shop/database' } }] },
  'with-mount': { data: [{ remoteRef: { key: 'secret/shop/database' } }] },
  'with-data': { dataFrom: [{ extract: { key: 'secret/data/shop/database' } }] },
  mail: { dataFrom: [{ extract: { key: 'shop/mail' } }] },
  found: { dataFrom: [{ find: { name: { regexp: '.*' } } }] },
}).map(([name, spec]) => ({ metadata: { name, namespace: 'shop' }, spec }));

let server: LocalServer;
let kubernetes: Server;
let reloader: Running;
let patches: { name: string; path: string; type: string | undefined; body: unknown }[] = [];

beforeAll(async () => {
  server = await startLocalServer(['--root-token', 'root']);
  kubernetes = createServer(async (request, response) => {
    const { method, headers, url = '' } = request;
    const body = await text(request);
    if (method === 'PATCH') {
      const patch = JSON.parse(body) as Pick<ExternalSecret, 'metadata'>;
      const name = url.split('/').at(-1) ?? '';
      patches.push({ name, path: url, type: headers['content-type'], body: patch });
      const patched = secrets.find(({ metadata }) => metadata.name === name);
      if (patched !== undefined) patched.metadata.annotations = patch.metadata.annotations ?? {};
    }
    response.statusCode = headers.authorization === 'Bearer the token of the pod' ? 200 : 401;
    response.end(JSON.stringify({ items: secrets }));
  }).listen(0, '127.0.0.1');
  await once(kubernetes, 'listening');
  await configure();
  reloader = await startReloader();
});
beforeEach(() => {
  patches = [];
});
afterAll(async () => {
  await stopReloader();
  kubernetes.close();
  await server.stop();
});

async function startReloader(): Promise<Running> {
  const started = startProgram([join(ROOT, 'examples/external-secrets/reloader.js')], {
    VAULT_ADDR: server.address,
    KUBERNETES_API: `http://127.0.0.1:${(kubernetes.address() as AddressInfo).port}`,
    KUBERNETES_TOKEN_FILE: file('pod.token', 'the token of the pod\n'),
    CARILLON_JWT_FILE: file('carillon.jwt', jwt()),
  });
  await started.stdoutMatching(/connected/);
  return started;
}

async function stopReloader(): Promise<void> {
  reloader.child.kill('SIGTERM');
  expect(await reloader.finished).toMatchObject({ code: 0, stderr: '' });
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

/** As a cluster signs a projected token of a service account. */
function jwt(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const seconds = Math.floor(Date.now() / 1000);
  const claims = {
    aud: ['carillon'],
    sub: 'system:serviceaccount:carillon:carillon-reloader',
    iat: seconds,
    exp: seconds + 600,
  };
  const signed = `${part({ alg: 'ES256' })}.${part(claims)}`;
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

/** What the recipe configures, with the policy that it shows. */
async function configure(): Promise<void> {
  const recipe = readFileSync(join(ROOT, 'docs/recipes/external-secrets.md'), 'utf8');
  const policy = /<<'POLICY'\n([\s\S]*?)POLICY\n/.exec(recipe)?.[1] ?? '';
  await carillon(server, 'policy', 'write', 'reloader', file('reloader.hcl', policy));
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  await carillon(server, 'auth', 'config', 'jwt', '--public-key-file', file('issuer.pem', pem));
  const line = /^npx carillon (auth role write jwt .*)$/m.exec(recipe)?.[1] ?? '';
  await carillon(server, ...line.split(' '));
}

const change = (type: string, path: string) =>
  carillon(server, 'events', 'trigger', type, '--override', `path=${path}`);

const patched = () => patches.map(({ name }) => name).sort();

describe('examples/external-secrets', () => {
  it('has each ExternalSecret read again that names the secret, however it is written', async () => {
    await change('kv-v2/data-write', 'secret/data/shop/database');
    await expect.poll(patched).toEqual(['database', 'found', 'with-data', 'with-mount']);
    expect(patches[0]).toEqual({
      name: 'database',
      path: '/apis/external-secrets.io/v1/namespaces/shop/externalsecrets/database',
      type: 'application/merge-patch+json',
      body: { metadata: { annotations: { 'force-sync': expect.stringMatching(/^\d{4}-.*Z$/) } } },
    });
  });

  it.each([
    ['kv-v2/delete', 'secret/delete/shop/mail'],
    ['kv-v2/undelete', 'secret/undelete/shop/mail'],
    ['kv-v2/destroy', 'secret/destroy/shop/mail'],
    ['kv-v2/metadata-delete', 'secret/metadata/shop/mail'],
    ['kv-v2/data-delete', 'secret/data/shop/mail'],
  ])('hears of %s', async (type, path) => {
    await change(type, path);
    await expect.poll(patched).toEqual(['found', 'mail']);
  });

  it('learns of what happened while it was away, but not of what was read since', async () => {
    await stopReloader();
    await change('kv-v2/data-write', 'secret/data/bank/mail');
    await change('kv-v2/data-write', 'secret/data/shop/database');
    const [database, , , mail] = secrets;
    const later = new Date(Date.now() + 120_000).toISOString();
    if (database === undefined || mail === undefined) throw new Error('no secrets');
    database.status = { refreshTime: later };
    reloader = await startReloader();
    await expect.poll(patched).toEqual(['found', 'with-data', 'with-mount']);
    await change('kv-v2/data-write', 'secret/data/shop/mail');
    await expect.poll(patched).toEqual(['found', 'found', 'mail', 'with-data', 'with-mount']);
  });

  it('has a manifest whose rights are those that it uses', () => {
    const manifest = readFileSync(join(ROOT, 'examples/external-secrets/manifest.yaml'), 'utf8');
    const role = parseAllDocuments(manifest)
      .map((each) => each.toJS())
      .find(({ kind }) => kind === 'ClusterRole');
    expect(role.rules).toEqual([
      {
        apiGroups: ['external-secrets.io'],
        resources: ['externalsecrets'],
        verbs: ['list', 'patch'],
      },
    ]);
  });
});
