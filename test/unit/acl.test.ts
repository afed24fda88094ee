import { describe, expect, it } from 'vitest';
import { compileAcl, type NamedPolicy, usedIdentity } from '../../src/policy/acl.ts';
import { parsePolicy } from '../../src/policy/policy.ts';
import { aclOf, anIdentity, blockOf, granting, ruleFor } from './support/policies.ts';
import { accepted } from './support/result.ts';

function named(name: string, text: string): NamedPolicy {
  return { name, policy: accepted(parsePolicy(text)) };
}

describe('of two rules that match a path', () => {
  it.each([
    ['a/b', '*', 'a/b', 'an exact one beats a glob'],
    ['a/b', 'a/b*', 'a/b', 'an exact one beats a glob that is as long'],
    ['a/b', 'a/+', 'a/b', 'an exact one beats a +'],
    ['foo/+/*', '+/*', 'foo/x/y', 'the later first wildcard wins'],
    ['*', '+', 'foo', 'the closed end wins where both begin with a wildcard', 'second'],
    ['foo/b*', 'foo/+', 'foo/bar', 'the later first wildcard wins, be it a glob'],
    ['foo/+', 'fo*', 'foo/bar', 'the later first wildcard wins, be it a +'],
    ['foo/(ar/+/baz', 'foo/+/(ar/baz', 'foo/(ar/(ar/baz', 'the order of characters is no matter'],
    ['foo/bar/+/baz', 'foo/bar/+/baz*', 'foo/bar/x/baz', 'the closed end wins'],
    ['a/b/+', 'a/b/*', 'a/b/c', 'the closed end wins over a glob'],
    ['a/+/+', 'a/+/*', 'a/b/c', 'the closed end wins over fewer +'],
    ['foo/+/bar/baz', 'foo/+/+/baz', 'foo/x/bar/baz', 'fewer + win'],
    ['secret/*', 'secret/+/+/foo/*', 'secret/a/b/foo/c', 'fewer + win, also over a longer one'],
    ['foo/+/ba*', 'foo/+/b*', 'foo/x/bar', 'the longer one wins'],
    ['foo/+/b/+', 'foo/+/+/a', 'foo/x/b/a', 'the larger one wins where nothing else differs'],
    ['+/é/+', '+/+/+a', 'x/é/+a', 'lengths are of bytes, and the larger one wins'],
    ['a/+b/c', 'a/+b/*', 'a/+b/c', 'a + within a segment is a character like others'],
  ])('%s or %s, on %s: %s', (first, second, path, _, winner = 'first') => {
    const won = winner === 'first' ? first : second;
    for (const paths of [
      [first, second],
      [second, first],
    ]) {
      const acl = aclOf(
        paths.map((each) => granting({ [each]: each === won ? 'update' : 'read' })),
      );
      expect(ruleFor(acl, path)?.path).toBe(won);
      expect(acl.capabilities(path)).toEqual(['update']);
    }
  });
});

