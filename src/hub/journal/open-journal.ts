import { parseRetention } from '../../config/retention.ts';
import { Journal } from './journal.ts';

/** The journal of an object. @throws if the variables are wrong, which the Worker tells its callers before */
export function openJournal(storage: DurableObjectStorage, env: Env): Journal {
  const retention = parseRetention(env);
  if (!retention.ok) throw new Error(retention.failure.message);
  return new Journal(storage, retention.value);
}
