import { expect, it } from 'vitest';
import { adviceOnParameters } from '../../src/http/subscribe-parameters.ts';

it.each([
  ['JSON=true', 'the parameter "JSON" is not read: it is "json"'],
  ['Since=earliest', 'the parameter "Since" is not read: it is "since"'],
  ['Filter=a&Filter=b', 'the parameter "Filter" is not read: it is "filter"'],
  ['filters=a', 'the parameter "filters" is not read: it is "filter"'],
  ['Namespace=a', 'the parameter "Namespace" is not read: "namespaces" reaches'],
])('a subscription with ?%s is told so', (query, advice) => {
  expect(adviceOnParameters(new URLSearchParams(query))).toEqual([expect.stringContaining(advice)]);
});

it.each(['', 'json=true&since=earliest&filter=a&namespaces=b', 'lastEventID=x', 'other=1'])(
  'a subscription with ?%s needs no advice on its parameters',
  (query) => {
    expect(adviceOnParameters(new URLSearchParams(query))).toEqual([]);
  },
);