describe('a rule', () => {
  it.each([
    ['secret/foo', ['secret/foo', '/secret/foo', '///secret/foo'], ['secret/food', 'secret', '']],
    ['/secret/foo', ['secret/foo'], ['foo']],
    ['//a', [], ['a', '//a']],
    ['', [''], ['a', '*']],
    ['*', ['', 'a', 'a/b'], []],
    ['secret/bar/*', ['secret/bar/', 'secret/bar/a/b'], ['secret/bar', 'secret/bars']],
    ['secret/zip-*', ['secret/zip-', 'secret/zip-a/b'], ['secret/zip']],
    ['a/*/b', ['a/*/b'], ['a/x/b']],
    ['a**', ['a*', 'a*b'], ['a', 'ab']],
    ['+', ['a', ''], ['a/b']],
    ['+/b', ['a/b'], ['a/a/b', 'b']],
    ['a/+/c', ['a/b/c', 'a//c', 'a/+/c'], ['a/b/b/c', 'a/c', 'a/b/c/d']],
    ['a/+', ['a/b', 'a/'], ['a', 'a/b/c']],
    ['a/+/', ['a/b/'], ['a/b', 'a/b/c']],
    ['a/+/*', ['a/b/', 'a/b/c', 'a/b/c/d'], ['a/b']],
    ['a/+/c*', ['a/b/c', 'a/b/cd', 'a/b/cd/e'], ['a/b/d', 'a/b/']],
    ['a/+b/c', ['a/+b/c'], ['a/xb/c']],
    ['a+/b', ['a+/b'], ['ax/b']],
    ['sys/events/subscribe/kv*', ['sys/events/subscribe/kv*'], ['sys/events/subscribe/*']],
  ])('of %s decides on %j and not on %j', (rule, matching, others) => {
    const acl = aclOf([granting({ [rule]: 'read' })]);
    const allows = (path: string) => acl.allows({ operation: 'read', path });
    expect(matching.map((path) => [path, allows(path)])).toEqual(matching.map((p) => [p, true]));
    expect(others.map((path) => [path, allows(path)])).toEqual(others.map((p) => [p, false]));
  });

  it('is one with every other of the same path', () => {
    const acl = aclOf([
      granting({ 'a/*': 'read' }) + blockOf('/a/*', 'list sudo'),
      granting({ 'a/*': 'list create', 'a/b*': 'delete' }),
    ]);
    expect(ruleFor(acl, 'a/x')).toEqual({
      path: 'a/*',
      capabilities: ['create', 'list', 'read', 'sudo'],
      subscribeEventTypes: [],
      sources: [
        { policy: 'p0', line: 1 },
        { policy: 'p0', line: 4 },
        { policy: 'p1', line: 1 },
      ],
    });
  });

  it('denies where one of its blocks does, whatever the others grant', () => {
    const grant = blockOf('a', 'read subscribe', 'subscribe_event_types = ["*"]');
    for (const texts of [
      [grant, blockOf('a', 'deny')],
      [blockOf('a', 'deny'), grant],
    ]) {
      expect(ruleFor(aclOf(texts), 'a')).toMatchObject({
        capabilities: ['deny'],
        subscribeEventTypes: [],
        sources: [{ policy: 'p0' }, { policy: 'p1' }],
      });
    }
  });

  it('has the event types of all its blocks, sorted and each once', () => {
    const acl = aclOf([
      blockOf('a', 'subscribe', 'subscribe_event_types = ["kv*", "database/*", "kv*"]'),
      blockOf('a', 'list'),
      blockOf('a', '', 'subscribe_event_types = ["*", "kv*"]'),
    ]);
    expect(ruleFor(acl, 'a')?.subscribeEventTypes).toEqual(['*', 'database/*', 'kv*']);
  });

  it('that grants nothing is there all the same', () => {
    const acl = aclOf([granting({ 'a/b': '', 'a/*': 'read' })]);
    expect(acl.capabilities('a/b')).toEqual(['deny']);
    expect(ruleFor(acl, 'a/b')).toMatchObject({ path: 'a/b', capabilities: [] });
  });
});

describe('a path that ends in a slash', () => {
  it('is decided by the exact rule without it, for lists alone', () => {
    const acl = aclOf([granting({ 'a/b': 'list read' })]);
    expect(acl.allows({ operation: 'list', path: 'a/b/' })).toBe(true);
    expect(acl.allows({ operation: 'read', path: 'a/b/' })).toBe(false);
    expect(acl.capabilities('a/b/')).toEqual(['list', 'read']);
    expect(acl.capabilities('a/b//')).toEqual(['deny']);
  });

  it('is decided by the exact rule with it before the one without', () => {
    const acl = aclOf([granting({ 'a/b': 'list', 'a/b/': 'read' })]);
    expect(acl.capabilities('a/b/')).toEqual(['read']);
    expect(acl.capabilities('a/b')).toEqual(['list']);
  });

  it.each<[rules: Readonly<Record<string, string>>, capabilities: string[], why: string]>([
    [{ 'a/+': 'list' }, ['list'], 'the rule without it grants'],
    [{ 'a/+/': 'list' }, ['list'], 'the rule with it grants'],
    [{ 'a/+': 'list', 'a/b/*': 'deny' }, ['deny'], 'a more specific denial wins'],
    [{ 'a/+': 'deny', 'a/b/*': 'list' }, ['deny'], 'a more specific grant does not get around it'],
    [{ 'a/*': 'deny', 'a/b/*': 'list' }, ['deny'], 'nor does a longer prefix'],
    [{ 'a/+': 'list', 'a/b/*': 'read' }, ['list'], 'the rule without it is asked first'],
    [{ 'a/+': 'read', 'a/b/*': 'list' }, ['read'], 'also where it says nothing of lists'],
    [{ '+/+': 'list', 'a/+': 'read' }, ['read'], 'a less specific grant counts no more'],
    [{ 'a/*': 'list', 'a/b/*': 'deny' }, ['deny'], 'a longer prefix that denies wins'],
    [{ 'a/b*': 'list', 'a/b/*': 'read' }, ['list'], 'the prefix of the form without it counts'],
    [{ '+/b': 'list', 'a/+/': 'deny' }, ['deny'], 'a later + that denies wins'],
  ])('of the rules %j has %j: %s', (rules, capabilities) => {
    const acl = aclOf([granting(rules)]);
    expect(acl.capabilities('a/b/')).toEqual(capabilities);
    expect(acl.allows({ operation: 'list', path: 'a/b/' })).toBe(capabilities.includes('list'));
  });

  it('is for other operations a path like others', () => {
    const acl = aclOf([granting({ 'a/+': 'read list', 'a/b/*': 'update' })]);
    expect(acl.allows({ operation: 'read', path: 'a/b/' })).toBe(false);
    expect(acl.allows({ operation: 'update', path: 'a/b/' })).toBe(true);
  });
});

