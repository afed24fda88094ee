import { expect, it } from 'vitest';
import { reportTable } from '../../src/cli/status/report.ts';

it('a hub with a problem, or of another release, says so in its own row', () => {
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
    hubs: [
      { hub: '*', state: 'ok', subscribers: 1, release: '1' },
      { hub: 'a', state: 'unreadable', subscribers: 0, problem: 'its storage cannot be read' },
      { hub: 'b', problem: 'the server answered 503' },
      { hub: 'c' },
      { hub: 'd', state: 'ok', subscribers: 2, release: '0' },
    ],
    problems: {},
  });
  const rows = text.split('\n').filter((line) => line.startsWith('hub '));
  expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
    ['hub *', 'ok, 1 subscriber'],
    ['hub a', 'unreadable, 0 subscribers; its storage cannot be read'],
    ['hub b', 'the server answered 503'],
    ['hub c', 'has events'],
    ['hub d', 'ok, 2 subscribers; release 0'],
  ]);
});
