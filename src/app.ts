/** The route table, and what every request passes before it. */
import { type Context, Hono, type MiddlewareHandler, type Next } from 'hono';
import { cors } from 'hono/cors';
import { type Bindings, type Config, parseConfig } from './config/config.ts';
import { readApiBody, runEndpoint } from './http/api.ts';
import { audit } from './http/audit-log.ts';
import { authenticate, type TokenLookup } from './http/authentication/authenticate.ts';
import type { Caller } from './http/authentication/caller.ts';
import { isOurToken } from './http/authentication/root-token.ts';
import { redeemTicket, ticketOf } from './http/authentication/ticket.ts';
import { choose, ENDPOINTS, LOGINS, type Methods, nameIn } from './http/endpoints.ts';
import { publish } from './http/events/publish.ts';
import { receive } from './http/events/receive.ts';
import { CURSOR_HEADER } from './http/events/streams/open.ts';
import { subscribe } from './http/events/subscribe.ts';
import { isOfEvents, passOn } from './http/middleware/upstream.ts';
import { findNamespace } from './http/namespace-lookup.ts';
import { divide, namespaceOf } from './http/request/namespace-path.ts';
import { isAllowedOrigin } from './http/request/origin.ts';
import { after, parsePath, parseQuery } from './http/request/path.ts';
import { tokenOf } from './http/request/token.ts';
import { type Refusal, refuse } from './http/respond.ts';
import { authoritiesOf, mayBeOfAuthority, storageRefusal } from './http/storage-refusal.ts';
import { health } from './http/vault/health.ts';
import { type LoginEndpoint, logIn } from './http/vault/login.ts';
import { initialize, initStatus, leader, sealStatus } from './http/vault/seal-status.ts';
import { WARNING_HEADER } from './http/warning-header.ts';
import { hideSecretsOf, logError } from './lib/log.ts';
import { parseBool } from './lib/parse-bool.ts';
import type { Result } from './lib/result.ts';
import { pathOfKey, ROOT, trimSlashes } from './namespace/namespace.ts';

interface HonoEnv {
  Bindings: Bindings;
  Variables: { config: Config };
}
type C = Context<HonoEnv>;
type Guarded = ReturnType<MiddlewareHandler>;

/** A request whose caller and namespace are known. */
interface Admitted {
  readonly caller: Caller;
  /** The key of the namespace that the request is sent to. */
  readonly namespace: string;
}

const HEALTH = '/v1/sys/health';
const SEAL_STATUS = '/v1/sys/seal-status';
const INIT = '/v1/sys/init';
const LEADER = '/v1/sys/leader';
const SUBSCRIBE = '/v1/sys/events/subscribe';
const PUBLISH = '/v1/sys/events/publish';
const RECEIVE = '/v1/sys/events/in';
const DELIVERING = ['POST', 'OPTIONS'];

/** For publishing, what this Worker remembers of a token for seconds is good enough. */
const CACHED: TokenLookup = { mayBeCached: true, use: 'request' };
const FRESH: TokenLookup = { mayBeCached: false, use: 'request' };
const SUBSCRIPTION: TokenLookup = { mayBeCached: false, use: 'subscription' };

/** Of a header's value that a message names, so many characters. */
const MAX_NAMED_CHARACTERS = 200;

/** Of an address that is not of the API nobody has to be kept from knowing it. */
const NOT_OF_API = ' Paths of the API begin with "/v1/", in lower case.';

/** Where an address that ends with the version stands before a path that begins with it. */
const VERSION_TWICE =
  ' The path begins with "/v1/" twice: the address of the server (VAULT_ADDR) ends before it.';

/** A path that cannot be parsed is routed as this, and refused before anything looks at it. */
const UNPARSABLE = '\0';

export const app = new Hono<HonoEnv>({
  getPath: (request) => {
    const path = parsePath(request.url);
    return path.ok ? divide(path.value).route : UNPARSABLE;
  },
});

app.use(refuseUnparsablePath, configure, passToUpstream, crossOrigin);
app.get(HEALTH, (c) => health(parseQuery(c.req.url), c.var.config, Date.now()));
app.all(HEALTH, unsupported('GET, HEAD'));
app.get(SEAL_STATUS, (c) => sealStatus(c.var.config));
app.all(SEAL_STATUS, unsupported('GET'));
app.get(INIT, (c) => initStatus(c.var.config));
app.on(['POST', 'PUT'], INIT, (c) => initialize(c.var.config));
app.all(INIT, unsupported('GET, POST, PUT'));
app.get(LEADER, () => leader());
app.all(LEADER, unsupported('GET'));

