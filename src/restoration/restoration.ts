/**
 * The object beside an authority or a hub, with the same name. It knows how often that was restored. `RestorationContract`
 * describes the methods. It stores nothing before the first restore.
 */

import { DurableObject } from 'cloudflare:workers';
import type { RestorationContract, RestorationRecord } from '../objects/restoration-contract.ts';

const RECORD_KEY = 'record';

export class Restoration extends DurableObject<Env> implements RestorationContract {
  record(): RestorationRecord {
    return this.ctx.storage.kv.get<RestorationRecord>(RECORD_KEY) ?? { generation: 0 };
  }

  begin(attempt: string, kept?: string): void {
    const before = this.record();
    if (before.attempt === attempt) return;
    this.ctx.storage.kv.put<RestorationRecord>(RECORD_KEY, {
      generation: before.generation + 1,
      attempt,
      ...(kept !== undefined && { kept }),
    });
  }
}
