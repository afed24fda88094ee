/** All endpoints that take JSON. Each file lists its own. */
import type { Endpoints } from './endpoint-types.ts';
import { DESTINATION_ENDPOINTS } from './events/destinations/destinations-api.ts';
import { listEventTypes } from './events/event-types.ts';
import { explain } from './events/explain/explain.ts';
import { HUB_ENDPOINTS } from './events/hubs-api.ts';
import { MOVE_ENDPOINTS } from './events/move-api.ts';
import { QUOTA_ENDPOINTS } from './events/quotas-api.ts';
import { RESTORE_ENDPOINTS } from './events/restore-api.ts';
import { SOURCE_ENDPOINTS } from './events/sources/sources-api.ts';
import { SUBSCRIPTION_ENDPOINTS } from './events/subscriptions/subscriptions-api.ts';
import { createTicket } from './events/ticket.ts';
import { APPROLE_ENDPOINTS, appRoleLogin } from './vault/approle/role-api.ts';
import { SECRET_ID_ENDPOINTS } from './vault/approle/secret-id-api.ts';
import { AUTH_METHOD_ENDPOINTS } from './vault/auth-methods.ts';
import { CAPABILITIES_ENDPOINTS } from './vault/capabilities-api.ts';
import { JWT_ENDPOINTS, jwtLogin } from './vault/jwt-api.ts';
import type { LoginEndpoint } from './vault/login.ts';
import { METRICS_ENDPOINTS } from './vault/metrics.ts';
import { NAMESPACE_ENDPOINTS } from './vault/namespace-api.ts';
import { POLICY_ENDPOINTS } from './vault/policy-api.ts';
import { TOKEN_ENDPOINTS } from './vault/token/token-api.ts';

export const ENDPOINTS: Endpoints = {
  ...TOKEN_ENDPOINTS,
  ...POLICY_ENDPOINTS,
  ...CAPABILITIES_ENDPOINTS,
  ...NAMESPACE_ENDPOINTS,
  ...AUTH_METHOD_ENDPOINTS,
  ...JWT_ENDPOINTS,
  ...APPROLE_ENDPOINTS,
  ...SECRET_ID_ENDPOINTS,
  ...HUB_ENDPOINTS,
  ...RESTORE_ENDPOINTS,
  ...MOVE_ENDPOINTS,
  ...SUBSCRIPTION_ENDPOINTS,
  ...METRICS_ENDPOINTS,
  ...SOURCE_ENDPOINTS,
  ...DESTINATION_ENDPOINTS,
  ...QUOTA_ENDPOINTS,
  'sys/events/types': { read: listEventTypes, list: listEventTypes },
  'sys/events/explain': { update: explain },
  'sys/events/ticket': { update: createTicket, parameters: [] },
};

/** The endpoints that take no token and return one. */
export const LOGINS: Readonly<Record<string, LoginEndpoint>> = {
  'auth/jwt/login': jwtLogin,
  'auth/approle/login': appRoleLogin,
};
