/** What is special about one event of an audit entry. The rest comes from the request (`audit-entry.ts`). */
import { ok, type Result } from '../../lib/result.ts';
import { trimSlashes } from '../../namespace/namespace.ts';

export interface EventDraft {
  readonly event_type: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** The version of a kv mount. */
  readonly mountVersion?: string;
  /** If it is of another moment than the request: when it was, and the id that it always has. */
  readonly moment?: { readonly time: string; readonly id: string };
}

/** For an audit entry that causes no event: a read, a list, a failure, another mount. */
export const NO_EVENTS: Result<readonly never[]> = ok([]);

/**
 * Makes the draft of an operation that modified something, unless `more` says otherwise. Vault cleans paths before it
 * sends them: the key of a secret may contain `//`, the path of its event does not.
 */
export function eventDraft(
  family: string,
  operation: string,
  path: string,
  more: Readonly<Record<string, string | undefined>>,
): EventDraft {
  const metadata: Record<string, string> = { modified: 'true', operation, path: cleaned(path) };
  for (const [key, value] of Object.entries(more)) {
    if (value !== undefined) metadata[key] = key === 'data_path' ? cleaned(value) : value;
  }
  return { event_type: `${family}/${operation}`, metadata };
}

function cleaned(path: string): string {
  return trimSlashes(path).replace(/\/{2,}/g, '/');
}
