/** What decides who sees an event: the fields of filters, and the path that policies are asked about. */
import { trimSlashes } from '../namespace/namespace.ts';
import type { Event } from './event.ts';

export interface EventFacts {
  readonly event_type: string;
  /** With its trailing slash; empty for root. */
  readonly namespace: string;
  /** Empty where the event has none: then only root sees it. */
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
    // Cleaned as Vault does, so that publishers and subscribers are asked about the same.
    path: trimSlashes(text('path')),
    data_path: text('data_path'),
    operation: text('operation'),
    source_plugin_mount: plugin_info?.mount_path ?? '',
  };
}
