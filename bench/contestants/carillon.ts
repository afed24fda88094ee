/** Carillon, with the policies, tokens and subscriptions that it is measured with. */
import { encodeJson } from '../../src/wire/json.ts';
import { MARK, type SocketSet } from '../load/protocol.ts';
import { ROOT_TOKEN, type Server } from './server.ts';

export const EVENT_TYPE = 'bench/event';
const PATH = 'secret/data/bench/item';
/** Of another hub. */
export const OTHER_EVENT_TYPE = 'other/event';
/** Of the text frame of each event, its line break included. */
export const FRAME_BYTES = 588;
/** A token has 1,000 subscribers in a hub at most. */
const SOCKETS_OF_A_TOKEN = 900;

const POLICIES = [
  `path "secret/data/bench/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }`,
  `path "secret/data/+/item" { capabilities = ["read", "list", "subscribe"] subscribe_event_types = ["bench/*"] }`,
  `path "secret/data/bench/item" { capabilities = ["list", "subscribe"] subscribe_event_types = ["bench/event"] }`,
  `path "secret/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["kv*", "bench/ev*"] }`,
  `path "secret/data/bench/+" { capabilities = ["create", "list", "subscribe"] subscribe_event_types = ["database/*", "b*"] }`,
];
const FILTERS = [
  '',
  'operation == "data-write"',
  'data_path matches "^secret/data/bench/"',
  'event_type == "bench/event" and operation != "data-delete"',
];
const ENCODINGS = [true, false];
const MAY_SUBSCRIBE = 'path "sys/events/subscribe/*" { capabilities = ["read"] }';

/** The protocol of a subscriber, and so its frames. */
export type Protocol = 'stock' | 'carillon.v1';

/** A class of subscribers: what makes it one is that its policies, filter and encoding are. */
export interface ClassOf {
  /** `EVENT_TYPE` where it says no other. */
  readonly pattern?: string;
  readonly policy: string;
  readonly filter: string;
  readonly json: boolean;
  readonly expects: boolean;
}

/** Twenty classes that are due every event: five policies, two filters with each, two encodings. */
export const EVERYBODY: readonly ClassOf[] = POLICIES.flatMap((policy, index) =>
  [index, index + 1].flatMap((filter) =>
    ENCODINGS.map((json) => ({
      policy,
      filter: FILTERS[filter % FILTERS.length] ?? '',
      json,
      expects: true,
    })),
  ),
);

/** Two classes that are due every event. */
export const FEW: readonly ClassOf[] = EVERYBODY.slice(2, 4);

/** Eighteen that are due none, half by their policies and half by their filters. */
export const OTHERS: readonly ClassOf[] = Array.from({ length: 18 }, (_, index) => ({
  policy:
    index % 2 === 0
      ? `path "secret/data/team-${index}/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }`
      : `path "secret/data/bench/*" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }`,
  filter: index % 2 === 0 ? '' : `data_path == "secret/data/team-${index}/item"`,
  json: index % 4 < 2,
  expects: false,
}));

/** Makes the policies and tokens of some classes and tells how to open `sockets` sockets of them, evenly. */
export async function socketSets(
  server: Server,
  classes: readonly ClassOf[],
  sockets: number,
  protocol: Protocol,
): Promise<SocketSet[]> {
  const sets: SocketSet[] = [];
  for (const [index, each] of classes.entries()) {
    const share = Math.floor((sockets * (index + 1)) / classes.length);
    let left = share - Math.floor((sockets * index) / classes.length);
    while (left > 0) {
      const count = Math.min(left, SOCKETS_OF_A_TOKEN);
      left -= count;
      sets.push(setOf(each, await tokenFor(server, each.policy), count, protocol));
    }
  }
  return sets;
}

