/** What an authority stores, in numbers, for its metrics. */

import type { AuthorityCounts, AuthorityStateValues } from '../metrics/authority-metrics.ts';
import { METRICS_RECOUNT_MS } from '../metrics/limits.ts';
import type { QuotaLimit } from '../namespace/quota.ts';
import { MetricsReporter } from '../objects/metrics-reporter.ts';
import { scalar } from '../objects/sql.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Counted } from './quota-use.ts';

/** The values of the own quota. */
export type QuotaValues = Pick<
  AuthorityStateValues,
  `limit_${QuotaLimit}` | `use_${Counted | 'hubs'}`
>;

export function composeReporter(
  ctx: DurableObjectState,
  env: Env,
  lifecycle: Lifecycle,
  counts: AuthorityCounts,
  quotas: () => Promise<QuotaValues>,
): MetricsReporter {
  let state: AuthorityStateValues | undefined;
  let countedAt = 0;
  return new MetricsReporter(ctx, env, {
    kind: 'authority',
    counts: () => counts,
    state: async () => {
      // The namespace may be deleted meanwhile.
      if (!lifecycle.isOpen) return undefined;
      if (state === undefined || Date.now() - countedAt >= METRICS_RECOUNT_MS) {
        const ofQuota = await quotas();
        if (!lifecycle.isOpen) return undefined;
        state = { ...count(ctx.storage.sql), ...ofQuota };
        countedAt = Date.now();
      }
      return state;
    },
  });
}

function count(sql: SqlStorage): Omit<AuthorityStateValues, keyof QuotaValues> {
  const rowsOf = (table: string) => scalar<number>(sql, `SELECT COUNT(*) FROM ${table}`) ?? 0;
  return {
    tokens: rowsOf('tokens'),
    watches: rowsOf('watches'),
    notices: rowsOf('notices'),
    jobs: rowsOf('jobs'),
    sources: rowsOf('sources'),
  };
}
