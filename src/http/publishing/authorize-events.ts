/** Which events a caller may publish. The namespace, the type and the path of each event decide, not the URL. */

import { factsOf } from '../../event/facts.ts';
import type { CheckedEvent } from '../../ingest/read-events.ts';
import { quote } from '../../lib/quote.ts';
import { ok, type Result } from '../../lib/result.ts';
import { isWithin, trimSlashes } from '../../namespace/namespace.ts';
import type { Access } from '../../policy/access.ts';

/** Why a caller may not publish one of the events. */
export interface Denial {
  readonly message: string;
  /** The missing right, for the audit log. The path of an event is not logged: it is content of the event. */
  readonly path: string;
}

/**
 * Whether a caller may publish as one of those that have their events from an origin. Their events are duplicates of each
 * other, so whoever may do this could use up the ids of the others.
 *
 * @param namespace the path of the namespace that the request is sent to
 */
export function authorizeOrigin(
  origin: string | undefined,
  access: Access,
  namespace: string,
): Result<undefined, Denial> {
  if (origin === undefined) return ok(undefined);
  const path = `sys/events/origins/${origin}`;
  if (OPERATIONS.some((operation) => access.allows(namespace, { operation, path })))
    return ok(undefined);
  const message = `permission denied: "update" or "create" on ${quote(path)} is needed`;
  return { ok: false, failure: { message, path } };
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
  const rights = new RightsOfRequest(access);
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
    if (!rights.mayPublish(inNamespace, event.event_type, sent)) {
      const publishPath = publishPathOf(event.event_type);
      return deny(`"update" or "create" on ${quote(publishPath)} is needed`, publishPath);
    }
    if (!needsPath) continue;
    const { path } = factsOf(event);
    if (path !== '' && !rights.mayWritePath(inNamespace, path)) {
      return deny(
        `"update" or "create" on the path of the event, ${quote(path)}, is needed`,
        'the path of the event',
      );
    }
  }
  return ok(undefined);
}

const OPERATIONS = ['update', 'create'] as const;

function publishPathOf(eventType: string): string {
  return `sys/events/publish/${eventType}`;
}

/**
 * The rights of a publisher, asked event by event. Most events of a request have the type and the path of the event before,
 * so what was allowed last is remembered, unless it depends on more of the event.
 */
class RightsOfRequest {
  readonly #access: Access;
  /** May be published whatever is sent. */
  #type: { readonly namespace: string; readonly eventType: string } | undefined;
  /** May be written. */
  #path: { readonly namespace: string; readonly path: string } | undefined;

  constructor(access: Access) {
    this.#access = access;
  }

  mayPublish(
    namespace: string,
    eventType: string,
    sent: Readonly<Record<string, unknown>>,
  ): boolean {
    if (this.#type?.eventType === eventType && this.#type.namespace === namespace) return true;
    const path = publishPathOf(eventType);
    if (OPERATIONS.some((operation) => this.#access.allowsAnyData(namespace, path, operation))) {
      this.#type = { namespace, eventType };
      return true;
    }
    return this.#mayWrite(namespace, path, sent);
  }

  mayWritePath(namespace: string, path: string): boolean {
    if (this.#path?.path === path && this.#path.namespace === namespace) return true;
    if (!this.#mayWrite(namespace, path, {})) return false;
    this.#path = { namespace, path };
    return true;
  }

  #mayWrite(namespace: string, path: string, data: Readonly<Record<string, unknown>>): boolean {
    return OPERATIONS.some((operation) =>
      this.#access.allows(namespace, { operation, path, data }),
    );
  }
}
