import { expect, it } from 'vitest';
import { MAX_STREAMS } from '../../src/http/limits.ts';
import { FIRST_ROUND_COUNT, isStream, type Listening, listeningOf } from './forms.ts';
import { AUDIENCES } from './scenario.ts';

function allIn(rounds: number): Listening[] {
  return Array.from({ length: rounds }, (_, round) =>
    AUDIENCES.map((_audience, index) => listeningOf(round, index)),
  ).flat();
}

it('has subscribers of every form, and with tickets those of the forms that pages have', () => {
  const names = new Set(allIn(FIRST_ROUND_COUNT).map(({ form, access }) => `${form}, ${access}`));
  expect([...names].sort()).toEqual([
    'carillon.v1.json, ticket',
    'carillon.v1.json, token',
    'carillon.v1.proto, token',
    'polls, ticket',
    'polls, token',
    'server-sent events, ticket',
    'server-sent events, token',
    'stock json, no position, token',
    'stock json, ticket',
    'stock json, token',
    'stock proto, token',
  ]);
});

it('leaves room for the streams of clients that disappeared, however many subscribers there are', () => {
  const streams = allIn(4 * FIRST_ROUND_COUNT).filter(({ form }) => isStream(form));
  expect(streams.length).toBeLessThan(MAX_STREAMS / 2);
});
