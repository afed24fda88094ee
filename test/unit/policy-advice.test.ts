import { describe, expect, it } from 'vitest';
import { adviceOnPolicy } from '../../src/policy/advice.ts';
import { MAX_ADVISED_RULES } from '../../src/policy/limits.ts';
import { parsePolicy } from '../../src/policy/policy.ts';
import { accepted, failureOf } from './support/result.ts';

function adviceOn(text: string): string[] {
  return adviceOnPolicy(accepted(parsePolicy(text)));
}

const RECEIVE = 'capabilities = ["list", "subscribe"]';
const SUBSCRIBE = 'path "sys/events/subscribe/*" { capabilities = ["read"] }';

/** A rule that grants events of these types, as a list in HCL. */
function receiving(path: string, types = '"*"'): string {
  return `path "${path}" { ${RECEIVE} subscribe_event_types = [${types}] }`;
}

describe('a policy is advised', () => {
  it.each([
    [`path "secret/+/x" { ${RECEIVE} subscribe_event_types = ["kv-v2/+"] }`, '"kv-v2/+"'],
    [`path "secret/+/x" { ${RECEIVE} subscribe_event_types = ["kv*,database*"] }`, 'comma'],
    [`path "secret/+/x" { ${RECEIVE} }`, 'without subscribe_event_types'],
    ['path "a" { capabilities = ["subscribe"] subscribe_event_types = ["*"] }', '"list"'],
    ['path "a" { capabilities = ["read"] subscribe_event_types = ["*"] }', '"subscribe"'],
    [`path "secret/x" { ${RECEIVE} subscribe_event_types = ["kv*"] }`, '"secret/data/x"'],
    [`path "secret/team/*" { ${RECEIVE} subscribe_event_types = ["kv*"] }`, '"secret/data/team/*"'],
    [`path "secret/x" { ${RECEIVE} subscribe_event_types = ["*"] }`, '"secret/data/x"'],
    [`path "secret/+/x" { ${RECEIVE} subscribe_event_types = ["KV*"] }`, 'case-sensitive'],
    [`path "secret/+/x" { ${RECEIVE} subscribe_event_types = ["kv.*"] }`, 'regular expression'],
    [`path "secret/data/" { ${RECEIVE} subscribe_event_types = ["kv*"] }`, '"secret/data/*"'],
    ['path "/v1/a" { capabilities = ["read"] }', 'after /v1/'],
    ['path "a/*/b" { capabilities = ["read"] }', 'only at the end'],
    ['path "a" {}', 'no capabilities'],
    ['path "a" { capabilities = ["list", "scan"] }', 'OpenBao'],
    ['path "a" { capabilities = ["list"] pagination_limit = 100 }', 'OpenBao'],
    ['# path "a" { capabilities = ["read"] }', 'no path rule'],
    ['{"path":{"a":{"capabilities":["read"]}}}\n}', 'line 2, column 1'],
  ])('on %s', (text, advice) => {
    // What is no HCL, or no rule, has no place for another rule.
    const whole = text.includes('path "') && !text.startsWith('#') ? `${text}\n${SUBSCRIBE}` : text;
    expect(adviceOn(whole)).toEqual([expect.stringContaining(advice)]);
  });

  it.each([
    `path "secret/*" { ${RECEIVE} subscribe_event_types = ["kv-v2/*"] }`,
    `path "secret/+/x" { ${RECEIVE} subscribe_event_types = ["kv*"] }`,
    `path "secret/d*" { ${RECEIVE} subscribe_event_types = ["kv*"] }`,
    `path "team/secret/+/x" { ${RECEIVE} subscribe_event_types = ["kv*"] }`,
    `path "secret/x" { ${RECEIVE} subscribe_event_types = ["kv-v1/*"] }`,
    `path "database/creds/app" { ${RECEIVE} subscribe_event_types = ["*"] }`,
    `path "deploy/web" { ${RECEIVE} subscribe_event_types = ["deploy/*"] }`,
    'path "sys/events/subscribe/kv*" { capabilities = ["read"] }',
    'path "a" { capabilities = ["deny"] }',
  ])('on nothing where nothing is wrong: %s', (text) => {
    expect(adviceOn(`${text}\n${SUBSCRIBE}`)).toEqual([]);
  });
});

