import { describe, expect, it } from 'vitest';
import { adviceOnPattern } from '../../src/event/pattern-advice.ts';

describe('a pattern', () => {
  it.each([
    'kv-v2/*',
    '*',
    'kv*',
    'deploy/done',
    'Deploy/*',
    'data/import',
    'kv-v2/data-write',
    'a/datasets',
    'com.example.*',
    'kv-v2/my-own-type',
    'kv',
    'abc',
  ])('such as %j needs no advice', (pattern) => {
    expect(adviceOnPattern(pattern)).toEqual([]);
  });

  it.each([
    ['KV-V2/*', 'case-sensitive; Vault\'s are matched by "kv-v2/*"'],
    ['Database/*', '"database/*"'],
    ['kv-v2/Data-Write', '"kv-v2/data-write"'],
    ['secret/data/app', 'the filter data_path == "secret/data/app"'],
    ['team/secret/data/app', undefined],
    [
      'kv.*',
      'is no regular expression: "*" stands for any text, so Vault\'s event types are matched by "kv*"',
    ],
    ['database/creds.*', '"database/creds*"'],
    ['secret/metadata', 'looks like the path of a secret'],
    ['kv-v2', 'all below it are matched by "kv-v2/*"'],
    ['kv-v2/data-wirte', 'nearest to it is "kv-v2/data-write"'],
    ['kv-v2/+', 'no event type can match "kv-v2/+"'],
  ])('such as %j is explained', (pattern, advice) => {
    const given = adviceOnPattern(pattern);
    expect(given).toEqual(advice === undefined ? [] : [expect.stringContaining(advice)]);
  });
});
