/**
 * The parts of an authority. Every table has one owner: a store, or a service whose rules need other parts, or another
 * object. `AuthorityContract` describes what they answer to others, and is not repeated on them.
 */

import type { Variables } from '../config/variables.ts';
import { newAuthorityCounts } from '../metrics/authority-metrics.ts';
import { Alarms } from '../objects/alarms.ts';
import { Generation } from '../objects/generation.ts';
import { authorityRestoration } from '../objects/names.ts';
import { AnswersToHubs } from './answers-to-hubs.ts';
import { composeReporter } from './authority-state.ts';
import { ChildNamespaces } from './child-namespaces.ts';
import { Lifecycle } from './lifecycle.ts';
import { AppRoles } from './logins/app-roles.ts';
import { LoginSettings } from './logins/login-settings.ts';
import { SecretIds } from './logins/secret-ids.ts';
import { LookUps } from './look-ups.ts';
import { Jobs } from './outbox/jobs.ts';
import { Outbox } from './outbox/outbox.ts';
import { Watches } from './outbox/watches.ts';
import { Policies } from './policies.ts';
import { Quotas } from './quotas.ts';
import { Renewal } from './renewal.ts';
import { Restore } from './restore.ts';
import { Sources } from './sources.ts';
import { Tickets } from './tickets.ts';
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
  const counts = newAuthorityCounts();
  const base = { ctx, env, counts, storage, sql, namespace, lifecycle, alarms };

  const generation = new Generation(
    ctx,
    env,
    authorityRestoration(namespace),
    env.RESTORED_AUTHORITIES,
  );

  const watches = new Watches(sql);
  const jobs = new Jobs(sql);
  const outbox: Outbox = new Outbox({
    ...base,
    watches,
    jobs,
    quotas: () => quotas,
  });

  const policies = new Policies(sql, outbox);
  const tokens = new TokenStore(sql);
  const adopted = new AdoptedTokens(sql);
  const shared = { ...base, outbox, policies, tokens, adopted };
  const tokenService = new TokenService(shared);
  const revocation = new Revocation(shared);
  const adoptions = new Adoptions({ ...shared, revocation });
  const answersToHubs = new AnswersToHubs({ ...shared, generation, watches, adoptions });
  const tickets = new Tickets({ ...shared, tokenService, adoptions });
  alarms.add(adoptions, revocation, outbox);

  const settings = new LoginSettings(sql);
  const secretIds = new SecretIds(sql);
  const appRoles = new AppRoles({ ...base, settings, secretIds });

  const sources = new Sources(base);
  const children = new ChildNamespaces({ ...base, outbox });
  const lookUps = new LookUps({ tokenService, tickets, children });
  const quotas: Quotas = new Quotas({ ...base, outbox, children });

  const renewal = new Renewal({ ...base, jobs, children });

  return {
    reporter: composeReporter(ctx, env, lifecycle, counts, () => quotas.values()),
    lifecycle,
    generation,
    renewal,
    restore: new Restore({ ...base, generation, jobs, outbox, revocation, renewal }),
    alarms,
    watches,
    answersToHubs,
    policies,
    tokens,
    tokenService,
    revocation,
    adoptions,
    tickets,
    settings,
    secretIds,
    appRoles,
    sources,
    children,
    lookUps,
    quotas,
  };
}
