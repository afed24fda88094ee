/** What a server does while a release is recorded: a little of everything that is stored. */
import { setTimeout as sleep } from 'node:timers/promises';
import { exportPKCS8, exportSPKI, generateKeyPair } from 'jose';
import { WebSocket } from 'ws';
import type { Api } from './api.ts';
import type { Recording } from './recording.ts';

export const ISSUER = { iss: 'https://issuer.example', aud: 'carillon', sub: 'alice' };
/** The life of a token that nobody renews: longer than a test, and moved with the recording. */
const LIFE = { ttl: '768h' };

const READER = `
path "sys/events/subscribe/*" { capabilities = ["read"] }
path "secret/*"               { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }
path "sys/events/ticket"      { capabilities = ["update"] }
`;
const WRITER = `
path "sys/events/publish/*"   { capabilities = ["update"] }
path "secret/*"               { capabilities = ["create", "update"] }
path "auth/token/create"      { capabilities = ["update"] }
path "team/auth/token/create" { capabilities = ["update", "sudo"] }
`;
const TEMPLATED = `
path "sys/events/subscribe/*"             { capabilities = ["read"] }
path "secret/{{identity.entity.name}}/*"  { capabilities = ["list", "subscribe"] subscribe_event_types = ["kv-v2/*"] }
`;
export const POLICIES: Readonly<Record<string, string>> = {
  reader: READER,
  writer: WRITER,
  templated: TEMPLATED,
};

const SOURCE = { name: 'github', secret: 'the secret of a recorded source' };

/** Events of a type that Vault has, so that their metadata is what it says. */
function events(...ids: readonly string[]): object[] {
  return ids.map((id) => {
    const path = `secret/${id}`;
    const metadata = { path, data_path: path, modified: 'true', operation: 'data-write' };
    return { id, metadata };
  });
}

/** On a server that keeps events for a second: a hub whose events have expired, and that was released. */
export async function recordReleasedHub(root: Api): Promise<Recording['released']> {
  const eventType = 'expired';
  await root.publish(`${eventType}/x`, events('expired-1', 'expired-2'));
  const [, , last] = await root.stream(`${eventType}/*`, 'earliest', 2);
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { state } = await root.get<{ state: string }>(`sys/events/hubs/${eventType}`);
    if (state === 'empty') return { eventType, cursor: last?.cursor ?? '' };
    if (Date.now() > deadline) throw new Error(`the hub of ${eventType} stays ${state}`);
    await sleep(200);
  }
}

export async function recordTokens(root: Api, as: (token: string) => Api) {
  for (const [name, policy] of Object.entries(POLICIES)) {
    await root.post(`sys/policies/acl/${name}`, { policy });
  }
  const make = async (policies: readonly string[], more: object = {}, maker = root) =>
    (await maker.post('auth/token/create', { policies, ...LIFE, ...more })).auth;
  const reader = await make(['reader'], { meta: { team: 'web' }, display_name: 'reader' });
  const writer = await make(['writer']);
  const parent = await make(['writer']);
  const childOfParent = await make(['writer'], {}, as(parent.client_token));
  const counted = await make(['reader'], { num_uses: 3 });
  const revoked = await make(['reader']);
  await root.post('auth/token/revoke', { token: revoked.client_token });
  return {
    writer: writer.client_token,
    tokens: {
      reader: {
        token: reader.client_token,
        accessor: reader.accessor,
        policies: ['default', 'reader'],
      },
      parent: parent.client_token,
      childOfParent: childOfParent.client_token,
      revoked: revoked.client_token,
      counted: counted.client_token,
    },
  };
}

export async function recordLogins(root: Api) {
  await root.post('auth/approle/role/app', {
    token_policies: ['reader'],
    secret_id_num_uses: 2,
    ...tokenLife('1h'),
  });
  const { role_id } = await root.get<{ role_id: string }>('auth/approle/role/app/role-id');
  const { data } = await root.post<{ secret_id: string }>('auth/approle/role/app/secret-id');
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  await root.post('auth/jwt/config', {
    jwt_validation_pubkeys: [await exportSPKI(publicKey)],
    bound_issuer: ISSUER.iss,
  });
  await root.post('auth/jwt/role/app', {
    role_type: 'jwt',
    user_claim: 'sub',
    bound_audiences: [ISSUER.aud],
    token_policies: ['templated'],
    ...tokenLife('1h'),
  });
  return {
    appRole: { role_id, secret_id: data.secret_id },
    issuerKey: await exportPKCS8(privateKey),
  };
}

