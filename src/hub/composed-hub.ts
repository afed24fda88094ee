import type { Alarms } from '../objects/alarms.ts';
import type { MetricsReporter } from '../objects/metrics-reporter.ts';
import type { SocketCloser } from './subscribers/socket-closer.ts';
import type { Sockets } from './subscribers/sockets.ts';

/** A composed hub, as far as its lifecycle needs it. */
export interface ComposedHub {
  readonly alarms: Alarms;
  readonly sockets: Sockets;
  readonly closer: SocketCloser;
  readonly teardown: Teardown;
  readonly reporter: MetricsReporter;
}

/** How a hub ends. */
export interface Teardown {
  /** Whether there is no reason for the hub, unless it has sockets. */
  readonly isDue: boolean;
  /** Has other objects forget the hub: until it is needed again, or because its namespace was deleted. */
  leave(why: 'idle' | 'deleted'): Promise<void>;
  /** The key-value entries that stay when an idle hub is released. */
  retainedEntries(): [string, unknown][];
}
