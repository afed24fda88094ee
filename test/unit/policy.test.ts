import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../src/policy/default-policy.ts';
import { MAX_POLICY_BYTES, MAX_POLICY_DEPTH, MAX_POLICY_PATHS } from '../../src/policy/limits.ts';
import { parsePolicy } from '../../src/policy/policy.ts';
import { aclOf, blockOf, refusalOf } from './support/policies.ts';
import { accepted, failureOf } from './support/result.ts';

const where = (line: number, column: number) => ` on line ${line}, column ${column}`;

describe('the text of a policy', () => {
  it('may be empty, and grants nothing', () => {
    expect(accepted(parsePolicy('')).paths).toEqual([]);
    expect(accepted(parsePolicy('# nothing yet\n')).paths).toEqual([]);
  });

  it('may have a name, which is of no consequence', () => {
    expect(accepted(parsePolicy('name = "dev"')).paths).toEqual([]);
  });

  it('says on which line each of its blocks is, in the order of the text', () => {
    const policy = accepted(parsePolicy('path "b" {}\n\npath "a" {\n}\npath "b" {}'));
    expect(policy.paths.map(({ path, line }) => [path, line])).toEqual([
      ['b', 1],
      ['a', 3],
      ['b', 5],
    ]);
  });

  it.each([
    ['nope = 1', `invalid key "nope"${where(1, 1)}`],
    ['name = "test"\nbad  = "foo"\nnope = "yes"', `invalid key "bad"${where(2, 1)}`],
    ['name = "test"\nbad  = "foo"\nnope = "yes"', `invalid key "nope"${where(3, 1)}`],
    ['Path "a" {}', `invalid key "Path"${where(1, 1)}`],
    ['name = ["x"]', `"name" must be a text${where(1, 8)}`],
    ['path = "a"', `"path" must be a block with one label${where(1, 1)}`],
    ['path "a" "b" {}', `"path" must be a block with one label${where(1, 1)}`],
    ['path { capabilities = ["read"] }', `"path" must be a block with one label${where(1, 1)}`],
    [
      'path "a" {\n  capabilities = ["read"]\n  capabilites = ["list"]\n}',
      `path "a": invalid key "capabilites"${where(3, 3)}`,
    ],
    ['path "a" {\n  Capabilities = []\n}', `path "a": invalid key "Capabilities"${where(2, 3)}`],
    ['path "a" {\n  ttl = 1, max_ttl = 2\n}', `invalid key "ttl"${where(2, 3)}; invalid key`],
    [
      'path "a" {\n  capabilities = ["read",\n    "fly"]\n}',
      `path "a": invalid capability "fly"${where(3, 5)}`,
    ],
    ['path "a" { capabilities = [ "" ] }', `path "a": invalid capability ""${where(1, 29)}`],
    ['path "a" { capabilities = ["root"] }', 'path "a": invalid capability "root"'],
    ['path "a" { capabilities = [5] }', 'path "a": invalid capability "5"'],
    ['path "a" { capabilities = ["fly", "deny"] }', 'path "a": invalid capability "fly"'],
    [
      'path "a" { capabilities = "read" }',
      `path "a": "capabilities" must be a list of texts${where(1, 27)}`,
    ],
    [
      'path "a" { capabilities = [true] }',
      `path "a": "capabilities" must be a list of texts${where(1, 28)}`,
    ],
    ['path "a" { capabilities = [["read"]] }', '"capabilities" must be a list of texts'],
    ['path "a" { policy = "banana" }', `path "a": invalid policy "banana"${where(1, 21)}`],
    ['path "a" { policy = "READ" }', 'path "a": invalid policy "READ"'],
    ['path "a" { policy = "toString" }', 'path "a": invalid policy "toString"'],
    ['path "a" { policy = ["read"] }', 'path "a": "policy" must be a text'],
    ['path "a" { policy "x" { } }', `path "a": "policy" takes no label${where(1, 19)}`],
    [
      'path "foo/+*" { capabilities = ["read"] }',
      `path "foo/+*": invalid use of wildcards ('+*' is forbidden)${where(1, 6)}`,
    ],
    ['path "+*/a" {}', "invalid use of wildcards ('+*' is forbidden)"],
    [
      'path "a/{{b" {}',
      `failed to validate policy templating: unbalanced templating characters${where(1, 6)}`,
    ],
    ['path "a/b}}" {}', 'unbalanced templating characters'],
    ['path "a/{{b}}}}" {}', 'unbalanced templating characters'],
    ['path "a/{{b{{c}}" {}', 'unbalanced templating characters'],
    [
      'path "a" {\n  policy = "read"\n  policy = "write"\n}',
      `The argument "policy" at 3:3 was already set. Each argument can only be defined once; repeated${where(3, 3)}`,
    ],
    ['path "a" { policy = "read", "policy" = "write" }', 'The argument "policy" at 1:29'],
    ['path "a" { allowed_parameters = [] }', '"allowed_parameters" must be an object of lists'],
    [
      'path "a" { denied_parameters = { b = "c" } }',
      `"denied_parameters" must be an object of lists${where(1, 34)}`,
    ],
    ['path "a" { denied_parameters { b "c" { } } }', 'must be an object of lists'],
    ['path "a" { required_parameters = { } }', '"required_parameters" must be a list of texts'],
    ['path "a" { subscribe_event_types = "*" }', '"subscribe_event_types" must be a list'],
    ['path "a" { mfa_methods = "x" }', '"mfa_methods" must be a list of texts'],
    [
      'path "a" { min_wrapping_ttl = "soon" }',
      `path "a": error parsing min_wrapping_ttl: not a duration${where(1, 31)}`,
    ],
    ['path "a" { max_wrapping_ttl = true }', 'error parsing max_wrapping_ttl: not a duration'],
    ['path "a" { max_wrapping_ttl = "1h 5m" }', 'error parsing max_wrapping_ttl'],
    ['path "a" { max_wrapping_ttl = "9999999999h" }', 'error parsing max_wrapping_ttl'],
    [
      'path "a" { min_wrapping_ttl = 400, max_wrapping_ttl = 200 }',
      'max_wrapping_ttl cannot be less than min_wrapping_ttl',
    ],
    [
      'path "a" { min_wrapping_ttl = "1h", max_wrapping_ttl = "59m59s" }',
      'max_wrapping_ttl cannot be less than min_wrapping_ttl',
    ],
  ])('is refused as %j, and the message says %s', (text, words) => {
    const message = refusalOf(text);
    expect(message).toMatch(/^failed to parse policy: .* on line \d+, column \d+$/s);
    expect(message).toContain(words);
  });

  it('is refused for what is wrong in it, although a block denies', () => {
    expect(refusalOf('path "a" { capabilities = ["deny"], required_parameters = 5 }')).toContain(
      '"required_parameters" must be a list of texts',
    );
  });

  it('may have anything behind deny, as Vault reads no further', () => {
    const acl = aclOf(['path "a" { capabilities = ["deny", "fly"], min_wrapping_ttl = "soon" }']);
    expect(acl.capabilities('a')).toEqual(['deny']);
  });

  it('may comment on a block in any form', () => {
    const texts = ['comment = "why"', 'comment = 5', 'comment { a = ["b"] }', 'comment "x" { }'];
    for (const text of texts) {
      expect(accepted(parsePolicy(`path "a" { ${text} }`)).paths).toHaveLength(1);
    }
  });

  it('names many unknown keys, and not all of very many', () => {
    const message = refusalOf(Array.from({ length: 1000 }, (_, i) => `key${i} = 1`).join('\n'));
    expect(message).toContain('"key9"');
    expect(message.length).toBeLessThan(1000);
  });

  it('shows of what is long only the beginning', () => {
    expect(refusalOf(`path "${'a'.repeat(10_000)}" { x = 1 }`).length).toBeLessThan(300);
    expect(refusalOf(`${'a '.repeat(10_000)}= 1`).length).toBeLessThan(300);
  });

  it('has as many bytes as the limit, and not one more', () => {
    const longest = `#${'é'.repeat(MAX_POLICY_BYTES / 2 - 1)}\n`;
    expect(accepted(parsePolicy(longest)).paths).toEqual([]);
    expect(failureOf(parsePolicy(`${longest} `))).toEqual({
      reason: 'too_large',
      message: `failed to parse policy: it has more than ${MAX_POLICY_BYTES} bytes`,
    });
  });

  it('has as many paths as the limit, and not one more', () => {
    const most = 'path "a" {}\n'.repeat(MAX_POLICY_PATHS);
    expect(accepted(parsePolicy(most)).paths).toHaveLength(MAX_POLICY_PATHS);
    expect(failureOf(parsePolicy(`${most}path "b" {}`))).toEqual({
      reason: 'too_large',
      message: `failed to parse policy: it has more than ${MAX_POLICY_PATHS} paths`,
    });
  });

  it.each([
    ['objects', 'path "a" {\n comment = ', '{ a = ', '}', 1],
    ['lists', 'path "a" {\n comment = ', '[', ']', 1],
    ['JSON', '{"path": {"a": {\n "comment": ', '{"a":', '}', 3],
  ])('is nested as deep as the limit, and not deeper: %s', (_, before, open, close, outside) => {
    const nested = (levels: number) =>
      `${before}${open.repeat(levels)}1${close.repeat(levels)}${'}'.repeat(outside)}`;
    const most = MAX_POLICY_DEPTH - outside;
    expect(accepted(parsePolicy(nested(most))).paths).toHaveLength(1);
    const message = `nested deeper than ${MAX_POLICY_DEPTH} levels on line 2`;
    expect(refusalOf(nested(most + 1))).toContain(message);
    expect(refusalOf(nested(30_000))).toContain(message);
  });
});

