/** The request that an audit entry tells of, as far as events need it. */
import type { PluginInfo } from '../../event/event.ts';
import { isJsonObject } from '../../lib/json.ts';
import { kindOf } from '../../lib/quote.ts';
import { trimSlashes } from '../../namespace/namespace.ts';
import { placeOf } from './place.ts';
import { type AuditSettings, IGNORED } from './reading.ts';

export interface AuditedRequest {
  /** Empty where the server made the request itself. */
  readonly id: string;
  /** As the entry has it. */
  readonly time: string;
  /** Without slashes at its ends; empty for root. */
  readonly namespace: string;
  /** The type of the mount: `kv`, `database`, `system`. */
  readonly engine: string;
  /** Within its namespace, with a slash at its end: `secret/`. */
  readonly mount: string;
  /** What follows the mount in the path. */
  readonly below: string;
  readonly operation: string;
  /** Whether the engine tried, and failed. What never came to an engine is no request here. */
  readonly failed: boolean;
  readonly sent: Readonly<Record<string, unknown>>;
  /** Undefined where there is nothing, or where only a wrapping token was handed out. */
  readonly answered: Readonly<Record<string, unknown>> | undefined;
  readonly isWrapped: boolean;
  readonly leaseId: string | undefined;
  readonly pluginInfo: PluginInfo;
}

const OPERATIONS = new Set(['create', 'update', 'patch', 'delete', 'read']);

/** The request of a response entry to one of these engines. */
export function requestOfEntry(
  entry: unknown,
  engines: ReadonlyMap<string, unknown>,
  { mounts }: AuditSettings,
): AuditedRequest | typeof IGNORED | { readonly dropped: string } {
  if (!isJsonObject(entry))
    return { dropped: `an audit entry is a JSON object, not ${kindOf(entry)}` };
  if (typeof entry.type !== 'string') return { dropped: 'the audit entry has no type' };
  if (entry.type !== 'response') return IGNORED;
  const request = objectOf(entry.request);
  const response = objectOf(entry.response);
  const { mount_type: engine = response.mount_type, operation } = request;
  if (typeof engine !== 'string' || !engines.has(engine)) return IGNORED;
  if (typeof operation !== 'string' || !OPERATIONS.has(operation)) return IGNORED;

  const answered = isJsonObject(response.data) ? response.data : undefined;
  const failed = textOf(entry.error) !== '' || isFailure(answered);
  if (failed && !cameToEngine(entry)) return IGNORED;

  const namespace = trimSlashes(textOf(objectOf(request.namespace).path));
  const path = textOf(request.path);
  // Auth methods may have the type of an engine: ldap.
  if (path.startsWith('auth/')) return IGNORED;
  const mountPoint = textOf(request.mount_point) || undefined;
  const place = placeOf({ engine, namespace, operation, failed, path, mountPoint }, mounts);
  if (place === undefined) return IGNORED;
  if ('dropped' in place) return place;
  return {
    id: textOf(request.id),
    time: textOf(entry.time),
    namespace,
    engine,
    ...place,
    operation,
    failed,
    sent: objectOf(request.data),
    answered,
    isWrapped: isJsonObject(response.wrap_info),
    leaseId: textOf(objectOf(response.secret).lease_id) || undefined,
    pluginInfo: pluginInfoOf(request, engine, place.mount),
  };
}

/** What an engine refuses by itself has no `error` in its entry, but one in the answer, or a status. */
function isFailure(answered: Readonly<Record<string, unknown>> = {}): boolean {
  const { http_status_code: status } = answered;
  return Object.hasOwn(answered, 'error') || (typeof status === 'number' && status >= 400);
}

/** Who may not do it, and where there is no such path or operation, is refused before an engine tries. */
function cameToEngine({ auth, error }: Record<string, unknown>): boolean {
  const { policy_results: results } = objectOf(auth);
  // Older servers write no results; what they refuse has this error, and mostly no auth.
  const isAllowed =
    results === undefined
      ? isJsonObject(auth) && !/permission denied|invalid token/.test(textOf(error))
      : objectOf(results).allowed === true;
  return isAllowed && !/\* unsupported (?:path|operation)\n/.test(textOf(error));
}

function pluginInfoOf(request: Record<string, unknown>, engine: string, mount: string): PluginInfo {
  const members = {
    mount_class: textOf(request.mount_class),
    mount_accessor: textOf(request.mount_accessor),
    mount_path: mount,
    plugin: engine,
    plugin_version: textOf(request.mount_running_version),
  };
  return Object.fromEntries(Object.entries(members).filter(([, text]) => text !== ''));
}

function objectOf(value: unknown): Record<string, unknown> {
  return isJsonObject(value) ? value : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
