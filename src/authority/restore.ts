/** Restores an authority to an earlier state, after all objects that know its tokens were told that these have ended. */

import { ok, type Result } from '../lib/result.ts';
import type { Generation } from '../objects/generation.ts';
import { startRestore } from '../objects/point-in-time.ts';
import type {
  RestoreFailure,
  RestorePoint,
  StartedRestore,
} from '../objects/restoration-contract.ts';
import { column } from '../objects/sql.ts';
import { MAX_RESTORE_WAIT_MS } from './limits.ts';
import type { Jobs } from './outbox/jobs.ts';
import type { Outbox } from './outbox/outbox.ts';
import type { Renewal } from './renewal.ts';
import type { Revocation } from './tokens/revocation.ts';

const POLL_MS = 50;

interface Parts {
  readonly ctx: DurableObjectState;
  readonly sql: SqlStorage;
  readonly generation: Generation;
  readonly jobs: Jobs;
  readonly outbox: Outbox;
  readonly revocation: Revocation;
  readonly renewal: Renewal;
}

export class Restore {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async start(point: RestorePoint): Promise<Result<StartedRestore, RestoreFailure>> {
    const { ctx, generation, renewal } = this.#parts;
    let tokensEnded = false;
    const started = await startRestore(ctx, point, async () => {
      tokensEnded = true;
      const told = await this.#endTokens();
      if (told.ok) await generation.begin(renewal.kept());
      return told;
    });
    return started.ok ? started : { ok: false, failure: { ...started.failure, tokensEnded } };
  }

  /** The restored state does not know which hubs watch, and which namespaces below have tokens of ours. This one does. */
  async #endTokens(): Promise<Result<undefined, RestoreFailure>> {
    const { ctx, sql, jobs, outbox, revocation } = this.#parts;
    ctx.storage.transactionSync(() => {
      for (const id of column<number>(sql, 'SELECT id FROM tokens')) revocation.revokeTree(id);
    });
    outbox.send();
    const deadline = Date.now() + MAX_RESTORE_WAIT_MS;
    while (jobs.count() > 0) {
      if (Date.now() > deadline) {
        const message = `all tokens have ended, but ${jobs.count()} other objects could not be told yet, so nothing was restored; repeat the request with the root token`;
        return { ok: false, failure: { reason: 'unavailable', message } };
      }
      await scheduler.wait(POLL_MS);
    }
    return ok(undefined);
  }
}
