import { describe, expect, it } from 'vitest';
import { MAX_STATUS_SHARDS } from '../../src/cli/status/limits.ts';
import { reportTable } from '../../src/cli/status/report.ts';
import type { View } from '../../src/cli/status/token-view.ts';

type StatusHubs = NonNullable<View['hubs']>;

type StatusDestinations = NonNullable<View['destinations']>;

function rowsOf(hubs: StatusHubs, destinations: StatusDestinations = []): string[][] {
  const text = reportTable({
    address: 'http://carillon.test',
    reachable: true,
    version: '1',
    initialized: true,
    sealed: false,
    standby: false,
    cluster_name: 'carillon',
    cluster_id: 'id',
    upstream: null,
    namespace: '',
    token: { source: 'VAULT_TOKEN', accessor: 'a', display_name: 'root', policies: [], ttl: 0 },
    event_types: 1,
    namespaces: [],
    hubs,
    destinations,
    problems: {},
  });
  const rows = text.split('\n').filter((line) => /^(hub|destination) /.test(line));
  return rows.map((row) => row.split(/ {2,}/));
}

it('a hub with a problem, or of another release, says so in its own row', () => {
  const rows = rowsOf([
    { hub: '*', state: 'ok', subscribers: 1, release: '1' },
    { hub: 'a', state: 'unreadable', subscribers: 0, problem: 'its storage cannot be read' },
    { hub: 'b', problem: 'the server answered 503' },
    { hub: 'c' },
    { hub: 'd', state: 'ok', subscribers: 2, release: '0' },
  ]);
  expect(rows).toEqual([
    ['hub *', 'ok, 1 subscriber'],
    ['hub a', 'unreadable, 0 subscribers; its storage cannot be read'],
    ['hub b', 'the server answered 503'],
    ['hub c', 'has events'],
    ['hub d', 'ok, 2 subscribers; release 0'],
  ]);
});

it('a destination says whether it delivers, and how far it lags', () => {
  const rows = rowsOf(
    [],
    [
      { destination: 'a', status: 'active', lag: 0, failures: 0 },
      { destination: 'b', status: 'failing', lag: 7, failures: 3 },
      { destination: 'c', status: 'paused', reason: 'gone', lag: 2, failures: 0 },
      { destination: 'd', status: 'active', lag: 1, failures: 0, problem: 'the authority is down' },
      { destination: 'e', problem: 'the server answered 503' },
      { destination: 'f' },
    ],
  );
  expect(rows).toEqual([
    ['destination a', 'active'],
    ['destination b', 'failing, 3 failures in a row, lag 7'],
    ['destination c', 'paused (gone), lag 2'],
    ['destination d', 'active, lag 1, the authority is down'],
    ['destination e', 'the server answered 503'],
    ['destination f', 'not asked'],
  ]);
});

describe('a hub with regions', () => {
  it('shows each region and each shard below it', () => {
    const shards = [
      { shard: 1, subscribers: 3000, lag: 0 },
      { shard: 2, subscribers: 1, lag: 7 },
      { shard: 3, problem: 'does not answer: no answer for 5000 ms' },
    ];
    const rows = rowsOf([
      {
        hub: 'a',
        state: 'ok',
        subscribers: 5,
        home: 'weur',
        regions: [
          { region: 'weur', subscribers: 3010, lag: 0, head: { subscribers: 9 }, shards },
          { region: 'oc', subscribers: 120, lag: 12, head: { subscribers: 120 }, shards: [] },
          { region: 'sam', lag: 400, head: {}, shards: [], problem: 'does not answer: overloaded' },
        ],
      },
    ]);
    expect(rows).toEqual([
      ['hub a', 'ok, 5 subscribers; in weur'],
      ['hub a weur', '3 shards, 3010 subscribers, 9 at the head'],
      ['hub a weur-1', '3000 subscribers'],
      ['hub a weur-2', '1 subscriber, lags 7 events'],
      ['hub a weur-3', 'does not answer: no answer for 5000 ms'],
      ['hub a oc', '120 subscribers, lags 12 events'],
      ['hub a sam', 'lags 400 events, does not answer: overloaded'],
    ]);
  });

  it('shows some shards of a region with many', () => {
    const shards = Array.from({ length: 250 }, (_, index) => ({
      shard: index + 1,
      subscribers: 1,
    }));
    const rows = rowsOf([
      { hub: 'a', regions: [{ region: 'weur', subscribers: 250, head: {}, shards }] },
    ]);
    expect(rows).toHaveLength(2 + MAX_STATUS_SHARDS + 1);
    expect(rows.at(-1)).toEqual(['hub a weur-…', `${250 - MAX_STATUS_SHARDS} shards more`]);
  });
});
