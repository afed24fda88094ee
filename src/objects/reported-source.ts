/** How a hub or an authority that reports metrics is named. */

import type { Labels } from '../metrics/metric.ts';
import type { Report } from '../metrics/reports.ts';
import { pathOfKey, withSlash } from '../namespace/namespace.ts';
import { keyOfAuthority, parseHubName } from './names.ts';

type Source = Pick<Report, 'kind' | 'source'>;

/** The key of its Vault namespace. */
export function namespaceKeyOf({ kind, source }: Source): string {
  return kind === 'hub' ? parseHubName(source).namespaceKey : keyOfAuthority(source);
}

/** As Vault labels its metrics: the root namespace is `root`. A wildcard hub is `*`, as in `sys/events/hubs`. */
export function labelsOf(source: Source): Labels {
  const namespace = withSlash(pathOfKey(namespaceKeyOf(source))) || 'root';
  if (source.kind === 'authority') return { namespace };
  return { namespace, hub: parseHubName(source.source).eventTypeNamespace || '*' };
}
