/** The parts of an event that decide who receives it: the fields of filters, and the path for policies. */
import { trimSlashes } from '../namespace/namespace.ts';
import type { Event } from './event.ts';

export interface EventFacts {
  readonly event_type: string;
  /** With a trailing slash; empty for root. */
  readonly namespace: string;
  /** Empty if the event has none: then only root receives it. */
  readonly path: string;
  readonly data_path: string;
  readonly operation: string;
  readonly source_plugin_mount: string;
}

export function factsOf({ event_type, namespace, metadata = {}, plugin_info }: Event): EventFacts {
  const text = (key: string) => {
    const value = metadata[key];
    return typeof value === 'string' ? value : '';
  };
  return {
    event_type,
    namespace,
    // Trimmed as in Vault, so that policies of publishers and subscribers see the same path.
    path: trimSlashes(text('path')),
    data_path: text('data_path'),
    operation: text('operation'),
    source_plugin_mount: plugin_info?.mount_path ?? '',
  };
}
