/** What the operator sets, as the platform passes it: all texts, and none of them checked. */
export interface Variables {
  readonly CLUSTER_NAME?: string;
  readonly ALLOWED_ORIGINS?: string;
  readonly PUBLISH_NEEDS_PATH?: string;
  readonly JOURNAL_MAX_EVENTS?: string;
  readonly JOURNAL_MAX_BYTES?: string;
  readonly JOURNAL_MAX_AGE?: string;
  readonly RECONNECT_WINDOW?: string;
  readonly JURISDICTION?: string;
  readonly LOCATION?: string;
  readonly SHARD_AT_SOCKETS?: string;
  readonly REGION_AT_SOCKETS?: string;
  readonly SHARD_SOCKETS?: string;
  readonly SHARD_REGIONS?: string;
  readonly MOVED_HUBS?: string;
  /** JSON: the bindings that destinations may use. */
  readonly DESTINATION_BINDINGS?: string;
  /** JSON: the source of each queue whose messages this Worker consumes. */
  readonly QUEUE_SOURCES?: string;
  readonly UPSTREAM_ADDR?: string;
  /** "on" or "strict": what passes through to the upstream makes events. */
  readonly UPSTREAM_EVENTS?: string;
  readonly UPSTREAM_COMPATIBILITY?: string;
  /** "on": the Worker logs a line for each request. */
  readonly REQUEST_LOG?: string;
  /** "on": each line of the audit log is also an event. */
  readonly AUDIT_EVENTS?: string;
  /** A secret. Null if workerd is to take it from an environment that does not have it. */
  readonly ROOT_TOKEN?: string | null;
  /** A secret. Null as above. */
  readonly SOURCE_KEY?: string | null;
  /** Only the local server sets it: keys of issuers, and the upstream, may be reached by http on this machine. */
  readonly ALLOW_LOOPBACK_HTTP?: string;
  /** Only the local server sets it: the header in which clients say their region. */
  readonly REGION_HEADER?: string;
  /** Only the local server sets it: another value each time that its operator says that files of hubs were restored. */
  readonly RESTORED_HUBS?: string;
  /** The same for the files of authorities. */
  readonly RESTORED_AUTHORITIES?: string;
}

export function allowsLoopbackHttp({ ALLOW_LOOPBACK_HTTP }: Variables): boolean {
  return ALLOW_LOOPBACK_HTTP === 'true';
}