describe('what a block says', () => {
  it.each([
    ['read', ['list', 'read']],
    ['write', ['create', 'delete', 'list', 'read', 'update']],
    ['sudo', ['create', 'delete', 'list', 'read', 'sudo', 'update']],
    ['deny', ['deny']],
  ])('with the shorthand %s, is %j', (shorthand, capabilities) => {
    const acl = aclOf([`path "a" { policy = "${shorthand}" }`]);
    expect(acl.capabilities('a')).toEqual(capabilities);
  });

  it('is both its shorthand and its capabilities', () => {
    const acl = aclOf(['path "a" { capabilities = ["patch"], policy = "read" }']);
    expect(acl.capabilities('a')).toEqual(['list', 'patch', 'read']);
  });

  it('is nothing else where it denies', () => {
    for (const denial of ['capabilities = ["read", "deny"]', 'policy = "deny"']) {
      const [rule] = accepted(
        parsePolicy(`path "a" {
          ${denial}
          subscribe_event_types = ["*"]
          denied_parameters = { a = [] }
          min_wrapping_ttl = 5
        }`),
      ).paths;
      expect(rule?.permissions).toMatchObject({ eventTypes: [], minWrappingTtl: 0 });
      expect(rule?.permissions.denied.size).toBe(0);
    }
  });

  it.each([
    ['"90s"', 90],
    ['"1m30s"', 90],
    ['"1.5h"', 5400],
    ['".5m"', 30],
    ['"250ms"', 0.25],
    ['"5us"', 5e-6],
    ['"5\u00b5s5\u03bcs1000ns"', 11e-6],
    ['"1h1m1s"', 3661],
    ['"90"', 90],
    ['"2d"', 172_800],
    ['"+3s"', 3],
    ['""', 0],
    ['90', 90],
    ['1.9', 1],
    ['0x10', 16],
    ['"-5s"', -5],
  ])('of a duration %s is %d seconds', (written, seconds) => {
    const [rule] = accepted(parsePolicy(`path "a" { min_wrapping_ttl = ${written} }`)).paths;
    expect(rule?.permissions.minWrappingTtl).toBeCloseTo(seconds, 9);
  });
});

