/** How an object that reports metrics is named. */

import type { Labels } from '../metrics/metric.ts';
import type { Report } from '../metrics/reports.ts';
import { pathOfKey, withSlash } from '../namespace/namespace.ts';
import { keyOfAuthority, parseHubName, parseReplicaName } from './names.ts';

type Source = Pick<Report, 'kind' | 'source'>;

/** The key of its Vault namespace. */
export function namespaceKeyOf({ kind, source }: Source): string {
  return kind === 'authority' ? keyOfAuthority(source) : parseHubName(source).namespaceKey;
}

/**
 * As Vault labels its metrics: the root namespace is `root`. A wildcard hub is `*`, as in `sys/events/hubs`. A replica also
 * has its region, and a shard its number.
 */
export function labelsOf(source: Source): Labels {
  const namespace = withSlash(pathOfKey(namespaceKeyOf(source))) || 'root';
  if (source.kind === 'authority') return { namespace };
  const hub = { namespace, hub: parseHubName(source.source).eventTypeNamespace || '*' };
  const place = parseReplicaName(source.source);
  if (place === undefined) return hub;
  const { region, shard } = place;
  return { ...hub, region, ...(shard !== undefined && { shard: String(shard) }) };
}
