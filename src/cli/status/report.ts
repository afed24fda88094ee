/** The answer of `carillon status`, and its rows for people. */
import { table } from '../command/output.ts';
import { NO_TOKEN } from '../server/server.ts';
import { destinationRow } from './destinations.ts';
import type { Health } from './health.ts';
import { hubRows } from './hub-rows.ts';
import type { View } from './token-view.ts';

interface Unreachable {
  readonly address: string;
  readonly reachable: false;
}

interface Reachable extends Health, View {
  readonly address: string;
  readonly reachable: true;
  readonly upstream: Health | null;
  /** The Vault namespace of the requests; empty for the root namespace. */
  readonly namespace: string;
}

export type StatusReport = Unreachable | Reachable;

export function reportTable(report: StatusReport): string {
  if (!report.reachable) return table(Object.entries(report));
  const { upstream, namespace, token, event_types, namespaces, problems, ...parts } = report;
  const { hubs, destinations, ...server } = parts;
  const rows: [string, unknown][] = [
    ...Object.entries(server),
    ...(upstream === null
      ? []
      : Object.entries(upstream).map(([key, value]): [string, unknown] => [
          `upstream_${key}`,
          value,
        ])),
    ['namespace', namespace || 'root'],
    ...(token === null
      ? [['token', withoutToken(problems.token)] as [string, unknown]]
      : tokenRows(token)),
  ];
  if (token !== null) {
    rows.push(['event_types', event_types ?? problems.event_types]);
    rows.push(['namespaces', namespaces ?? problems.namespaces]);
    if (hubs === null) rows.push(['hubs', problems.hubs]);
    if (destinations === null) rows.push(['destinations', problems.destinations]);
  }
  for (const hub of hubs ?? []) rows.push(...hubRows(hub, server.version));
  for (const destination of destinations ?? []) rows.push(destinationRow(destination));
  return table(rows);
}

function withoutToken(problem: string | undefined): string {
  return problem === NO_TOKEN ? `none: ${problem}` : `does not work: ${problem}`;
}

function tokenRows({ ttl, ...token }: NonNullable<View['token']>): [string, unknown][] {
  return [
    ...Object.entries(token).map(([key, value]): [string, unknown] => [`token_${key}`, value]),
    ['token_ttl', ttl === 0 ? '∞' : ttl],
  ];
}
