/** Rules: what is substituted, and what never is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_RULE_CHARACTERS } from '../../src/ingest/limits.ts';
import {
  applyRule,
  pathValue,
  type RuleInput,
} from '../../src/ingest/webhooks/mapping/apply-rule.ts';
import {
  checkLiteralPrefix,
  parseRule,
  type Rule,
} from '../../src/ingest/webhooks/mapping/rule.ts';
import { parsePointer, valueAt } from '../../src/ingest/webhooks/pointer.ts';

function ruleOf(text: string): Rule {
  const rule = parseRule(text, 'rule', 'shop');
  if (!rule.ok) throw new Error(rule.failure.message);
  return rule.value;
}

function made(text: string, document: unknown, headers: Record<string, string> = {}) {
  const input: RuleInput = { header: (name) => new Headers(headers).get(name), document };
  const value = applyRule(ruleOf(text), input);
  return value.ok ? value.value : value.failure.message;
}

describe('a rule', () => {
  it.each([
    ['plain text', {}, 'plain text'],
    ['github/{/repository/full_name}', { repository: { full_name: 'a/b' } }, 'github/a/b'],
    ['{source}/{/type}', { type: 'order' }, 'shop/order'],
    ['n/{/a~1b/~0c/1}', { 'a/b': { '~c': ['x', 7] } }, 'n/7'],
    ['n/{/id}', JSON.parse('{"id": 9007199254740991}'), 'n/9007199254740991'],
    ['n/{/id}', JSON.parse('{"id": 820982911946154508}'), undefined],
    ['n/{/id|/text}', JSON.parse('{"id": 1e400, "text": "7"}'), 'n/7'],
    ['n/{/id}', { id: 1.5 }, 'n/1.5'],
    ['b/{/flag}', { flag: false }, 'b/false'],
    ['a/{/x|/y|"none"}', { y: 'why' }, 'a/why'],
    ['a/{/x|/y|"none"}', {}, 'a/none'],
    ['a/{/x|"one|two}"}', {}, 'a/one|two}'],
    ['a/{/x}', {}, undefined],
    ['a/{/x}', { x: { y: 1 } }, undefined],
    ['a/{/x}', { x: null }, undefined],
    ['a/{/x|/y}', { x: '', y: 'z' }, 'a/z'],
    ['a/{/length}', ['x'], undefined],
    ['a/{/01}', ['x', 'y'], undefined],
    ['a/{/constructor}', {}, undefined],
    ['a/{/__proto__/x}', JSON.parse('{"__proto__": {"x": "own"}}'), 'a/own'],
  ])('%j of %j makes %j', (text, document, expected) => {
    expect(made(text, document)).toBe(expected);
  });

  it('takes headers, whose names have no case', () => {
    expect(made('x/{header:X-Event}', {}, { 'x-event': 'push' })).toBe('x/push');
    expect(made('x/{header:X-Event}', {})).toBeUndefined();
  });

  it.each([
    ['a/{', 'has no partner'],
    ['a/}', 'has no partner'],
    ['a/{/x', 'has no partner'],
    ['a/{}', 'is not understood'],
    ['a/{x}', 'is not understood'],
    ['a/{/x|}', undefined],
    ['a/{/~2}', 'has a "~" that is neither'],
    ['a/{header:}', 'is no name of a header'],
    ['a/{header:X Y}', 'is no name of a header'],
    ['{/x|header:x-vault-TOKEN}', 'carries the secret of the sender'],
    ['{header:Authorization}', 'carries the secret of the sender'],
    ['{header:x-gitlab-token}', 'carries the secret of the sender'],
    ['x'.repeat(MAX_RULE_CHARACTERS + 1), `at most ${MAX_RULE_CHARACTERS} are allowed`],
  ])('%j is refused where it means nothing', (text, message) => {
    const rule = parseRule(text, 'mapping.path', 'shop');
    if (message === undefined) expect(rule.ok).toBe(true);
    else
      expect(rule).toMatchObject({
        ok: false,
        failure: { message: expect.stringContaining(message) },
      });
  });
});

describe('a rule for a path or an event type', () => {
  it.each(['github/{/x}', '{source}/{/x}', 'a/b/{/x}/c/{/y}', 'no/substitution', 'word'])(
    'begins with a segment of its own: %s',
    (text) => {
      expect(checkLiteralPrefix(ruleOf(text), 'mapping.path', text).ok).toBe(true);
    },
  );

  it.each(['{/x}', '{/x}/y', 'secret{/x}', '/{/x}', '{header:A}/b', 'a{source}{/x}'])(
    'is refused where the sender could choose that segment: %s',
    (text) => {
      expect(checkLiteralPrefix(ruleOf(text), 'mapping.path', text)).toMatchObject({
        ok: false,
        failure: { message: expect.stringContaining('begin it with a segment of your own') },
      });
    },
  );

  it('never leads out of that segment, whatever is substituted', () => {
    const segment = fc.constantFrom('..', '.', '', 'a', 'b', '%2e%2e', '...', ' ');
    const values = fc.oneof(
      fc.string(),
      fc.array(segment, { maxLength: 6 }).map((segments) => segments.join('/')),
    );
    fc.assert(
      fc.property(values, (x) => {
        const input: RuleInput = { header: () => null, document: { x } };
        const made = applyRule(ruleOf('github/{/x}/end'), input, pathValue);
        if (!made.ok || made.value === undefined) return;
        const segments = made.value.split('/');
        expect(segments[0]).toBe('github');
        expect(segments).not.toContain('..');
        expect(segments).not.toContain('.');
        expect(segments).not.toContain('');
      }),
    );
  });
});

describe('a JSON pointer', () => {
  it.each([
    ['', { a: 1 }],
    ['/a', 1],
    ['/b', undefined],
    ['/a/b', undefined],
    ['/', undefined],
  ])('%j leads to %j in {"a":1}', (text, expected) => {
    const pointer = parsePointer(text);
    expect(pointer.ok && valueAt(pointer.value, { a: 1 })).toEqual(expected);
  });

  it.each(['a', '~', '/~', '/a~2'])('%j is none', (text) => {
    expect(parsePointer(text).ok).toBe(false);
  });
});