const SECRET_TYPES =
  'kv-v2/delete, kv-v2/destroy, kv-v2/metadata-delete, kv-v2/metadata-patch, kv-v2/metadata-write, kv-v2/undelete';

describe('a policy for secrets of kv version 2', () => {
  const adviceWith = (...rules: readonly string[]) => adviceOn([...rules, SUBSCRIBE].join('\n'));

  it.each([
    ['secret/data/app', 'secret/delete/app', 'secret/+/app'],
    ['secret/data/*', 'secret/delete/*', 'secret/+/*'],
    ['/secret/data/team/+/x', 'secret/delete/team/+/x', 'secret/+/team/+/x'],
  ])('is told which events its path %s has not', (path, missed, added) => {
    expect(adviceWith(receiving(path))).toEqual([
      `the policy receives no event of ${SECRET_TYPES}, because the path of kv-v2/delete is "${missed}": add "${added}"`,
    ]);
  });

  it('is told what it names and cannot receive at all', () => {
    expect(adviceWith(receiving('secret/data/app', '"kv-v2/delete"'))).toEqual([
      'the policy receives no event of kv-v2/delete, because the path of kv-v2/delete is "secret/delete/app": add "secret/+/app"',
    ]);
  });

  it('is told once of a secret that several rules are for', () => {
    const rules = ['data', 'metadata'].map((section) => receiving(`secret/${section}/app`));
    expect(adviceWith(...rules)).toEqual([
      'the policy receives no event of kv-v2/delete, kv-v2/destroy, kv-v2/undelete, because the path of kv-v2/delete is "secret/delete/app": add "secret/+/app"',
    ]);
  });

  it.each([
    [receiving('secret/data/app', '"kv-v2/data-*"')],
    [receiving('secret/data/app'), receiving('secret/+/app')],
    [receiving('secret/data/app'), receiving('secret/*', '"kv-v2/*"')],
    [receiving('secret/data/app'), 'path "secret/+/app" { capabilities = ["deny"] }'],
    [receiving('secret/data/{{identity.entity.name}}')],
    [receiving('deploy/data/app', '"*"')],
    [receiving('secret/data/app', '"deploy/*"')],
  ])('is told nothing where it is complete, or means it: %s', (...rules) => {
    expect(adviceWith(...rules)).toEqual([]);
  });

  it('is told of its first rules only, if it has many', () => {
    const rules = Array.from({ length: MAX_ADVISED_RULES + 1 }, (_, number) =>
      receiving(`secret/data/app-${number}`),
    );
    expect(adviceWith(...rules)).toHaveLength(MAX_ADVISED_RULES);
  });

  it('as the documentation of Vault has it is told what to write', () => {
    expect(adviceWith(receiving('secret/my-data'))).toEqual([
      expect.stringMatching(
        /^the policy receives no event of kv-v2\/data-delete, kv-v2\/data-patch, .*, because the path of kv-v2\/data-delete is "secret\/data\/my-data": add "secret\/\+\/my-data"$/,
      ),
    ]);
  });
});

describe('a policy that lets nobody subscribe', () => {
  it.each(['', 'path "sys/events/subscribe/*" { capabilities = ["list"] }'])(
    'is told so: %s',
    (rule) => {
      expect(adviceOn(`${receiving('deploy/*')}\n${rule}`)).toEqual([
        'no rule grants "read" on "sys/events/subscribe/*", so a token cannot subscribe unless another of its policies does (a destination needs no such rule)',
      ]);
    },
  );

  it.each(['sys/events/subscribe/kv*', 'sys/events/*', 'sys/*', '*', 'ns1/sys/events/subscribe/*'])(
    'is not one with "read" on %s',
    (path) => {
      expect(
        adviceOn(`${receiving('deploy/*')}\npath "${path}" { capabilities = ["read"] }`),
      ).toEqual([]);
    },
  );
});

it.each(['expiration = "2030-01-01T00:00:00Z"', 'list_scan_response_keys_filter_path = "x"'])(
  'refuses what restricts a grant in OpenBao: %s',
  (member) => {
    const failure = failureOf(parsePolicy(`path "a" { capabilities = ["read"] ${member} }`));
    expect(failure.message).toContain('OpenBao');
  },
);