app.use(requireRootToken);
for (const [path, endpoint] of Object.entries(LOGINS)) {
  app.on(['POST', 'PUT'], `/v1/${path}`, (c) => anonymous(c, path, endpoint));
}
app.all(`${SUBSCRIBE}/*`, (c) =>
  admit(c, SUBSCRIPTION, (admitted) =>
    subscribe({
      ...admitted,
      request: c.req.raw,
      pattern: after(SUBSCRIBE, c.req.path),
      query: parseQuery(c.req.url),
      env: c.env,
      config: c.var.config,
    }),
  ),
);
app.on(['POST', 'PUT'], `${PUBLISH}/*`, (c) =>
  admit(c, CACHED, (admitted) =>
    publish({
      ...admitted,
      request: c.req.raw,
      eventType: after(PUBLISH, c.req.path),
      authenticateAgain: () => callerOf(c, FRESH),
      env: c.env,
      config: c.var.config,
    }),
  ),
);
app.all(`${PUBLISH}/*`, (c) => admit(c, CACHED, unsupported('POST, PUT')));
app.all(`${RECEIVE}/*`, (c) => deliver(c));
for (const [path, methods] of Object.entries(ENDPOINTS)) {
  // Lists are asked for with a slash at the end as well.
  const pattern = path.replace('/:names', '/*');
  for (const route of [pattern, ...(methods.list ? [`${path}/`] : [])]) {
    app.all(`/v1/${route}`, (c) => admit(c, FRESH, (admitted) => call(c, path, methods, admitted)));
  }
}
app.onError(async (error, c) => {
  logError('a request failed', error);
  const refusal = storageRefusal(error);
  if (refusal !== undefined) {
    if (mayBeOfAuthority(error)) {
      const authorities = await authoritiesOf(c.env, namespacePathOf(c) ?? ROOT);
      logError(`the storage of an authority fails: ${authorities}`);
    }
    return refuse(refusal);
  }
  return refuse(
    isOfAnotherObject(error)
      ? { reason: 'unavailable', message: 'a part of this server cannot be reached; try again' }
      : { reason: 'bug' },
  );
});
app.notFound((c) => {
  if (!isOfApi(c)) return refuse({ reason: 'no_route', path: wholeRouteOf(c), why: NOT_OF_API });
  return admit(c, FRESH, ({ caller, namespace }) => {
    const path = routeOf(c);
    // As in Vault, who has no rights there does not learn whether there is anything.
    const rights = caller.access.capabilities(pathOfKey(namespace), path);
    return rights.includes('deny')
      ? refuse({ reason: 'denied' })
      : refuse({ reason: 'no_route', path, ...(slashInName(path) ?? keptHere(c)) });
  });
});

async function refuseUnparsablePath(c: C, next: Next): Guarded {
  if (c.req.path === UNPARSABLE) {
    const path = parsePath(c.req.url);
    if (!path.ok) return refuse(path.failure);
  }
  return next();
}

async function configure(c: C, next: Next): Guarded {
  hideSecretsOf(c.env);
  const config = parseConfig(c.env);
  if (!config.ok) return refuse({ reason: 'not_configured', message: config.failure.message });
  c.set('config', config.value);
  return next();
}

/** Where there is an upstream, everything is its own but the events API, and what is asked with a token of ours. */
async function passToUpstream(c: C, next: Next): Guarded {
  const { upstream } = c.var.config;
  if (upstream === undefined || (await isOurs(c))) return next();
  return passOn(c.req.raw, upstream, c.var.config);
}

async function isOurs(c: C): Promise<boolean> {
  const token = tokenOf(c.req.raw.headers);
  if (token !== undefined && (await isOurToken(token, c.var.config))) return true;
  if (!isOfEvents(c.req.path)) return false;
  const path = parsePath(c.req.url);
  if (!path.ok || divide(path.value).namespace === '') return true;
  // It brings the secret of a source. And an upstream whose audit device sends it would audit it again, for ever.
  if (isDelivery(c)) return true;
  // What stands before the route may also be a mount: of the namespaces here, it is known.
  const namespace = namespacePathOf(c);
  return namespace !== undefined && (await findNamespace(c.env, namespace, false)) !== undefined;
}

function isOfApi(c: C): boolean {
  return c.req.path === '/v1' || c.req.path.startsWith('/v1/');
}

/** Whether a source sends it: `bao kv put` says PUT of a secret that has such a name. */
function isDelivery(c: C): boolean {
  return c.req.path.startsWith(`${RECEIVE}/`) && DELIVERING.includes(c.req.method);
}

function slashInName(path: string): { why: string } | undefined {
  return /^sys\/events\/sources\/[^/]+\/./.test(path)
    ? { why: ' The name of a source has no slash.' }
    : undefined;
}

/** Why there is no such route, where the upstream may well have it. */
function keptHere(c: C): { why?: string } {
  return c.var.config.upstream === undefined || isOfEvents(c.req.path)
    ? {}
    : { why: " The token is Carillon's, so the request was not passed to the upstream." };
}

/** Headers for the pages that the operator allows. A WebSocket has a rule of its own: see `subscribe`. */
async function crossOrigin(c: C, next: Next): Guarded {
  const { headers } = c.req.raw;
  // A CloudEvents sender asks by OPTIONS as well, and is no page.
  const isPage = !headers.has('upgrade') && !headers.has('webhook-request-origin');
  if (c.var.config.allowedOrigins.length === 0 || !isPage) return next();
  return cors({
    origin: (origin) => (isAllowedOrigin(origin, c.var.config) ? origin : null),
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    exposeHeaders: ['Retry-After', CURSOR_HEADER, WARNING_HEADER, 'Last-Event-ID'],
  })(c, next);
}

