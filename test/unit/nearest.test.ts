import { expect, it } from 'vitest';
import { nearest } from '../../src/lib/nearest.ts';

const NAMES = ['filter', 'json', 'limit', 'namespaces', 'since', 'kv-v2/data-write', 'kv-v2/write'];

it.each([
  ['sicne', 'since'],
  ['sinc', 'since'],
  ['sinnce', 'since'],
  ['sence', 'since'],
  ['fitlre', 'filter'],
  ['namspace', 'namespaces'],
  ['jsno', 'json'],
  ['kv-v2/data-wirte', 'kv-v2/data-write'],
  ['kv-v2/dta-wirte', 'kv-v2/data-write'],
])('%s is nearest to %s', (text, name) => {
  expect(nearest(text, NAMES)).toBe(name);
});

it.each(['', 'x', 'other', 'lmt', 'since', 'a'.repeat(10_000), 'kv-v2/anything'])(
  '%.20s is near nothing else',
  (text) => {
    expect(nearest(text, NAMES)).toBeUndefined();
  },
);
