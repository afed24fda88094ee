/** Requests as somebody would make them who looks for what breaks the server: the same ones for the same seed. */
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Random } from '../faults/random.ts';

export interface HostileRequest {
  readonly method: string;
  /** Sent as it stands. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer | undefined;
}

/** The tables of endpoints, as text: to import them takes the types of Workers, which Node's tests do not have. */
const HTTP = new URL('../../src/http/', import.meta.url);
const TABLES = readdirSync(HTTP, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .sort()
  .map((file) => readFileSync(new URL(file, HTTP), 'utf8'))
  .join('\n');

const PATHS = [
  ...Array.from(TABLES.matchAll(/^ {2}'((?:auth|sys)\/[^']+)':/gm), ([, path = '']) => path),
  'sys/health',
  'sys/init',
  'sys/seal-status',
  'sys/leader',
  'sys/events/subscribe/:names',
  'sys/events/publish',
  'sys/events/publish/:names',
  'sys/events/in/:name',
  'sys/events/in/token',
  'sys/events/in/audit',
  'sys/nowhere/:names',
];

/** Every method that workerd lets through; CONNECT and the verbs that it does not know never reach us. */
const METHODS = [
  ['POST', 10],
  ['GET', 6],
  ['PUT', 2],
  ['DELETE', 2],
  ['HEAD', 1],
  ['PATCH', 1],
  ['OPTIONS', 1],
  ['TRACE', 0.5],
  ['PROPFIND', 0.5],
] as const;

/** Members of bodies, all that any endpoint reads. */
const MEMBERS =
  'token accessor accessors policies policy rules paths path ttl explicit_max_ttl period num_uses meta metadata id display_name no_parent no_default_policy renewable type entity_alias increment role role_id role_name secret_id secret_id_accessor cidr_list token_policies token_ttl token_bound_cidrs jwt bound_claims bound_audiences bound_subject claim_mappings user_claim groups_claim clock_skew_leeway oidc_discovery_url jwks_url jwks_ca_pem jwt_validation_pubkeys jwt_supported_algs bound_issuer default_role custom_metadata pattern event event_type filter namespaces namespace kind secrets secret rules settings headers body timestamp_header mounts on_overload upstream read address rotations data specversion source time bookmark datacontenttype data_base64 note since type binding url headers handshake format batch_max_events batch_max_wait concurrency max_attempts max_age dead_letter'.split(
    ' ',
  );

const LONG = 100_000;
const DEEP = 50_000;

const BOMB = gzipSync(Buffer.alloc(4_000_000));

/** Values as JSON text: some are none that `JSON.stringify` would write. */
const VALUES: readonly string[] = [
  'null',
  'true',
  '0',
  '-1',
  '1e400',
  '-0.0000001e-300',
  '123456789012345678901234567890',
  '""',
  '" "',
  '"\\u0000"',
  '"\\ud800"',
  '"__proto__"',
  '"constructor"',
  '"../../x"',
  '"99999999999999999999h"',
  '"-1s"',
  '"{{identity.entity.metadata."',
  '"path \\"a\\" { capabilities = [\\"read\\"] }"',
  `"path \\"${'+/'.repeat(5000)}\\" { capabilities = [\\"read\\"] }"`,
  `"${'a = ['.repeat(DEEP)}"`,
  `"${'('.repeat(DEEP)}"`,
  `"${'not '.repeat(DEEP)}"`,
  `"data_path matches \\"${'(a*)*'.repeat(200)}\\""`,
  `"${'*a'.repeat(250)}"`,
  `"${'x'.repeat(LONG)}"`,
  `"${'é'.repeat(LONG)}"`,
  `"a.b.c"`,
  '"http://[::1"',
  '"https://127.0.0.1:1/"',
  '"-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----"',
  '"2026-99-99T99:99:99Z"',
  '[]',
  '[null]',
  '[[["a"]]]',
  '["a","a","a"]',
  `[${'0,'.repeat(250_000)}0]`,
  `[${'"a",'.repeat(20_000)}"b"]`,
  `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`,
  `${'{"a":'.repeat(DEEP)}0${'}'.repeat(DEEP)}`,
  '{}',
  '{"__proto__":{"a":1}}',
  '{"constructor":{"prototype":1},"toString":null,"hasOwnProperty":0}',
  '{"a":{"b":[{"c":null}]}}',
  `{${Array.from({ length: 20_000 }, (_, index) => `"k${index}":0`).join()}}`,
];

const NAMES = [
  'a',
  'root',
  'default',
  '__proto__',
  'constructor',
  'a/b/c',
  'kv*',
  '*',
  '*****',
  'kv-v2/data-write',
  '%00',
  '%ff',
  '%',
  '%2e%2e',
  '..',
  '//',
  '%2F%2F',
  '+',
  'é',
  '%F0%9F%98%80',
  '%ED%A0%80',
  'a@b',
  'a.b.c',
  'ctk.x',
  'x'.repeat(3000),
  '*a'.repeat(1000),
  '/'.repeat(3000),
  '%20',
  "'",
  '\\..\\',
];

const QUERY_NAMES =
  'list json filter namespaces since ticket limit wait origin on_overload reads activecode lastEventId token help after hub format'.split(
    ' ',
  );

const TEXTS = [
  '',
  'true',
  'earliest',
  'cc1.AAAA',
  'kv-v2.1.mh4x2k9q-5f0c1a2b',
  '*.*',
  '2026-11-22T12:00:00Z',
  '9999-99-99T00:00:00Z',
  '-15m',
  '1e309',
  '99999999999999999999',
  '204',
  '299',
  '%',
  '%00',
  '%ff',
  '%F0%9F%98%80',
  '((((',
  'data_path%20==%20a',
  'not%20'.repeat(900),
  `metadata.${'a.'.repeat(900)}b`,
  'data_path%20matches%20%22(a*)*b%22',
  '*a'.repeat(400),
  'x'.repeat(4000),
  '__proto__',
  'a,b,,,c',
];

const HEADERS: readonly (readonly [string, string | string[]])[] = [
  ['X-Vault-Namespace', '__proto__'],
  ['X-Vault-Namespace', '/'.repeat(4000)],
  ['X-Vault-Namespace', 'a/../b'],
  ['X-Vault-Namespace', '\u00ff\u00fe'],
  ['X-Vault-Namespace', ['', 'a', 'b']],
  ['X-Vault-Token', ['', 'ctk.x']],
  ['X-Vault-Token', 't'.repeat(20_000)],
  ['X-Vault-Wrap-TTL', '60s'],
  ['Authorization', 'Bearer '],
  ['Authorization', `Digest a="${',"'.repeat(2000)}`],
  ['Authorization', 'Basic !!!'],
  ['Authorization', '"\\'.repeat(20_000)],
  ['Content-Type', 'application/json; charset=utf-16'],
  ['Content-Type', 'application/cloudevents+json'],
  ['Content-Type', 'application/cloudevents-batch+json'],
  ['Content-Type', 'application/x-ndjson'],
  ['Content-Type', 'application/x-protobuf'],
  ['Content-Type', 'application/cloudevents+protobuf'],
  ['Content-Type', 'application/x-www-form-urlencoded'],
  ['Content-Type', 'multipart/form-data; boundary='],
  ['Content-Type', `${';'.repeat(4000)}`],
  ['Content-Type', `a/${'b;c="'.repeat(2000)}`],
  ['Content-Type', `application/json${' '.repeat(30_000)}x`],
  ['Content-Encoding', 'gzip'],
  ['Content-Encoding', 'br, gzip, identity'],
  ['Accept', 'text/event-stream;q=0'],
  ['Accept', 'application/x-ndjson;q=abc, */*'],
  ['Accept', ','.repeat(4000)],
  ['Last-Event-ID', '\u00e9'],
  ['Last-Event-ID', ['cc1.a', 'cc1.b']],
  ['Origin', 'null'],
  ['Origin', 'http://['],
  ['Origin', ['https://a', 'https://b']],
  ['WebHook-Request-Origin', 'x'],
  ['ce-specversion', '1.0'],
  ['ce-id', '%'],
  ['ce-type', '%E0%A4%A'],
  ['ce-source', '"%ff'],
  ['webhook-id', 'x'],
  ['webhook-timestamp', '1e99'],
  ['webhook-signature', 'v1,!!!! v1,'],
  ['stripe-signature', 't=1,v1=zz,,,'],
  ['x-hub-signature-256', 'sha256='],
  ['Carillon-Via', ',,,'],
  ['Carillon-Request', 'a.1e999.b'],
  ['Range', 'bytes=0-'],
  ['Expect', 'nothing'],
  ['Connection', 'Upgrade'],
  ['Upgrade', 'websocket'],
  ['Upgrade', 'websocket, h2c'],
  ['Sec-WebSocket-Version', '13'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ['Sec-WebSocket-Protocol', 'carillon.v1.json'],
  ['Sec-WebSocket-Protocol', ',,,\u00ff'],
  ['Sec-WebSocket-Extensions', 'permessage-deflate; a="'],
];

/** @param tokens of the callers; undefined is a stranger */
export function hostileRequest(
  random: Random,
  tokens: readonly (string | undefined)[],
): HostileRequest {
  const token = random.pick(tokens);
  const headers: Record<string, string | string[]> = token ? { 'X-Vault-Token': token } : {};
  for (let count = random.integer(0, 2); count > 0; count--) {
    const [name, value] = random.pick(HEADERS);
    headers[name] = value;
  }
  return {
    method: random.pickWeighted<string>(METHODS),
    path: pathOf(random) + queryOf(random),
    headers,
    body: random.chance(0.6) ? bodyOf(random) : undefined,
  };
}

function pathOf(random: Random): string {
  const path = random
    .pick(PATHS)
    .replace(/:names?/, () => (random.chance(0.5) ? 'a' : random.pick(NAMES)));
  const before = random.pickWeighted([
    ['/v1/', 20],
    ['//v1/', 1],
    ['/v1//', 1],
    ['/v1/__proto__/', 1],
    [`/v1/${random.pick(NAMES)}/`, 2],
    ['/', 1],
  ]);
  return `${before}${path}${random.chance(0.1) ? '/' : ''}`;
}

function queryOf(random: Random): string {
  const count = random.pickWeighted([
    [0, 5],
    [1, 3],
    [3, 1],
    [400, 0.2],
  ]);
  const parameters = Array.from({ length: count }, () => {
    const text = random.pick(TEXTS);
    return `${random.pick(QUERY_NAMES)}=${count > 3 ? text.slice(0, 20) : text}`;
  });
  return count === 0 ? '' : `?${parameters.join('&')}`;
}

function bodyOf(random: Random): Buffer {
  const json = random.pickWeighted<() => string>([
    [() => random.pick(VALUES), 2],
    [() => auditEntryOf(random), 2],
    [() => cloudEventOf(random), 1],
    [() => objectOf(random), 12],
  ])();
  return random.pickWeighted<() => Buffer>([
    [() => Buffer.from(json), 12],
    [() => Buffer.from(`\ufeff${json}`), 1],
    [() => Buffer.from(`${json}\n${json}\n[`), 1],
    [() => gzipSync(json), 1],
    [() => BOMB, 0.3],
    [() => Buffer.from(json, 'utf16le').subarray(0, LONG), 1],
    [() => Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x00]), 1],
    [() => Buffer.alloc(20_000, 0x0a), 1],
    [() => Buffer.from(Array.from({ length: 200 }, () => random.integer(0, 255))), 1],
    [() => Buffer.alloc(0), 1],
  ])();
}

function objectOf(random: Random): string {
  const members = Array.from(
    { length: random.integer(1, 4) },
    () => `"${random.pick(MEMBERS)}":${random.pick(VALUES)}`,
  );
  return `{${members.join()}}`;
}

/** What an audit device writes, of which any part is something else. */
function auditEntryOf(random: Random): string {
  const value = (usual: string) => (random.chance(0.7) ? usual : random.pick(VALUES));
  const mount = `"mount_type":${value('"kv"')},"mount_point":${value('"secret/"')}`;
  const namespace = `"namespace":${value(`{"id":"a","path":${value('""')}}`)}`;
  const request = `{"id":${value('"1"')},"operation":${value('"update"')},"path":${value('"secret/data/a"')},${mount},${namespace},"data":${value('{"data":{}}')}}`;
  const response = `{"data":${value('{"version":1}')},${mount}}`;
  return `{"type":${value('"response"')},"time":${value('"2026-11-22T12:00:00Z"')},"request":${value(request)},"response":${value(response)},"auth":${value('{}')},"error":${value('""')}}`;
}

/** A CloudEvent, of which any attribute is something else. */
function cloudEventOf(random: Random): string {
  const value = (usual: string) => (random.chance(0.7) ? usual : random.pick(VALUES));
  return `{"specversion":${value('"1.0"')},"id":${value('"1"')},"source":${value('"/s"')},"type":${value('"abc"')},"subject":${value('"a/b"')},"time":${value('"2026-11-22T12:00:00Z"')},"data":${value('{}')},"extension":${value('1')}}`;
}
