/**
 * What the configuration of the Worker, which the local server checks before it starts, names of the Workers' types.
 * They themselves cannot be used here, because they and Node's declare the same globals.
 */
interface Env {
  readonly CLUSTER_NAME: string;
  readonly ALLOWED_ORIGINS: string;
  readonly PUBLISH_NEEDS_PATH: string;
  readonly JOURNAL_MAX_EVENTS: string;
  readonly JOURNAL_MAX_BYTES: string;
  readonly JOURNAL_MAX_AGE: string;
  readonly UPSTREAM_ADDR: string;
}