describe('a control group', () => {
  const controlled = (group: string) =>
    blockOf('a', 'read list subscribe', `subscribe_event_types = ["*"]\n${group}`);
  const factor = (more: string) =>
    `factor "ops" { ${more}\n identity { group_names = ["ops"], approvals = 1 } }`;

  it('withholds everything, as nobody can authorise a request here', () => {
    const acl = aclOf([controlled(`control_group = { ttl = "4h"\n ${factor('')} }`)]);
    expect(acl.capabilities('a')).toEqual(['deny']);
    expect(acl.allows({ operation: 'read', path: 'a' })).toBe(false);
    expect(acl.couldReceive('*')).toBe(false);
  });

  it('withholds only what its factors name', () => {
    const acl = aclOf([
      controlled(`control_group { ${factor('controlled_capabilities = ["read"]')} }`),
    ]);
    expect(acl.capabilities('a')).toEqual(['list', 'subscribe']);
  });

  it('withholds everything where one of its factors names nothing', () => {
    const acl = aclOf([
      controlled(`control_group {
        ${factor('controlled_capabilities = ["read"]')}
        ${factor('').replace('ops', 'others')}
      }`),
    ]);
    expect(acl.capabilities('a')).toEqual(['deny']);
  });

  it('withholds also what another block of the path grants', () => {
    const acl = aclOf([
      controlled(`control_group { ${factor('controlled_capabilities = ["read"]')} }`),
      blockOf('a', 'read update'),
    ]);
    expect(acl.capabilities('a')).toEqual(['list', 'subscribe', 'update']);
  });

  it('does not make a less specific rule decide about a list', () => {
    const acl = aclOf([
      blockOf('a/b/*', 'list', `control_group { ${factor('')} }`),
      blockOf('a/+', 'list'),
    ]);
    expect(acl.capabilities('a/b/')).toEqual(['deny']);
  });

  it('may be several blocks, and be written as an object', () => {
    const acl = aclOf([
      controlled(`control_group { ${factor('controlled_capabilities = ["read"]')} }
        control_group { ${factor('controlled_capabilities = ["list"]')} }`),
      JSON.stringify({
        path: {
          b: {
            capabilities: ['read', 'list'],
            control_group: {
              factor: {
                ops: {
                  controlled_capabilities: ['read'],
                  identity: { group_ids: ['g'], approvals: 2 },
                },
              },
            },
          },
        },
      }),
    ]);
    expect(acl.capabilities('a')).toEqual(['subscribe']);
    expect(acl.capabilities('b')).toEqual(['list']);
  });

  it.each([
    ['control_group = { }', 'no control group factors provided'],
    ['control_group = []', '"control_group" must be a block'],
    ['control_group { factor "a" { } }', 'no control_group factor provided'],
    ['control_group { factor { } }', 'no control group factors provided'],
    ['control_group { factor = 5 }', '"factor" must be a block with one label'],
    ['control_group { ttl = "x" }', 'error parsing control group max ttl'],
    [
      'control_group { factor "a" { identity { approvals = 1 } } }',
      'must provide more than one identity group and approvals > 0',
    ],
    [
      'control_group { factor "a" { identity { group_names = ["g"] } } }',
      'must provide more than one identity group and approvals > 0',
    ],
    [
      'control_group { factor "a" { identity { group_names = ["g"], approvals = 0 } } }',
      'must provide more than one identity group and approvals > 0',
    ],
    [
      `control_group { ${factor('controlled_capabilities = ["update"]')} }`,
      "control group factor capabilities must be a subset of the policy's capabilities",
    ],
    [
      `control_group { ${factor('controlled_capabilities = ["write"]')} }`,
      "control group factor capabilities must be a subset of the policy's capabilities",
    ],
  ])('is refused as %s', (group, words) => {
    expect(refusalOf(controlled(group))).toContain(words);
  });
});