describe('root', () => {
  const acl = compileAcl([named('other', blockOf('a', 'deny')), named('root', '')], undefined);

  it('may do everything, whatever other policies say', () => {
    expect(acl.root).toBe(true);
    expect(acl.capabilities('a')).toEqual(['root']);
    expect(acl.allows({ operation: 'delete', path: 'a' })).toBe(true);
    expect(acl.hasSudo('a', 'update')).toBe(true);
    expect(acl.couldReceive('anything')).toBe(true);
    expect(ruleFor(acl, 'a')).toBeUndefined();
  });

  it('is only who has the policy of that name', () => {
    const others = compileAcl(
      [named('Root', ''), named('admin', granting({ '*': 'sudo' }))],
      undefined,
    );
    expect(others.root).toBe(false);
    expect(others.capabilities('a')).toEqual(['sudo']);
  });
});

describe('who has no policy', () => {
  it('may do nothing', () => {
    const acl = compileAcl([], undefined);
    expect(acl.capabilities('a')).toEqual(['deny']);
    expect(ruleFor(acl, 'a')).toBeUndefined();
    expect(acl.hasSudo('a', 'update')).toBe(false);
    expect(acl.couldReceive('*')).toBe(false);
  });
});

describe('sudo', () => {
  it('is had where the deciding rule grants it', () => {
    const acl = aclOf([granting({ 'sys/*': 'sudo', 'sys/seal': 'update', 'sys/raw/*': 'deny' })]);
    expect(acl.hasSudo('sys/mounts', 'update')).toBe(true);
    expect(acl.hasSudo('sys/seal', 'update')).toBe(false);
    expect(acl.hasSudo('sys/raw/a', 'update')).toBe(false);
    expect(acl.hasSudo('secret', 'update')).toBe(false);
  });

  it('and of a list by the rule that the list is decided by, also without its slash', () => {
    const exact = aclOf(['path "a" { capabilities = ["list", "sudo"] }']);
    expect(exact.hasSudo('a/', 'list')).toBe(true);
    expect(exact.hasSudo('a/', 'update')).toBe(false);
    const other = aclOf([granting({ a: 'list', 'a*': 'sudo' })]);
    expect(other.hasSudo('a/', 'list')).toBe(false);
  });
});

