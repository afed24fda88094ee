/**
 * What a test of the Worker starts from: nothing stored, the variables of `vitest.config.ts`, nothing known of shards, and neither the clock
 * nor a method replaced.
 */
import { reset, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { it as base, expect, vi } from 'vitest';
import { workerCaches } from '../../src/http/worker-caches.ts';
import { forgetLoggedFailures } from '../../src/lib/log.ts';
import {
  aHolder,
  authority,
  type Holder,
  hasStored,
  LISTENER,
  root,
  sql,
} from './security-support.ts';

/** All files share `env`, so a variable that a test sets would reach the next file. */
const deployed = { ...env };

export const it = base
  .extend('nothingStored', { auto: true }, async ({ onTestFinished }) => {
    onTestFinished(async () => {
      vi.useRealTimers();
      vi.restoreAllMocks();
      forgetLoggedFailures();
      workerCaches.shardDirectories.clear();
      Object.assign(env, deployed);
      await deliverNotices();
      await reset();
    });
    // Tests read its tables.
    await authority().create();
  })
  /** The holder of a token that may subscribe to all and see what lies under `secret/`. */
  .extend('holder', (): Promise<Holder> => aHolder(LISTENER))
  /** The path of a Vault namespace below root. */
  .extend('team', (): Promise<string> => root.makesNamespace());

/** An object in the middle of a call would not be emptied. */
async function deliverNotices(): Promise<void> {
  if (!(await hasStored())) return;
  await vi.waitFor(async () => {
    await sql(authority(), 'UPDATE jobs SET due_at = 0');
    await runDurableObjectAlarm(authority());
    expect(await sql(authority(), 'SELECT * FROM jobs')).toEqual([]);
  });
}
