/** How an object that reports metrics is named. */

import type { Labels } from '../metrics/metric.ts';
import type { Report } from '../metrics/reports.ts';
import { pathOfKey, withSlash } from '../namespace/namespace.ts';
import { keyOfAuthority, parseDestinationName, parseHubName, parseReplicaName } from './names.ts';

type Source = Pick<Report, 'kind' | 'source'>;

/** The key of its Vault namespace. */
export function namespaceKeyOf({ kind, source }: Source): string {
  if (kind === 'authority') return keyOfAuthority(source);
  if (kind === 'destination') return parseDestinationName(source).namespaceKey;
  return parseHubName(source).namespaceKey;
}

/**
 * Whose share of the sources it uses: the destinations of a Vault namespace have one, and all else that is of the namespace
 * has another, so that many destinations do not hide its hubs.
 */
export function shareOf(source: Source): string {
  return `${source.kind === 'destination' ? 'destinations' : 'others'} ${namespaceKeyOf(source)}`;
}

/**
 * As Vault labels its metrics: the root namespace is `root`. A wildcard hub is `*`, as in `sys/events/hubs`. A replica also
 * has its region, and a shard its number; a destination has its name.
 */
export function labelsOf(source: Source): Labels {
  const namespace = withSlash(pathOfKey(namespaceKeyOf(source))) || 'root';
  if (source.kind === 'authority') return { namespace };
  if (source.kind === 'destination') {
    return { namespace, destination: parseDestinationName(source.source).name };
  }
  const hub = { namespace, hub: parseHubName(source.source).eventTypeNamespace || '*' };
  const place = parseReplicaName(source.source);
  if (place === undefined) return hub;
  const { region, shard } = place;
  return { ...hub, region, ...(shard !== undefined && { shard: String(shard) }) };
}
