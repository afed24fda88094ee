/** The configuration of the operator: `c.var.config`. */

import type { Context, Next } from 'hono';
import { configOf } from '../../config/config.ts';
import { hideSecretsOf } from '../../lib/log.ts';
import type { AppEnv, MiddlewareResult } from '../context.ts';
import { refuse } from '../respond.ts';

export function resolveConfig(c: Context<AppEnv>, next: Next): MiddlewareResult {
  hideSecretsOf(c.env);
  const config = configOf(c.env);
  if (!config.ok) {
    return Promise.resolve(refuse({ reason: 'not_configured', message: config.failure.message }));
  }
  c.set('config', config.value);
  return next();
}

/** Without a root token the server only reports its status. */
export function requireRootToken(c: Context<AppEnv>, next: Next): MiddlewareResult {
  if (c.get('config').rootTokens.length > 0) return next();
  return Promise.resolve(
    refuse({
      reason: 'not_configured',
      message: 'this server has no root token; set one with `npx wrangler secret put ROOT_TOKEN`',
    }),
  );
}
