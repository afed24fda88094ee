/** What a rule tells of an event; all else of it is the same for each rule. */
import { trimSlashes } from '../../namespace/namespace.ts';

export interface Told {
  readonly event_type: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** The version of the mount, where it has one that is known. */
  readonly mountVersion?: string;
}

/**
 * An event of an operation that modified something, unless `more` says otherwise. Vault cleans paths before
 * it sends them: a key may have `//` in it, its event has not.
 */
export function toldOf(
  family: string,
  operation: string,
  path: string,
  more: Readonly<Record<string, string | undefined>>,
): Told {
  const metadata: Record<string, string> = { modified: 'true', operation, path: cleaned(path) };
  for (const [key, value] of Object.entries(more)) {
    if (value !== undefined) metadata[key] = key === 'data_path' ? cleaned(value) : value;
  }
  return { event_type: `${family}/${operation}`, metadata };
}

function cleaned(path: string): string {
  return trimSlashes(path).replace(/\/{2,}/g, '/');
}
