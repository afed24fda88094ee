/** Which events a caller may publish. The namespace, the type and the path of each event decide, not the URL. */

import { factsOf } from '../../event/facts.ts';
import type { CheckedEvent } from '../../ingest/read-events.ts';
import { quote } from '../../lib/quote.ts';
import { ok, type Result } from '../../lib/result.ts';
import { isWithin, trimSlashes } from '../../namespace/namespace.ts';
import type { Access } from '../../policy/access.ts';

/** Why a caller may not publish one of the events. */
interface Denial {
  readonly message: string;
  /** The missing right, for the audit log. The path of an event is not logged: it is content of the event. */
  readonly path: string;
}

/**
 * @param namespace the path of the namespace that the request is sent to
 * @param needsPath whether the caller must also be allowed to write the path of the event
 */
export function authorize(
  events: readonly CheckedEvent[],
  access: Access,
  namespace: string,
  needsPath: boolean,
): Result<undefined, Denial> {
  for (const { event, where, sent } of events) {
    const deny = (message: string, path: string): Result<never, Denial> => ({
      ok: false,
      failure: { message: `${where}${where && ': '}permission denied: ${message}`, path },
    });
    const inNamespace = trimSlashes(event.namespace);
    if (!isWithin(inNamespace, namespace)) {
      return deny(
        `namespace ${quote(event.namespace)} is not that of the request nor below it`,
        'namespace',
      );
    }
    const mayWrite = (path: string, data: Readonly<Record<string, unknown>>) =>
      (['update', 'create'] as const).some((operation) =>
        access.allows(inNamespace, { operation, path, data }),
      );
    const publishPath = `sys/events/publish/${event.event_type}`;
    if (!mayWrite(publishPath, sent)) {
      return deny(`"update" or "create" on ${quote(publishPath)} is needed`, publishPath);
    }
    const { path } = factsOf(event);
    if (needsPath && path !== '' && !mayWrite(path, {})) {
      return deny(
        `"update" or "create" on the path of the event, ${quote(path)}, is needed`,
        'the path of the event',
      );
    }
  }
  return ok(undefined);
}