describe('a template', () => {
  const identity = anIdentity(
    {
      id: 'e-1',
      name: 'ada',
      metadata: { team: 'blue', 'a.b': 'dotted', empty: '', star: 'x*', plus: 'a+b' },
      aliases: { acc1: { id: 'alias-1', name: 'ada@example.com', metadata: { org: 'acme' } } },
    },
    [
      { id: 'g-1', name: 'ops', metadata: { room: '7' } },
      { id: 'g-2', name: 'dev' },
    ],
  );

  it.each([
    ['identity.entity.id', 'e-1'],
    [' identity.entity.name ', 'ada'],
    ['identity.entity.metadata.team', 'blue'],
    ['identity.entity.metadata.a.b', 'dotted'],
    ['identity.entity.aliases.acc1.id', 'alias-1'],
    ['identity.entity.aliases.acc1.name', 'ada@example.com'],
    ['identity.entity.aliases.acc1.metadata.org', 'acme'],
    ['identity.groups.ids.g-2.name', 'dev'],
    ['identity.groups.ids.g-1.metadata.room', '7'],
    ['identity.groups.names.ops.id', 'g-1'],
    ['identity.groups.names.ops.metadata.room', '7'],
  ])('{{%s}} is filled in', (selector, value) => {
    const acl = aclOf([granting({ [`s/{{${selector}}}/*`]: 'read' })], identity);
    expect(ruleFor(acl, `s/${value}/x`)?.path).toBe(`s/${value}/*`);
    expect(acl.capabilities('s//x')).toEqual(['deny']);
  });

  it.each([
    'identity.entity.nosuch',
    'identity.entity.metadata',
    'identity.entity.metadata.nosuch',
    'identity.entity.metadata.empty',
    'identity.entity.metadata.constructor',
    'identity.entity.id.x',
    'identity.entity.aliases.acc2.name',
    'identity.entity.aliases.acc1',
    'identity.entity.aliases.acc1.custom_metadata.org',
    'identity.groups.ids.ops.name',
    'identity.groups.names.nosuch.id',
    'identity.groups.names.ops',
    'identity.groups.ops.id',
    'identity.groups',
    'identity',
    'entity.id',
    '',
  ])('{{%s}} names nothing, and its path is left out', (selector) => {
    const types = 'subscribe_event_types = ["*"]';
    const acl = aclOf([blockOf(`{{${selector}}}`, 'list subscribe', types)], identity);
    expect(acl.couldReceive('*')).toBe(false);
  });

  it('leaves its path out where nobody stands behind the token', () => {
    expect(
      ruleFor(aclOf([granting({ 's/{{identity.entity.id}}': 'read' })]), 's/e-1'),
    ).toBeUndefined();
  });

  it('may stand several times in a path, and loses the slash it begins with', () => {
    const path =
      '/{{identity.entity.metadata.team}}/{{identity.entity.name}}-{{identity.entity.id}}';
    expect(ruleFor(aclOf([granting({ [path]: 'read' })], identity), 'blue/ada-e-1')?.path).toBe(
      'blue/ada-e-1',
    );
  });

  it.each(['star', 'plus'])('denies where its value brings a wildcard in: %s', (key) => {
    const path = `s/{{identity.entity.metadata.${key}}}`;
    const value = identity.entity.metadata[key];
    const acl = aclOf(
      [granting({ [path]: 'read', [`${path}/*`]: 'read', 's/*': 'list' })],
      identity,
    );
    expect(acl.capabilities(`s/${value}`)).toEqual(['deny']);
    expect(acl.capabilities(`s/${value}/a`)).toEqual(['deny']);
    expect(acl.capabilities('s/other')).toEqual(['list']);
  });

  it('denies its path although another block grants it', () => {
    const acl = aclOf(
      [granting({ 's/{{identity.entity.metadata.star}}': 'read', 's/x*': 'read' })],
      identity,
    );
    expect(acl.capabilities('s/xy')).toEqual(['deny']);
  });
});

describe('the identity that policies use', () => {
  const policies = [
    named('a', granting({ '{{identity.entity.name}}/{{identity.groups.names.ops.id}}': 'read' })),
    named('b', granting({ '{{identity.entity.name}}/b': 'read', 'c/d': 'read' })),
  ];
  const ops = [{ id: 'g-1', name: 'ops' }];

  it('is the same text for identities that differ elsewhere', () => {
    const one = anIdentity({ id: '1', name: 'ada' }, [...ops, { id: 'g-2', name: 'dev' }]);
    const other = anIdentity({ id: '2', name: 'ada', metadata: { a: 'b' } }, ops);
    expect(usedIdentity(policies, one)).toBe(usedIdentity(policies, other));
    expect(usedIdentity(policies.toReversed(), one)).toBe(usedIdentity(policies, one));
  });

  it('is another text where a value is another, or missing', () => {
    const identities = [
      anIdentity({ name: 'ada' }, ops),
      anIdentity({ name: 'bob' }, ops),
      anIdentity({ name: 'ada' }),
      anIdentity({ name: 'ada","g-1' }),
      undefined,
    ];
    const texts = identities.map((identity) => usedIdentity(policies, identity));
    expect(new Set(texts).size).toBe(identities.length);
  });

  it('is nothing where no template is', () => {
    const plain = [named('c', granting({ 'c/d': 'read' }))];
    expect(usedIdentity(plain, anIdentity({ name: 'ada' }))).toBe(usedIdentity(plain, undefined));
  });
});
