import { expect, it } from 'vitest';
import { adviceOnParameters } from '../../src/http/events/subscribe/parameters.ts';
import { MAX_NAMED_PARAMETERS } from '../../src/http/limits.ts';

it.each([
  ['JSON=true', 'the parameter "JSON" is not read: it is "json"'],
  ['Since=earliest', 'the parameter "Since" is not read: it is "since"'],
  ['Filter=a&Filter=b', 'the parameter "Filter" is not read: it is "filter"'],
  ['filters=a', 'the parameter "filters" is not read: it is "filter"'],
  ['sicne=earliest', 'the parameter "sicne" is not read: it is "since"'],
  ['namspaces=a', 'the parameter "namspaces" is not read: it is "namespaces"'],
  ['SINSE=a', 'the parameter "SINSE" is not read: it is "since"'],
  ['from=earliest', 'the parameter "from" is not read: it is "since"'],
  ['timeout=5s', 'the parameter "timeout" is not read: it is "wait"'],
  ['other=1', 'the parameter "other" is not read'],
  ['since=a&since=b', 'of the parameter "since", which is given 2 times, only the first is read'],
  ['Namespace=a', 'the parameter "Namespace" is not read: "namespaces" reaches'],
])('a subscription with ?%s is told so', (query, advice) => {
  expect(adviceOnParameters(new URLSearchParams(query))).toEqual([expect.stringContaining(advice)]);
});

it.each([
  '',
  'json=true&since=earliest&filter=a&namespaces=b',
  'lastEventID=x',
  'Last-Event-ID=x',
  'namespaces=a&namespaces=b',
  'ticket=x',
  'wait=1&limit=1',
])('a subscription with ?%s needs no advice on its parameters', (query) => {
  expect(adviceOnParameters(new URLSearchParams(query))).toEqual([]);
});

it('many parameters that are not read are counted, and leave room for other warnings', () => {
  const query = new URLSearchParams(
    Array.from({ length: 1000 }, (_, i): [string, string] => [`x${i}`, 'y']),
  );
  const advice = adviceOnParameters(query);
  expect(advice).toHaveLength(MAX_NAMED_PARAMETERS + 1);
  expect(advice.at(-1)).toBe('995 further parameters are not read');
});
