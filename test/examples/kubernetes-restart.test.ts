/** The controller with a real server and real JWTs. The API of Kubernetes is a stand-in with the two requests it needs. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { type Running, startProgram } from '../support/run.ts';
import { scratchFolder } from '../support/scratch.ts';
import { carillon, ROOT } from './support.ts';

const folder = scratchFolder();
const SUBJECT = 'system:serviceaccount:carillon:carillon-restart';
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** The cluster: a PATCH changes it, as Kubernetes does. */
const deployments = [
  { name: 'shop', secrets: 'secret/data/shop/database, secret/data/shop/mail' },
  { name: 'mail', secrets: 'secret/data/shop/mail' },
  { name: 'other', secrets: '' },
].map(({ name, secrets }) => ({
  metadata: {
    name,
    namespace: 'shop',
    creationTimestamp: '2026-01-01T00:00:00Z',
    annotations: { 'carillon.events/secrets': secrets },
  },
  spec: { template: {} },
}));

let server: LocalServer;
let kubernetes: Server;
let controller: Running;
const patches: { path: string; type: string | undefined; body: unknown }[] = [];

beforeAll(async () => {
  server = await startLocalServer(['--root-token', 'root']);
  kubernetes = createServer(async (request, response) => {
    const { method, headers, url = '' } = request;
    const isAllowed = headers.authorization === 'Bearer the token of the pod';
    const body = await text(request);
    if (method === 'PATCH') {
      const patch = JSON.parse(body) as { spec: { template: object } };
      patches.push({ path: url, type: headers['content-type'], body: patch });
      const patched = deployments.find(({ metadata }) => url.endsWith(`/${metadata.name}`));
      if (patched !== undefined) patched.spec = patch.spec;
    }
    response.statusCode = isAllowed ? 200 : 401;
    response.end(JSON.stringify({ items: deployments }));
  }).listen(0, '127.0.0.1');
  await once(kubernetes, 'listening');
  await configure();
  controller = await startController();
});

async function startController(): Promise<Running> {
  const started = startProgram([join(ROOT, 'examples/kubernetes-restart/controller.js')], {
    VAULT_ADDR: server.address,
    KUBERNETES_API: `http://127.0.0.1:${(kubernetes.address() as AddressInfo).port}`,
    KUBERNETES_TOKEN_FILE: file('pod.token', 'the token of the pod\n'),
    CARILLON_JWT_FILE: file('carillon.jwt', jwt(SUBJECT)),
  });
  await started.stdoutMatching(/connected/);
  return started;
}

async function stopController(): Promise<void> {
  controller.child.kill('SIGTERM');
  expect(await controller.finished).toMatchObject({ code: 0, stderr: '' });
}

afterAll(async () => {
  await stopController();
  kubernetes.close();
  await server.stop();
});

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

/** As a cluster signs a projected token of a service account. */
function jwt(subject: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const seconds = Math.floor(Date.now() / 1000);
  const claims = {
    aud: ['carillon'],
    sub: subject,
    iat: seconds,
    nbf: seconds,
    exp: seconds + 600,
  };
  const signed = `${part({ alg: 'ES256' })}.${part({ iss: 'https://cluster.example.com', ...claims })}`;
  const signature = sign('sha256', Buffer.from(signed), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return `${signed}.${signature.toString('base64url')}`;
}

/** What the recipe configures, with the policy that it shows. */
async function configure(): Promise<void> {
  const recipe = readFileSync(join(ROOT, 'docs/recipes/kubernetes.md'), 'utf8');
  const policy = /<<'POLICY'\n([\s\S]*?)POLICY\n/.exec(recipe)?.[1] ?? '';
  await carillon(server, 'policy', 'write', 'restart', file('restart.hcl', policy));
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  await carillon(server, 'auth', 'config', 'jwt', '--public-key-file', file('issuer.pem', pem));
  const line = /^npx carillon (auth role write jwt .*)$/m.exec(recipe)?.[1] ?? '';
  await carillon(server, ...line.split(' '));
}

const change = (path: string, type = 'kv-v2/data-write') =>
  carillon(server, 'events', 'trigger', type, '--override', `path=${path}`);

describe('examples/kubernetes-restart', () => {
  it('restarts the Deployments that name the secret, as kubectl does', async () => {
    await change('secret/data/shop/database');
    await controller.stdoutMatching(/restarted shop\/shop: secret\/data\/shop\/database\n/);
    expect(patches).toEqual([
      {
        path: '/apis/apps/v1/namespaces/shop/deployments/shop',
        type: 'application/strategic-merge-patch+json',
        body: {
          spec: {
            template: {
              metadata: {
                annotations: {
                  'kubectl.kubernetes.io/restartedAt': expect.stringMatching(/^\d{4}-.*Z$/),
                },
              },
            },
          },
        },
      },
    ]);
  });

  it('restarts nothing for what it may not see, for other events and for secrets that nobody names', async () => {
    patches.length = 0;
    await change('secret/data/bank/database');
    await change('secret/data/shop/nobody');
    await change('secret/data/shop/database', 'kv-v2/metadata-write');
    await change('secret/data/shop/mail');
    await controller.stdoutMatching(/shop\/shop: secret\/data\/shop\/mail\n.*shop\/mail: .*\n/);
    expect(patches).toHaveLength(2);
  });

  it('restarts for what happened while it was away, and not again for what it has done', async () => {
    await stopController();
    patches.length = 0;
    await change('secret/data/shop/mail');
    controller = await startController();
    await controller.stdoutMatching(/shop\/shop: .*mail\n.*shop\/mail: .*mail\n/);
    await change('secret/data/shop/database');
    await controller.stdoutMatching(/secret\/data\/shop\/database\n/);
    expect(patches).toHaveLength(3);
  });

  it('restarts for a version that was brought back', async () => {
    patches.length = 0;
    const own = ['path=secret/undelete/shop/mail', 'data_path=secret/data/shop/mail'];
    const overrides = own.flatMap((each) => ['--override', each]);
    await carillon(server, 'events', 'trigger', 'kv-v2/undelete', ...overrides);
    await expect
      .poll(() => patches.map(({ path }) => path.split('/').at(-1)))
      .toEqual(['shop', 'mail']);
  });

  it('is refused as another service account', async () => {
    const other = startProgram([join(ROOT, 'examples/kubernetes-restart/controller.js')], {
      VAULT_ADDR: server.address,
      CARILLON_JWT_FILE: file('other.jwt', jwt('system:serviceaccount:default:default')),
    });
    const { code, stderr } = await other.finished;
    expect(code).toBe(1);
    expect(stderr).toContain('the login failed: 400');
  });

  it('has a manifest whose rights are those that it uses', () => {
    const manifest = readFileSync(join(ROOT, 'examples/kubernetes-restart/manifest.yaml'), 'utf8');
    const documents = parseAllDocuments(manifest).map((each) => each.toJS());
    const role = documents.find(({ kind }) => kind === 'ClusterRole');
    expect(role.rules).toEqual([
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['list', 'patch'] },
    ]);
    const [account, deployment] = ['ServiceAccount', 'Deployment'].map((wanted) =>
      documents.find(({ kind }) => kind === wanted),
    );
    const { name, namespace } = account.metadata;
    expect(`system:serviceaccount:${namespace}:${name}`).toBe(SUBJECT);
    expect(deployment.spec.template.spec.serviceAccountName).toBe(name);
  });
});