export function setOf(each: ClassOf, token: string, count: number, protocol: Protocol): SocketSet {
  const query = new URLSearchParams();
  if (each.json) query.set('json', 'true');
  if (each.filter !== '') query.set('filter', each.filter);
  return {
    path: `/v1/sys/events/subscribe/${each.pattern ?? EVENT_TYPE}?${query}`,
    headers: {
      'X-Vault-Token': token,
      ...(protocol === 'carillon.v1' && {
        'Sec-WebSocket-Protocol': each.json ? 'carillon.v1.json' : 'carillon.v1.proto',
      }),
    },
    count,
    expects: each.expects,
    acknowledges: protocol === 'carillon.v1',
  };
}

/** A token that may publish, and no more. */
export function publisherToken(server: Server): Promise<string> {
  return tokenFor(
    server,
    `path "sys/events/publish/bench/*" { capabilities = ["update"] }
     path "sys/events/publish/other/*" { capabilities = ["update"] }
     path "sys/events/publish/kv-v2/*" { capabilities = ["update"] }
     path "secret/data/*" { capabilities = ["create", "update"] }
     path "heavy/*" { capabilities = ["create", "update"] }`,
  );
}

/** A source for the entries of an audit device, whose secret is the token that the publisher has anyway. */
export async function makeAuditSource(
  server: Server,
  name: string,
  secret: string,
): Promise<string> {
  await api(server, `sys/events/sources/${name}`, { kind: 'vault-audit', secrets: [secret] });
  return `/v1/sys/events/in/${name}`;
}

export async function tokenFor(server: Server, rules: string): Promise<string> {
  const name = `bench-${digestOf(rules)}`;
  await makePolicy(server, name, rules);
  return makeToken(server, [name]);
}

/** Its holders may subscribe, too. */
export async function makePolicy(server: Server, name: string, rules: string): Promise<void> {
  await api(server, `sys/policies/acl/${name}`, { policy: `${MAY_SUBSCRIBE}\n${rules}` });
}

export async function makeToken(server: Server, policies: readonly string[]): Promise<string> {
  const created = await api(server, 'auth/token/create', { policies });
  return (created as { auth: { client_token: string } }).auth.client_token;
}

function digestOf(text: string): string {
  let hash = 0;
  for (const character of text) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
  return hash.toString(36);
}

export async function api(
  { port }: Server,
  path: string,
  body?: unknown,
  token = ROOT_TOKEN,
): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/${path}`, {
    method: 'POST',
    headers: { 'X-Vault-Token': token, 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** What is published: an event whose text frame has `FRAME_BYTES`, with a place for its stamp. */
export function eventTemplate(): string {
  return JSON.stringify({ metadata: metadata() });
}

/** An event of another path, and as long. */
export function eventTemplateAt(path: string): string {
  return JSON.stringify({ metadata: { ...metadata(), path, data_path: path } });
}

/** The same event, as the servers without a protocol of their own are given it: the frame. */
export function frameTemplate(): string {
  return frameWith(metadata());
}

/** A line as a subscription writes it, with ids of its own: what is piped from one server into another. */
export function returnedFrameTemplate(): string {
  return encodeJson({ ...BARE_EVENT, id: MARK, metadata: metadata() }).trimEnd();
}

function metadata(): Record<string, string> {
  const bare = { ...BARE_METADATA, text: '' };
  return { ...bare, text: 'x'.repeat(FRAME_BYTES - frameWith(bare).length) };
}

const BARE_METADATA = {
  path: PATH,
  data_path: PATH,
  operation: 'data-write',
  modified: 'true',
  stamp: MARK,
};

function frameWith(metadata: Record<string, string>): string {
  return encodeJson({ ...BARE_EVENT, metadata });
}

const BARE_EVENT = {
  id: '00000000-0000-4000-8000-000000000000',
  source: 'vault://carillon',
  time: '2026-01-01T00:00:00.123Z',
  event_type: EVENT_TYPE,
  namespace: '',
  entity_ids: [],
  note: '',
};
