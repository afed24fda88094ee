import { expect, it } from 'vitest';
import { hubRows } from '../../src/cli/top/hub-rows.ts';

const labels = (hub: string, more = {}) => ({ namespace: 'root', hub, ...more });

const ANSWER = {
  Gauges: [
    { Name: 'carillon.sockets', Value: 2, Labels: labels('a', { protocol: 'stock' }) },
    { Name: 'carillon.sockets', Value: 3, Labels: labels('a', { protocol: 'carillon.v1' }) },
    { Name: 'carillon.sockets', Value: 4, Labels: labels('b') },
    { Name: 'carillon.subscribers.lagging', Value: 7, Labels: labels('b') },
    { Name: 'carillon.tokens', Value: 9, Labels: { namespace: 'root' } },
  ],
  Counters: [
    { Name: 'carillon.deliveries', Rate: 1.5, Labels: labels('b', { protocol: 'stock' }) },
    { Name: 'carillon.deliveries', Rate: 2, Labels: labels('b', { protocol: 'carillon.v1' }) },
    { Name: 'carillon.handshakes', Count: 5, Labels: labels('a', { outcome: 'accepted' }) },
    { Name: 'carillon.handshakes', Count: 6, Labels: labels('a', { outcome: 'forbidden' }) },
    { Name: 'carillon.publish.requests', Count: 8, Labels: labels('a', { outcome: 'overloaded' }) },
  ],
  Samples: [{ Name: 'db.client.operation.duration', Mean: 0.004, Labels: labels('a') }],
};

it('adds up what is said of a hub', () => {
  expect(hubRows(ANSWER, 'sockets')).toMatchObject([
    { hub: 'a', namespace: 'root', sockets: 5, refused: 14, commit_ms: 4, lagging: 0 },
    { hub: 'b', sockets: 4, deliveries_per_second: 3.5, lagging: 7, refused: 0 },
  ]);
});

it('puts the hubs first that have most of what is asked for', () => {
  const first = (['deliveries', 'sockets', 'lag', 'commit'] as const).map(
    (sort) => hubRows(ANSWER, sort)?.[0]?.hub,
  );
  expect(first).toEqual(['b', 'a', 'b', 'a']);
});

it.each([undefined, 'text', {}, { Gauges: [], Counters: [] }])('reads nothing of %j', (answer) => {
  expect(hubRows(answer, 'lag')).toBe(undefined);
});
