/**
 * The object beside an authority or a hub, named after it. It knows how often that was restored. `RestorationContract`
 * describes the methods. It stores nothing before the first restore.
 */

import { DurableObject } from 'cloudflare:workers';
import { restorationForOperators } from '../objects/names.ts';
import type { RestorationContract, RestorationRecord } from '../objects/restoration-contract.ts';
import { newerSchema } from '../objects/storage-failure.ts';

const RECORD_KEY = 'record';
/** Of the record, and of what an authority keeps in it. */
const RECORD_FORMAT = 1;

interface StoredRecord extends RestorationRecord {
  readonly format: number;
}

export class Restoration extends DurableObject<Env> implements RestorationContract {
  record(): RestorationRecord {
    const stored = this.ctx.storage.kv.get<StoredRecord>(RECORD_KEY);
    if (stored === undefined) return { generation: 0 };
    const { format, ...record } = stored;
    if (format > RECORD_FORMAT) {
      const name = restorationForOperators(this.ctx.id.name ?? '');
      throw newerSchema(name, format, RECORD_FORMAT);
    }
    return record;
  }

  begin(attempt: string, kept?: string): void {
    const before = this.record();
    if (before.attempt === attempt) return;
    this.ctx.storage.kv.put<StoredRecord>(RECORD_KEY, {
      format: RECORD_FORMAT,
      generation: before.generation + 1,
      attempt,
      ...(kept !== undefined && { kept }),
    });
  }
}
