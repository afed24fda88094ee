/**
 * Reads a request that passed through this server, with the upstream's answer, as the events of its audit entry. Pure, and
 * what `audit/` takes from an entry is taken from the bodies, so no secret can reach an event.
 */
import { isJsonObject, objectOf } from '../../lib/json.ts';
import { ok, type Result } from '../../lib/result.ts';
import { trimSlashes, withSlash } from '../../namespace/namespace.ts';
import { type AuditEvent, eventsOfRequest, hasEvents } from '../audit/audit-entry.ts';
import type { MountFacts } from './mount-facts.ts';
import { type AnswerBody, namesItself } from './request-reference.ts';

export interface Exchange {
  readonly method: string;
  /** Decoded, from the namespace of the header on: `secret/data/app`, `ns1/secret/data/app`. */
  readonly path: string;
  readonly mount: MountFacts;
  /** What this server calls the request. */
  readonly reference: string;
  /** RFC 3339. */
  readonly time: string;
  /** Parsed; empty if there was none, or if it is not needed; undefined if it could not be read. */
  readonly sent: unknown;
  /** Parsed; undefined if there was none, or if it could not be read. */
  readonly answered: unknown;
  /** The header `X-Vault-Index` of the answer. */
  readonly index: string | null;
}

/** Nobody but the upstream can tell whether a write created something. The events of most paths are the same. */
const OPERATIONS: Readonly<Record<string, string>> = {
  GET: 'read',
  POST: 'update',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** A read that issues credentials. */
const CREDENTIALS = /(?:^|\/)(?:static-)?creds\/[^/]/;

/** Of `sys/`, only leases make events. */
const WITHOUT_EVENTS =
  /^(?:auth|cubbyhole|identity|sys(?!\/(?:leases\/)?(?:renew|revoke)))(?:\/|$)/;

/**
 * Versions of a secret are only in the body of the request, and so is whether it sets something. The id of a lease may be there,
 * too, and counts more than that in the path.
 */
const TOLD_BY_REQUEST =
  /(?:^|\/)(?:(?:delete|undelete|destroy|metadata)\/|config$|sys\/(?:leases\/)?(?:renew|revoke)(?:\/|$))/;

/** The form of `X-Vault-Index`: Base64. */
const INDEX = /^[A-Za-z0-9+/_=-]{1,1024}$/;

/** Whether an event may come of the request, as far as its method and path tell. */
export function mayMakeEvents(method: string, path: string): boolean {
  if (WITHOUT_EVENTS.test(path)) return false;
  return method === 'GET' ? CREDENTIALS.test(path) : Object.hasOwn(OPERATIONS, method);
}

/** Whether its events need the body of the request. */
export function needsRequest(method: string, path: string): boolean {
  return method !== 'DELETE' && TOLD_BY_REQUEST.test(path);
}

/**
 * Whether requests such as this one make events in the mount: a secret of kv may have the name of credentials, and the auth
 * method ldap has the same type as the engine.
 */
export function isEventful({ engine, mount }: MountFacts, method: string): boolean {
  const isSecret = method === 'GET' && engine === 'kv';
  return hasEvents(engine) && !isSecret && !mount.startsWith('auth/');
}

/** @returns the events of a request that succeeded; or why there is none although there should be one */
export function eventsOfExchange(exchange: Exchange): Result<readonly AuditEvent[]> {
  const { mount: facts, path, reference, time } = exchange;
  const { engine, mount, namespace, pluginInfo, prefix } = facts;
  const answer: AnswerBody = objectOf(exchange.answered);
  const read = eventsOfRequest(
    {
      id: namesItself(answer) ? String(answer.request_id) : reference,
      time,
      namespace,
      engine,
      mount,
      below: path.slice(prefix.length),
      operation: OPERATIONS[exchange.method] ?? '',
      failed: false,
      sent: objectOf(exchange.sent),
      isSentUnknown: exchange.sent === undefined,
      answered: isJsonObject(answer.data) ? answer.data : undefined,
      isWrapped: isJsonObject(answer.wrap_info),
      leaseId: typeof answer.lease_id === 'string' ? answer.lease_id || undefined : undefined,
      pluginInfo,
    },
    new Map([[withSlash(trimSlashes(namespace)) + mount, facts.version]]),
  );
  if (!read.ok) return read;
  const { index } = exchange;
  const more = index !== null && INDEX.test(index) ? { vault_index: index } : {};
  const events = read.value.map((event) =>
    // As in Vault, for what was modified.
    event.metadata.modified === 'true'
      ? { ...event, metadata: { ...event.metadata, ...more } }
      : event,
  );
  return ok(events);
}