async function requireRootToken(c: C, next: Next): Guarded {
  if (c.var.config.rootToken !== undefined) return next();
  return refuse({
    reason: 'not_configured',
    message: 'this server has no root token; set one with `npx wrangler secret put ROOT_TOKEN`',
  });
}

/** Runs what only the holder of a token may ask for, once it is known who asks and of which namespace. */
async function admit(
  c: C,
  lookup: TokenLookup,
  run: (admitted: Admitted) => Response | Promise<Response>,
): Promise<Response> {
  const path = namespacePathOf(c);
  const caller = await callerOf(c, lookup);
  if (!caller.ok) {
    audit('denied', { namespace: path, path: routeOf(c), reason: caller.failure.reason });
    return refuse(caller.failure);
  }
  const namespace =
    path === undefined ? undefined : await findNamespace(c.env, path, !lookup.mayBeCached);
  if (namespace === undefined) return refuse(noNamespace(c));
  return run({ caller: caller.value, namespace });
}

function callerOf(c: C, lookup: TokenLookup): Promise<Result<Caller, Refusal>> {
  const { headers, url } = c.req.raw;
  const namespace = namespacePathOf(c) ?? '';
  const ticket = lookup.use === 'subscription' ? ticketOf(parseQuery(url)) : undefined;
  return ticket === undefined
    ? authenticate(headers, namespace, c.var.config, c.env, lookup)
    : redeemTicket(ticket, headers, namespace, c.var.config, c.env);
}

async function anonymous(c: C, path: string, endpoint: LoginEndpoint): Promise<Response> {
  const namespacePath = namespacePathOf(c);
  const namespace =
    namespacePath === undefined ? undefined : await findNamespace(c.env, namespacePath, true);
  if (namespace === undefined) return refuse(noNamespace(c));
  const body = await readApiBody(c.req.raw);
  if (!body.ok) return refuse(body.failure);
  return logIn(endpoint, {
    namespace,
    path,
    name: '',
    body: body.value,
    env: c.env,
    config: c.var.config,
    now: Date.now(),
  });
}

/** Who sends for a source has no token of ours, but what the source knows it by. */
async function deliver(c: C): Promise<Response> {
  const path = namespacePathOf(c);
  const namespace = path === undefined ? undefined : await findNamespace(c.env, path, false);
  if (namespace === undefined) return refuse(noNamespace(c));
  return receive({
    request: c.req.raw,
    query: parseQuery(c.req.url),
    name: after(RECEIVE, c.req.path),
    namespace,
    env: c.env,
    config: c.var.config,
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  });
}

function call(
  c: C,
  endpointPath: string,
  methods: Methods,
  admitted: Admitted,
): Promise<Response> | Response {
  const isList = parseBool(parseQuery(c.req.url).get('list') ?? '') === true;
  const endpoint = choose(methods, c.req.method, isList);
  if ('allow' in endpoint)
    return refuse({ reason: 'unsupported_operation', allow: endpoint.allow });
  const path = routeOf(c);
  return runEndpoint(
    endpoint,
    c.req.raw,
    {
      ...admitted,
      path,
      name: nameIn(endpointPath, path),
      env: c.env,
      config: c.var.config,
      now: Date.now(),
    },
    methods.parameters,
  );
}

/** The path of the namespace that the request is sent to; undefined where none can have it. */
function namespacePathOf(c: C): string | undefined {
  const path = parsePath(c.req.url);
  return namespaceOf(c.req.raw.headers, path.ok ? divide(path.value).namespace : '');
}

/** Whether a call to a Durable Object failed, and nothing that is done here. */
function isOfAnotherObject(
  error: Error & { remote?: boolean; retryable?: boolean; overloaded?: boolean },
): boolean {
  return error.remote === true || error.retryable === true || error.overloaded === true;
}

function unsupported(allow: string): () => Response {
  return () => refuse({ reason: 'unsupported_operation', allow });
}

/** The path as Vault names it in a message and in a policy: without the version. */
function routeOf(c: C): string {
  return c.req.path.replace(/^\/(v1\/)?/, '');
}

/** The same with the namespace before it. */
function wholeRouteOf(c: C): string {
  const header = c.req.raw.headers.get('x-vault-namespace') ?? '';
  const path = parsePath(c.req.url);
  const inUrl = path.ok ? path.value.replace(/^\/(v1\/)?/, '') : '';
  return trimSlashes(`${trimSlashes(header.slice(0, MAX_NAMED_CHARACTERS))}/${inUrl}`);
}

/** A namespace that does not exist is a route that is not there. */
function noNamespace(c: C): Refusal {
  const path = parsePath(c.req.url);
  const isTwice = path.ok && path.value.startsWith('/v1/v1/');
  return { reason: 'no_route', path: wholeRouteOf(c), ...(isTwice && { why: VERSION_TWICE }) };
}
