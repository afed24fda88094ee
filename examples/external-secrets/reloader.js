// Tells External Secrets to read a secret again when it changes: it sets the annotation "force-sync" of each ExternalSecret
// that names the secret.
import { readFile } from 'node:fs/promises';
import { subscribe } from '@carillon/client';
import WebSocket from 'ws';

const { VAULT_ADDR: url = 'http://127.0.0.1:8200', ROLE = 'reloader' } = process.env;
const { KUBERNETES_API = 'https://kubernetes.default.svc' } = process.env;
const { CARILLON_JWT_FILE = '/var/run/secrets/carillon/token' } = process.env;
const { KUBERNETES_TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token' } =
  process.env;

const GROUP = '/apis/external-secrets.io/v1';
const FORCE_SYNC = 'force-sync';

/** How much the clocks of the secrets' server and of the cluster may differ, and how long a synchronisation may take. */
const CLOCKS_MS = 60_000;

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
 *   metadata: { name: string, namespace: string, annotations?: Record<string, string> },
 *   spec: {
 *     data?: { remoteRef?: { key: string } }[],
 *     dataFrom?: { extract?: { key: string }, find?: object }[],
 *   },
 *   status?: { refreshTime?: string },
 * }} ExternalSecret
 */

/**
 * The names that an ExternalSecret may use for the secret of an event: with the mount, or without it where its store has
 * the mount. Of two mounts with the same key, both are read again, which does no harm.
 *
 * @param {import('@carillon/client').CarillonEvent} event
 */
function namesOf({ metadata, pluginInfo }) {
  const path = String(metadata.path);
  const mount = pluginInfo?.mount_path ?? path.slice(0, path.indexOf('/') + 1);
  const key = path.slice(mount.length).replace(/^(?:data|delete|undelete|destroy|metadata)\//, '');
  return new Set([key, `${mount}${key}`, `${mount}data/${key}`]);
}

/**
 * @param {ExternalSecret} secret
 * @param {Set<string>} names
 */
function uses({ spec: { data = [], dataFrom = [] } }, names) {
  return (
    data.some(({ remoteRef }) => remoteRef !== undefined && names.has(remoteRef.key)) ||
    dataFrom.some(({ extract, find }) => find !== undefined || names.has(extract?.key ?? ''))
  );
}

/**
 * @param {string} time of the change
 * @param {Set<string>} [names] without them, all: after a gap, any secret may have changed
 */
async function refresh(time, names) {
  const changed = Date.parse(time);
  const list = await kubernetes(`${GROUP}/externalsecrets`);
  for (const secret of /** @type {{ items: ExternalSecret[] }} */ (list).items) {
    if (names !== undefined && !uses(secret, names)) continue;
    const { name, namespace, annotations = {} } = secret.metadata;
    // Read after the change, or told already: so what is sent again does nothing, and nothing needs to be stored.
    if (Date.parse(secret.status?.refreshTime ?? '') > changed + CLOCKS_MS) continue;
    if (Date.parse(annotations[FORCE_SYNC] ?? '') >= changed) continue;
    await kubernetes(`${GROUP}/namespaces/${namespace}/externalsecrets/${name}`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/merge-patch+json' },
      body: JSON.stringify({ metadata: { annotations: { [FORCE_SYNC]: time } } }),
    });
    console.log(`refreshed ${namespace}/${name}`);
  }
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());

const subscription = subscribe('kv*', {
  url,
  token: login,
  WebSocket,
  signal: stop.signal,
  // Everything that is retained: what happened while the reloader was away is in it.
  since: 'earliest',
  onState: (state) => console.log('reason' in state ? state.reason : state.type),
});
try {
  for await (const item of subscription) {
    if (item.type === 'gap') await refresh(new Date().toISOString());
    else if (item.metadata.modified === 'true') await refresh(item.time, namesOf(item));
  }
} catch (error) {
  if (!stop.signal.aborted) throw error;
}
