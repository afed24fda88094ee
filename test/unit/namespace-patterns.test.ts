import { describe, expect, it } from 'vitest';
import {
  MAX_NAMESPACE_PATTERN_CHARACTERS,
  MAX_NAMESPACE_PATTERNS,
} from '../../src/subscription/limits.ts';
import { namespacePatterns } from '../../src/subscription/namespace-patterns.ts';
import { accepted, failureOf } from './support/result.ts';

describe('the namespaces that a subscription covers', () => {
  it.each([
    ['', [], ['']],
    ['team', [], ['team']],
    ['', ['*'], ['', '*']],
    ['team', ['*'], ['team', 'team/*']],
    ['team', ['prod', 'dev*'], ['team', 'team/prod', 'team/dev*']],
    ['team', ['team'], ['team', 'team/team']],
    ['team/prod', ['a'], ['team/prod', 'team/prod/a']],
    ['team', ['/prod/', 'prod//eu', './prod'], ['team', 'team/prod', 'team/prod/eu']],
    ['team', ['x/../prod'], ['team', 'team/prod']],
    ['team', ['../team/prod', '.'], ['team', 'team/prod']],
    ['', ['a/../b'], ['', 'b']],
    ['', ['/a'], ['', '/a']],
    ['', ['/../a'], ['', '/a']],
    ['team', ['a b'], ['team', 'team/a b']],
    ['team', ['a', 'a', 'a/'], ['team', 'team/a']],
  ])('in %j with %j are %j', (request, parameters, patterns) => {
    expect(accepted(namespacePatterns(request, parameters))).toEqual(patterns);
  });

  it.each(['', ' ', '/', '//', '\t/ ', '   '])('are not more for %j', (value) => {
    expect(accepted(namespacePatterns('team', [value]))).toEqual(['team']);
  });

  it.each([
    ['', '..'],
    ['', '../a'],
    ['', 'a/../../b'],
    ['team', '..'],
    ['team', '../*'],
    ['team', '../teams'],
    ['team', '../team*'],
    ['team', '*/../..'],
    ['team', '../../team/prod'],
    ['team/prod', '../dev'],
    ['team/prod', '../..'],
  ])('of %j do not lead out of it by %j', (request, value) => {
    expect(failureOf(namespacePatterns(request, [value])).message).toContain('leads out');
  });

  it('are as many as allowed, blank ones not counted', () => {
    const patterns = Array.from({ length: MAX_NAMESPACE_PATTERNS }, (_, i) => `n${i}`);
    expect(accepted(namespacePatterns('', [...patterns, '', '/']))).toHaveLength(
      patterns.length + 1,
    );
    const failure = failureOf(namespacePatterns('', [...patterns, 'more']));
    expect(failure.message).toContain(`at most ${MAX_NAMESPACE_PATTERNS}`);
  });

  it('are as long as allowed', () => {
    const longest = 'a'.repeat(MAX_NAMESPACE_PATTERN_CHARACTERS);
    expect(accepted(namespacePatterns('', [longest]))).toEqual(['', longest]);
    const failure = failureOf(namespacePatterns('', [`${longest}a`]));
    expect(failure.message).toContain(`at most ${MAX_NAMESPACE_PATTERN_CHARACTERS}`);
  });
});
