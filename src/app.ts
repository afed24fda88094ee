/** The route table, and what every request passes before it. */
import { type Context, Hono, type MiddlewareHandler, type Next } from 'hono';
import { cors } from 'hono/cors';
import { refuse } from './http/answer.ts';
import { type Bindings, type Config, parseConfig } from './http/config.ts';
import { eventTypes } from './http/event-types.ts';
import { health } from './http/health.ts';
import { isAllowedOrigin } from './http/origin.ts';
import { after, parsePath, parseQuery } from './http/path.ts';
import { publish } from './http/publish.ts';
import { subscribe } from './http/subscribe.ts';
import { authenticate, firstValue, type Principal } from './http/token.ts';

interface HonoEnv {
  Bindings: Bindings;
  Variables: { config: Config; principal: Principal };
}
type C = Context<HonoEnv>;
type Guarded = ReturnType<MiddlewareHandler>;

const HEALTH = '/v1/sys/health';
const SUBSCRIBE = '/v1/sys/events/subscribe';
const PUBLISH = '/v1/sys/events/publish';
const TYPES = '/v1/sys/events/types';

/** A path that cannot be parsed is routed as this, and refused before anything looks at it. */
const UNPARSABLE = '\0';

export const app = new Hono<HonoEnv>({
  getPath: (request) => {
    const path = parsePath(request.url);
    return path.ok ? path.value : UNPARSABLE;
  },
});

app.use(refuseUnparsablePath, configure, crossOrigin);
app.get(HEALTH, (c) => health(parseQuery(c.req.url), c.var.config, Date.now()));
app.all(HEALTH, unsupported('GET, HEAD'));

app.use(requireRootToken, requireToken, requireRootNamespace);
app.all(`${SUBSCRIBE}/*`, (c) =>
  subscribe(c.req.raw, after(SUBSCRIBE, c.req.path), parseQuery(c.req.url), c.env, c.var.config),
);
app.on(['POST', 'PUT'], `${PUBLISH}/*`, (c) =>
  publish(c.req.raw, after(PUBLISH, c.req.path), c.var.principal, c.env, c.var.config),
);
app.all(`${PUBLISH}/*`, unsupported('POST, PUT'));
app.get(TYPES, () => eventTypes());
app.all(TYPES, unsupported('GET'));
app.onError((error) => {
  console.error(error);
  return refuse({ reason: 'bug' });
});
app.notFound((c) => refuse({ reason: 'no_route', path: routeOf(c) }));

async function refuseUnparsablePath(c: C, next: Next): Guarded {
  if (c.req.path === UNPARSABLE) {
    const path = parsePath(c.req.url);
    if (!path.ok) return refuse(path.failure);
  }
  return next();
}

async function configure(c: C, next: Next): Guarded {
  const config = parseConfig(c.env);
  if (!config.ok) return refuse({ reason: 'not_configured', message: config.failure.message });
  c.set('config', config.value);
  return next();
}

/** Headers for the pages that the operator allows. A WebSocket has a rule of its own: see `subscribe`. */
async function crossOrigin(c: C, next: Next): Guarded {
  if (c.var.config.allowedOrigins.length === 0 || c.req.raw.headers.has('upgrade')) return next();
  return cors({
    origin: (origin) => (isAllowedOrigin(origin, c.var.config) ? origin : null),
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT'],
    exposeHeaders: ['Retry-After'],
  })(c, next);
}

async function requireRootToken(c: C, next: Next): Guarded {
  if (c.var.config.rootToken !== undefined) return next();
  return refuse({
    reason: 'not_configured',
    message: 'this server has no root token; set one with `npx wrangler secret put ROOT_TOKEN`',
  });
}

async function requireToken(c: C, next: Next): Guarded {
  const principal = await authenticate(c.req.raw.headers, c.var.config.rootToken ?? '');
  if (typeof principal !== 'string') return refuse(principal);
  c.set('principal', principal);
  return next();
}

/** No namespace but root exists; a request for another is one for a route that is not there. */
async function requireRootNamespace(c: C, next: Next): Guarded {
  const header = firstValue(c.req.raw.headers.get('x-vault-namespace'));
  const namespace = header
    .split('/')
    .filter((segment) => segment !== '')
    .join('/');
  if (namespace === '' || namespace === 'root') return next();
  return refuse({ reason: 'no_route', path: `${namespace}/${routeOf(c)}` });
}

function unsupported(allow: string): () => Response {
  return () => refuse({ reason: 'unsupported_operation', allow });
}

/** The path as Vault names it in a message: without the version. */
function routeOf(c: C): string {
  return c.req.path.replace(/^\/(v1\/)?/, '');
}
