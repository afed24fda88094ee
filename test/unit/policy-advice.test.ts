import { describe, expect, it } from 'vitest';
import { adviceOnPolicy } from '../../src/policy/advice.ts';
import { parsePolicy } from '../../src/policy/policy.ts';
import { accepted, failureOf } from './support/result.ts';

function adviceOn(text: string): string[] {
  return adviceOnPolicy(accepted(parsePolicy(text)));
}

const RECEIVE = 'capabilities = ["list", "subscribe"]';

describe('a policy is advised', () => {
  it.each([
    [`path "secret/data/x" { ${RECEIVE} subscribe_event_types = ["kv-v2/+"] }`, '"kv-v2/+"'],
    [`path "secret/data/x" { ${RECEIVE} subscribe_event_types = ["kv*,database*"] }`, 'comma'],
    [`path "secret/data/x" { ${RECEIVE} }`, 'without subscribe_event_types'],
    ['path "a" { capabilities = ["subscribe"] subscribe_event_types = ["*"] }', '"list"'],
    ['path "a" { capabilities = ["read"] subscribe_event_types = ["*"] }', '"subscribe"'],
    [`path "secret/x" { ${RECEIVE} subscribe_event_types = ["kv*"] }`, '"secret/data/x"'],
    [`path "secret/team/*" { ${RECEIVE} subscribe_event_types = ["kv*"] }`, '"secret/data/team/*"'],
    [`path "secret/x" { ${RECEIVE} subscribe_event_types = ["*"] }`, '"secret/data/x"'],
    [`path "secret/data/x" { ${RECEIVE} subscribe_event_types = ["KV*"] }`, 'case-sensitive'],
    [`path "secret/data/x" { ${RECEIVE} subscribe_event_types = ["kv.*"] }`, 'regular expression'],
    [`path "secret/data/" { ${RECEIVE} subscribe_event_types = ["kv*"] }`, '"secret/data/*"'],
    ['path "/v1/a" { capabilities = ["read"] }', 'after /v1/'],
    ['path "a/*/b" { capabilities = ["read"] }', 'only at the end'],
    ['path "a" {}', 'no capabilities'],
    ['path "a" { capabilities = ["list", "scan"] }', 'OpenBao'],
    ['path "a" { capabilities = ["list"] pagination_limit = 100 }', 'OpenBao'],
    ['# path "a" { capabilities = ["read"] }', 'no path rule'],
    ['{"path":{"a":{"capabilities":["read"]}}}\n}', 'line 2, column 1'],
  ])('on %s', (text, advice) => {
    expect(adviceOn(text)).toEqual([expect.stringContaining(advice)]);
  });

  it.each([
    `path "secret/data/x" { ${RECEIVE} subscribe_event_types = ["kv*"] }`,
    `path "secret/*" { ${RECEIVE} subscribe_event_types = ["kv-v2/*"] }`,
    `path "secret/+/x" { ${RECEIVE} subscribe_event_types = ["kv*"] }`,
    `path "secret/d*" { ${RECEIVE} subscribe_event_types = ["kv*"] }`,
    `path "team/secret/data/x" { ${RECEIVE} subscribe_event_types = ["kv*"] }`,
    `path "secret/x" { ${RECEIVE} subscribe_event_types = ["kv-v1/*"] }`,
    `path "database/creds/app" { ${RECEIVE} subscribe_event_types = ["*"] }`,
    `path "deploy/web" { ${RECEIVE} subscribe_event_types = ["deploy/*"] }`,
    'path "sys/events/subscribe/kv*" { capabilities = ["read"] }',
    'path "a" { capabilities = ["deny"] }',
  ])('on nothing where nothing is wrong: %s', (text) => {
    expect(adviceOn(text)).toEqual([]);
  });
});

it.each(['expiration = "2030-01-01T00:00:00Z"', 'list_scan_response_keys_filter_path = "x"'])(
  'refuses what restricts a grant in OpenBao: %s',
  (member) => {
    const failure = failureOf(parsePolicy(`path "a" { capabilities = ["read"] ${member} }`));
    expect(failure.message).toContain('OpenBao');
  },
);
