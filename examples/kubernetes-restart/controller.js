// Restarts Deployments when a secret changes that they use. A Deployment names its secrets in the annotation
// "carillon.events/secrets": paths of events, separated by commas. It has the label "carillon.events/restart: true".
import { readFile } from 'node:fs/promises';
import { subscribe } from '@carillon/client';
import WebSocket from 'ws';

const { VAULT_ADDR: url = 'http://127.0.0.1:8200', ROLE = 'restart' } = process.env;
const { KUBERNETES_API = 'https://kubernetes.default.svc' } = process.env;
const { CARILLON_JWT_FILE = '/var/run/secrets/carillon/token' } = process.env;
const { KUBERNETES_TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token' } =
  process.env;

/** The events of a secret's content. */
const CHANGES = ['kv-v2/data-write', 'kv-v2/data-patch', 'kv-v2/undelete', 'kv-v1/write'];

/** What "kubectl rollout restart" sets. */
const RESTARTED = 'kubectl.kubernetes.io/restartedAt';

/** Kubernetes replaces both tokens while the pod lives, so each is read when it is needed. */
async function login() {
  const jwt = (await readFile(CARILLON_JWT_FILE, 'utf8')).trim();
  const answer = await fetch(`${url}/v1/auth/jwt/login`, {
    method: 'POST',
    body: JSON.stringify({ role: ROLE, jwt }),
  });
  if (!answer.ok) throw new Error(`the login failed: ${answer.status} ${await answer.text()}`);
  const { auth } = /** @type {{ auth: { client_token: string } }} */ (await answer.json());
  return auth.client_token;
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 */
async function kubernetes(path, init = {}) {
  const token = (await readFile(KUBERNETES_TOKEN_FILE, 'utf8')).trim();
  const headers = { ...init.headers, Authorization: `Bearer ${token}` };
  const answer = await fetch(`${KUBERNETES_API}${path}`, { ...init, headers });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/**
 * @typedef {{
 *   metadata: { name: string, namespace: string, creationTimestamp: string, annotations?: Record<string, string> },
 *   spec: { template: { metadata?: { annotations?: Record<string, string> } } },
 * }} Deployment
 */

/**
 * Restarts the Deployments that name the path and began before the event. So an event that comes again restarts nothing, and
 * the controller needs no storage of its own.
 *
 * @param {string} time
 * @param {string} [path] without it, all: after a gap, any of their secrets may have changed
 */
async function restart(time, path) {
  const selector = encodeURIComponent('carillon.events/restart=true');
  const list = await kubernetes(`/apis/apps/v1/deployments?labelSelector=${selector}`);
  for (const { metadata, spec } of /** @type {{ items: Deployment[] }} */ (list).items) {
    const { 'carillon.events/secrets': secrets = '' } = metadata.annotations ?? {};
    const named = secrets.split(',').map((secret) => secret.trim());
    if (path !== undefined && !named.includes(path)) continue;
    const began = spec.template.metadata?.annotations?.[RESTARTED] ?? metadata.creationTimestamp;
    if (Date.parse(began) >= Date.parse(time)) continue;
    const annotations = { [RESTARTED]: time };
    const { name, namespace } = metadata;
    await kubernetes(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/strategic-merge-patch+json' },
      body: JSON.stringify({ spec: { template: { metadata: { annotations } } } }),
    });
    console.log(`restarted ${namespace}/${name}: ${path ?? 'events may be missing'}`);
  }
}

/**
 * The path of the secret. The `path` of an undelete is that of the request: `secret/undelete/shop/database`.
 *
 * @param {import('@carillon/client').CarillonEvent} event
 */
function pathOf({ eventType, metadata }) {
  return String(eventType === 'kv-v2/undelete' ? metadata.data_path : metadata.path);
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());

const subscription = subscribe('*', {
  url,
  token: login,
  WebSocket,
  signal: stop.signal,
  // Everything that is retained: what happened while the controller was away is in it.
  since: 'earliest',
  filter: CHANGES.map((type) => `event_type == "${type}"`).join(' or '),
  onState: (state) => console.log('reason' in state ? state.reason : state.type),
});
try {
  for await (const item of subscription) {
    if (item.type === 'gap') await restart(new Date().toISOString());
    else await restart(item.time, pathOf(item));
  }
} catch (error) {
  if (!stop.signal.aborted) throw error;
}
