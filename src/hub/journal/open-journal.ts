import { parseRetention } from '../../config/retention.ts';
import { Journal } from './journal.ts';

/** Opens the journal of an object. @throws if a variable is wrong. The Worker reports that before it calls an object. */
export function openJournal(storage: DurableObjectStorage, env: Env): Journal {
  const retention = parseRetention(env);
  if (!retention.ok) throw new Error(retention.failure.message);
  return new Journal(storage, retention.value);
}
