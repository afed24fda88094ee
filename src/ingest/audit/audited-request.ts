/** The part of an audited request that events need. */
import type { PluginInfo } from '../../event/event.ts';
import { isJsonObject, objectOf } from '../../lib/json.ts';
import { kindOf } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { trimSlashes } from '../../namespace/namespace.ts';
import { type KvMounts, splitAtMount } from './mount-path.ts';

export interface AuditedRequest {
  /** Empty if the server made the request itself. */
  readonly id: string;
  /** As it is in the entry. */
  readonly time: string;
  /** Without slashes at the ends; empty for root. */
  readonly namespace: string;
  /** The type of the mount: `kv`, `database`, `system`. */
  readonly engine: string;
  /** The mount path in its namespace, with a slash at the end: `secret/`. */
  readonly mount: string;
  /** The path below the mount. */
  readonly below: string;
  readonly operation: string;
  /** Whether the engine tried and failed. A request that was rejected before is not read. */
  readonly failed: boolean;
  readonly sent: Readonly<Record<string, unknown>>;
  /** Whether `sent` is empty because nobody could read it. */
  readonly isSentUnknown?: boolean;
  /** Undefined if there is no data, or if the response is wrapped. */
  readonly answered: Readonly<Record<string, unknown>> | undefined;
  readonly isWrapped: boolean;
  readonly leaseId: string | undefined;
  readonly pluginInfo: PluginInfo;
  /** Whether the source wants to be told of rotations that nobody requested. */
  readonly tellsRotations?: boolean;
}

const OPERATIONS = new Set(['create', 'update', 'patch', 'delete', 'read']);

/**
 * @param engines the types of mounts that make events
 * @returns undefined if the entry is no response of such a mount, or can be no event
 */
export function readAuditedRequest(
  entry: unknown,
  engines: ReadonlyMap<string, unknown>,
  mounts: KvMounts,
): Result<AuditedRequest | undefined> {
  if (!isJsonObject(entry)) return invalid(`an audit entry is a JSON object, not ${kindOf(entry)}`);
  if (typeof entry.type !== 'string') return invalid('the audit entry has no type');
  if (entry.type !== 'response') return ok(undefined);
  const request = objectOf(entry.request);
  const response = objectOf(entry.response);
  const { mount_type: engine = response.mount_type, operation } = request;
  if (typeof engine !== 'string' || !engines.has(engine)) return ok(undefined);
  if (typeof operation !== 'string' || !OPERATIONS.has(operation)) return ok(undefined);

  const answered = isJsonObject(response.data) ? response.data : undefined;
  const failed = textOf(entry.error) !== '' || isFailure(answered);
  if (failed && !reachedEngine(entry)) return ok(undefined);

  const namespace = trimSlashes(textOf(objectOf(request.namespace).path));
  const path = textOf(request.path);
  // The ldap auth method has the same type as the engine.
  if (path.startsWith('auth/')) return ok(undefined);
  const mountPoint = textOf(request.mount_point) || undefined;
  const split = splitAtMount({ engine, namespace, operation, failed, path, mountPoint }, mounts);
  if (!split.ok) return split;
  if (split.value === undefined) return ok(undefined);
  const { mount, below } = split.value;
  return ok({
    id: textOf(request.id),
    time: textOf(entry.time),
    namespace,
    engine,
    mount,
    below,
    operation,
    failed,
    sent: objectOf(request.data),
    answered,
    isWrapped: isJsonObject(response.wrap_info),
    leaseId: textOf(objectOf(response.secret).lease_id) || undefined,
    pluginInfo: pluginInfoOf(request, engine, mount),
  });
}

/** If an engine rejects a request, the entry has no `error`. The response has one, or a status. */
function isFailure(answered: Readonly<Record<string, unknown>> = {}): boolean {
  const { http_status_code: status } = answered;
  return Object.hasOwn(answered, 'error') || (typeof status === 'number' && status >= 400);
}

/** Whether the request was allowed, and the engine has such a path and operation. */
function reachedEngine({ auth, error }: Record<string, unknown>): boolean {
  const { policy_results: results } = objectOf(auth);
  // Older servers write no results. An entry of a denied request then has this error, and mostly no auth.
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

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