describe('an MFA method', () => {
  it('withholds everything, as nobody can answer for it here', () => {
    expect(aclOf([blockOf('a', 'read', 'mfa_methods = ["totp"]')]).capabilities('a')).toEqual([
      'deny',
    ]);
  });

  it('withholds nothing where there is none', () => {
    expect(aclOf([blockOf('a', 'read', 'mfa_methods = []')]).capabilities('a')).toEqual(['read']);
  });
});

describe('the default policy', () => {
  const acl = aclOf([DEFAULT_POLICY]);

  it.each([
    ['read', 'auth/token/lookup-self'],
    ['update', 'auth/token/renew-self'],
    ['update', 'auth/token/revoke-self'],
    ['update', 'sys/capabilities-self'],
    ['update', 'sys/events/ticket'],
  ] as const)('allows %s on %s', (operation, path) => {
    expect(acl.allows({ operation, path })).toBe(true);
  });

  it.each([
    'auth/token/lookup',
    'auth/token/create',
    'sys/policies/acl/default',
    'sys/capabilities',
    'sys/events/subscribe/*',
    'secret/data/a',
  ])('grants nothing on %s', (path) => {
    expect(acl.capabilities(path)).toEqual(['deny']);
  });

  it('lets nobody receive an event', () => {
    expect(acl.couldReceive('*')).toBe(false);
  });
});
