/**
 * The parts of an authority. Every table has one store. A service has the rules that need more than one table, or another
 * object.
 */

import type { Variables } from '../config/variables.ts';
import { Alarms } from '../objects/alarms.ts';
import { Lifecycle } from './lifecycle.ts';
import { AppRoles } from './logins/app-roles.ts';
import { LoginSettings } from './logins/login-settings.ts';
import { RoleIds } from './logins/role-ids.ts';
import { SecretIds } from './logins/secret-ids.ts';
import { ChildNamespaces } from './namespaces/child-namespaces.ts';
import { ChildStore } from './namespaces/child-store.ts';
import { HubSync } from './outbox/hub-sync.ts';
import { Jobs } from './outbox/jobs.ts';
import { Outbox } from './outbox/outbox.ts';
import { Watches } from './outbox/watches.ts';
import { Policies } from './policies/policies.ts';
import { SourceService } from './sources/source-service.ts';
import { SourceStore } from './sources/source-store.ts';
import { TicketService } from './tickets/ticket-service.ts';
import { TicketStore } from './tickets/ticket-store.ts';
import { ForeignChildren } from './tokens/foreign-children.ts';
import { Revocation } from './tokens/revocation.ts';
import { TokenService } from './tokens/token-service.ts';
import { TokenStore } from './tokens/token-store.ts';
import { AdoptedTokens } from './upstream-tokens/adopted-tokens.ts';
import { Adoptions } from './upstream-tokens/adoptions.ts';

export type Parts = ReturnType<typeof composeParts>;

/** @param namespace its key */
export function composeParts(ctx: DurableObjectState, env: Env & Variables, namespace: string) {
  const { storage } = ctx;
  const { sql } = storage;
  const lifecycle = new Lifecycle(storage, namespace);
  const alarms = new Alarms(ctx);

  const watches = new Watches(sql);
  const jobs = new Jobs(sql);
  const outbox = new Outbox(ctx, env, namespace, { lifecycle, alarms, watches, jobs });

  const policies = new Policies(sql, outbox);
  const tokens = new TokenStore(sql);
  const adopted = new AdoptedTokens(sql);
  const foreignChildren = new ForeignChildren(sql);
  const shared = { lifecycle, alarms, outbox, policies, tokens, adopted };
  const tokenService = new TokenService(namespace, shared);
  const revocation = new Revocation(storage, { ...shared, foreignChildren });
  const adoptions = new Adoptions(ctx, env, namespace, { ...shared, revocation });
  const hubSync = new HubSync({ ...shared, watches, adoptions });
  const tickets = new TicketStore(sql);
  const ticketService = new TicketService({ ...shared, tickets, tokenService, adoptions });
  alarms.add(adoptions, revocation, outbox);

  const settings = new LoginSettings(sql);
  const roleIds = new RoleIds(sql);
  const secretIds = new SecretIds(sql);
  const appRoles = new AppRoles({ lifecycle, settings, roleIds, secretIds });

  const sources = new SourceStore(sql);
  const sourceService = new SourceService(env, namespace, { lifecycle, sources });
  const children = new ChildStore(sql);
  const childNamespaces = new ChildNamespaces(env, namespace, { lifecycle, children, outbox });

  return {
    lifecycle,
    alarms,
    watches,
    hubSync,
    policies,
    tokens,
    tokenService,
    revocation,
    adoptions,
    ticketService,
    settings,
    roleIds,
    secretIds,
    appRoles,
    sources,
    sourceService,
    children,
    childNamespaces,
  };
}
