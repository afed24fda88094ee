/** What becomes of an audit entry. */
import type { PluginInfo } from '../../event/event.ts';

export interface AuditSettings {
  /**
   * The version of kv mounts, where told: by the path of the namespace and that of the mount, such as
   * `secret/` or `ns1/secret/`.
   */
  readonly mounts: ReadonlyMap<string, 1 | 2>;
}

/** The members of a JSON event as a producer would post it. */
export interface AuditEvent {
  readonly id: string;
  readonly time: string;
  readonly event_type: string;
  /** The absolute path within the audited server; empty for root. */
  readonly namespace: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly plugin_info: PluginInfo;
}

export type Reading<E> =
  /** At least one. */
  | { readonly events: readonly E[] }
  /** Of no interest: reads, lists, failures, other mounts. */
  | { readonly ignored: true }
  /** What should have been an event and cannot be: the reason. */
  | { readonly dropped: string };

export type AuditReading = Reading<AuditEvent>;

export const IGNORED = { ignored: true } as const;