function tokenLife(ttl: string): object {
  return { token_ttl: ttl, token_max_ttl: ttl };
}

/** The ticket of a token. */
export async function recordTicket(holder: Api): Promise<string> {
  return (await holder.post<{ ticket: string }>('sys/events/ticket')).data.ticket;
}

export async function recordSource(root: Api): Promise<Recording['source']> {
  await root.post(`sys/events/sources/${SOURCE.name}`, {
    kind: 'github',
    secrets: [SOURCE.secret],
  });
  return SOURCE;
}

/** A namespace with a token of its own and a child of a token of root, and a namespace that was deleted. */
export async function recordNamespaces(
  root: Api,
  inNamespace: (path: string) => Api,
  parentInTeam: Api,
) {
  await root.post('sys/namespaces/team', { custom_metadata: { owner: 'web' } });
  await root.post('sys/namespaces/gone');
  await inNamespace('gone').publish('kv-v2/data-write', events('gone-1'));
  await root.delete('sys/namespaces/gone');
  const team = inNamespace('team');
  await team.post('sys/policies/acl/reader', { policy: READER });
  const made = { policies: ['reader'], ...LIFE };
  const { auth: own } = await team.post('auth/token/create', made);
  const { auth: child } = await parentInTeam.post('auth/token/create', made);
  return { inTeam: own.client_token, childInTeam: child.client_token };
}

/**
 * Events in several hubs while subscribers of each kind are there: one of its own hub, one of all, one of a pattern who
 * leaves, and one of carillon.v1 who acknowledges nothing. @param address of the server
 */
export async function recordEvents(
  address: string,
  rootToken: string,
  { root, writer, team, reader }: { root: Api; writer: Api; team: Api; reader: string },
) {
  // They stay open until the server is stopped, which tells no hub of it.
  await Promise.all([
    subscribe(address, reader, 'kv-v2/*?json=true'),
    subscribe(address, reader, 'kv-v2/*?json=true&filter=operation+%3D%3D+%22data-write%22'),
    subscribe(address, reader, 'kv*?json=true'),
    subscribe(address, rootToken, '*?json=true&namespaces=*'),
  ]);
  const laggard = await subscribe(address, reader, 'kv-v2/*', 'carillon.v1.json');
  laggard.send(JSON.stringify({ type: 'credit', events: 1 }));
  const leaver = await subscribe(address, rootToken, 'data*?json=true');
  await writer.publish('kv-v2/data-write', events('kv-1', 'kv-2', 'kv-3', 'kv-4', 'kv-5'));
  await root.publish('database/done', events('db-1', 'db-2'));
  await root.publish('deploy', events('deploy-1'));
  await team.publish('kv-v2/data-write', events('team-1', 'team-2'));
  leaver.close();

  const [, , second] = await root.stream('kv-v2/*', 'earliest', 5);
  const everything = await root.stream('*', 'earliest', 10);
  const all = everything.slice(1).map(({ data }) => data.id ?? '');
  return {
    hubs: ['database', 'deploy', 'kv-v2'],
    events: {
      'kv-v2/*': ['kv-1', 'kv-2', 'kv-3', 'kv-4', 'kv-5'],
      'database/*': ['db-1', 'db-2'],
      deploy: ['deploy-1'],
      '*': all,
    },
    cursors: {
      'kv-v2/*': { cursor: second?.cursor ?? '', next: ['kv-3', 'kv-4', 'kv-5'] },
      '*': { cursor: everything[4]?.cursor ?? '', next: all.slice(4) },
    },
  };
}

/** @param target pattern and query */
function subscribe(
  address: string,
  token: string,
  target: string,
  protocol?: string,
): Promise<WebSocket> {
  const [pattern = '', query = ''] = target.split('?');
  const path = `${encodeURIComponent(pattern)}?${query}`;
  const socket = new WebSocket(
    `${address.replace(/^http/, 'ws')}/v1/sys/events/subscribe/${path}`,
    protocol === undefined ? [] : [protocol],
    { headers: { 'X-Vault-Token': token } },
  );
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.on('error', reject);
  });
}
