/** The routes, and the order of what every request passes before them. */
import { Hono } from 'hono';
import type { AppEnv } from './http/context.ts';
import { ENDPOINTS, LOGINS } from './http/endpoint-table.ts';
import { PUBLISH, RECEIVE, SUBSCRIBE } from './http/event-routes.ts';
import { publish } from './http/events/publish.ts';
import { receive } from './http/events/sources/receive.ts';
import { resumeByLease } from './http/events/subscribe/resume-by-lease.ts';
import { subscribe } from './http/events/subscribe/subscribe.ts';
import { CACHED, FOR_SUBSCRIPTION, FRESH, requireCaller } from './http/middleware/caller.ts';
import { requireRootToken, resolveConfig } from './http/middleware/config.ts';
import { allowOrigins } from './http/middleware/cors.ts';
import { answerError } from './http/middleware/errors.ts';
import { readJsonBody } from './http/middleware/json-body.ts';
import { resolveNamespace } from './http/middleware/namespace.ts';
import {
  refuseUnknownRoute,
  requireApiPath,
  unsupportedMethod,
} from './http/middleware/not-found.ts';
import { resolvePath, routeOf } from './http/middleware/path.ts';
import { logRequests } from './http/middleware/request-log.ts';
import { callEndpoint, selectEndpoint } from './http/middleware/select-endpoint.ts';
import { passToUpstream } from './http/middleware/upstream.ts';
import { health } from './http/vault/health.ts';
import { logIn } from './http/vault/login.ts';
import { initialize, initStatus, leader, sealStatus } from './http/vault/seal-status.ts';
import { countRequests } from './http/worker-metrics.ts';

const HEALTH = '/v1/sys/health';
const SEAL_STATUS = '/v1/sys/seal-status';
const INIT = '/v1/sys/init';
const LEADER = '/v1/sys/leader';

const PUBLISH_BY_POST =
  'unsupported operation: events are published by POST or PUT, with the event as JSON in the body: {"metadata": {"path": "deploy/web"}}';

export const app = new Hono<AppEnv>({ getPath: routeOf });

app.onError(answerError);
app.use(countRequests, logRequests, resolvePath, resolveConfig, passToUpstream, allowOrigins);

app.get(HEALTH, health);
app.all(HEALTH, unsupportedMethod('GET, HEAD'));
app.get(SEAL_STATUS, sealStatus);
app.all(SEAL_STATUS, unsupportedMethod('GET'));
app.get(INIT, initStatus);
app.on(['POST', 'PUT'], INIT, initialize);
app.all(INIT, unsupportedMethod('GET, POST, PUT'));
app.get(LEADER, leader);
app.all(LEADER, unsupportedMethod('GET'));

app.use(requireRootToken);

for (const [path, endpoint] of Object.entries(LOGINS)) {
  app.on(['POST', 'PUT'], `/v1/${path}`, resolveNamespace(FRESH), readJsonBody, logIn(endpoint));
}

app.all(
  `${SUBSCRIBE}/*`,
  resumeByLease,
  requireCaller(FOR_SUBSCRIPTION),
  resolveNamespace(FOR_SUBSCRIPTION),
  subscribe,
);
app.on(['POST', 'PUT'], `${PUBLISH}/*`, requireCaller(CACHED), resolveNamespace(CACHED), publish);
app.all(
  `${PUBLISH}/*`,
  requireCaller(CACHED),
  resolveNamespace(CACHED),
  unsupportedMethod('POST, PUT', PUBLISH_BY_POST),
);
app.all(`${RECEIVE}/*`, resolveNamespace(CACHED), receive);

for (const [path, endpoint] of Object.entries(ENDPOINTS)) {
  // A list may be requested with a slash at the end.
  const pattern = path.replace('/:names', '/*');
  for (const route of [pattern, ...(endpoint.list ? [`${path}/`] : [])]) {
    app.all(
      `/v1/${route}`,
      requireCaller(FRESH),
      resolveNamespace(FRESH),
      selectEndpoint(path, endpoint),
      readJsonBody,
      callEndpoint,
    );
  }
}

app.all('*', requireApiPath, requireCaller(FRESH), resolveNamespace(FRESH), refuseUnknownRoute);
