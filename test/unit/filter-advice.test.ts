import { describe, expect, it } from 'vitest';
import { adviceOnFilter } from '../../src/event/filter/advice.ts';

describe('a filter is advised', () => {
  it.each([
    ['namespace == "ns1"', '*', '"ns1/"'],
    ['namespace == "/ns1/"', '*', 'no slash at its beginning'],
    ['namespace != root', '*', 'the root namespace is ""'],
    ['namespace == "ns*"', '*', 'no glob'],
    ['source_plugin_mount == "secret"', '*', '"secret/"'],
    ['not source_plugin_mount == secret', '*', '"secret/"'],
    ['event_type == "kv*"', '*', 'no glob'],
    ['event_type == "kv-v2/data write"', '*', '" "'],
    ['event_type == "database/rotate"', 'kv*', 'the pattern "kv*"'],
    ['operation == "write"', 'kv-v2/*', '"data-write"'],
    ['operation == "update"', 'kv-v2/data-*', '"data-write"'],
    ['operation == "data-*"', '*', 'no glob'],
  ])('on %s with the pattern %s', (filter, pattern, advice) => {
    expect(adviceOnFilter(filter, pattern)).toEqual([expect.stringContaining(advice)]);
  });

  it.each([
    ['namespace == "ns1/" and source_plugin_mount == "secret/"', '*'],
    ['namespace == "" or source_plugin_mount == ""', '*'],
    ['namespace matches "^ns1"', '*'],
    ['event_type == "kv-v2/data-write" and operation == "data-write"', 'kv*'],
    ['operation == write', 'kv*'],
    ['operation == deployed', 'deploy/*'],
    ['operation == issue', 'lease/*'],
    ['nope == "a"', '*'],
    ['operation ==', '*'],
  ])('on nothing where nothing is wrong: %s with the pattern %s', (filter, pattern) => {
    expect(adviceOnFilter(filter, pattern)).toEqual([]);
  });
});
