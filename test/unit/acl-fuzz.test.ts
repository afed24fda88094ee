import fc from 'fast-check';
import { expect, it } from 'vitest';
import { aclOf, blockOf, ruleFor } from './support/policies.ts';
import { runs } from './support/runs.ts';

interface Rule {
  readonly path: string;
  readonly capabilities: readonly string[];
}

const segment = fc.constantFrom('a', 'a', 'ab', '', '+', '+', '+a', '*');
const path = fc
  .tuple(
    fc.array(segment, { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '', '', '*', '/*', '/', 'a*'),
  )
  .map(([segments, end]) => segments.join('/') + end)
  .filter((text) => !text.includes('+*') && !text.startsWith('/'));
const capability = fc.constantFrom('read', 'list', 'update', 'subscribe', 'deny');
const rule: fc.Arbitrary<Rule> = fc.record({
  path,
  capabilities: fc.uniqueArray(capability, { maxLength: 3 }),
});
const requested = fc
  .array(fc.constantFrom('a', 'a', 'ab', '', '+a'), { minLength: 1, maxLength: 4 })
  .map((segments) => segments.join('/').replace(/^\/+/, ''));

/** Rules of the same path as one; a denial leaves nothing else. */
function merged(rules: readonly Rule[]): Rule[] {
  const paths = [...new Set(rules.map(({ path }) => path))];
  return paths.map((path) => {
    const all = rules.filter((each) => each.path === path).flatMap((each) => each.capabilities);
    return { path, capabilities: all.includes('deny') ? ['deny'] : [...new Set(all)].sort() };
  });
}

const hasSegments = ({ path }: Rule) =>
  path
    .split('/')
    .slice(1)
    .some((s) => s.startsWith('+')) ||
  path === '+' ||
  path.startsWith('+/');
const isOpen = ({ path }: Rule) => path.endsWith('*');
const stemOf = (rule: Rule) => (isOpen(rule) ? rule.path.slice(0, -1) : rule.path);
const wildcards = (rule: Rule) =>
  hasSegments(rule)
    ? stemOf(rule)
        .split('/')
        .filter((s) => s === '+').length
    : 0;
const firstWildcard = (rule: Rule) =>
  hasSegments(rule) ? rule.path.indexOf('+') : stemOf(rule).length;
const isExact = (rule: Rule) => !hasSegments(rule) && !isOpen(rule);

function matches(rule: Rule, path: string): boolean {
  if (!hasSegments(rule)) return path.startsWith(stemOf(rule));
  const pattern = stemOf(rule).split('/');
  const segments = path.split('/');
  if (segments.length < pattern.length) return false;
  if (!isOpen(rule) && segments.length > pattern.length) return false;
  return pattern.every(
    (each, index) =>
      each === '+' ||
      each === segments[index] ||
      (isOpen(rule) && index === pattern.length - 1 && segments[index]?.startsWith(each)),
  );
}

/** The five steps, one after the other: what is left of each is asked the next. */
function mostSpecific(rules: readonly Rule[]): Rule | undefined {
  let left = rules;
  const keep = (score: (rule: Rule) => number) => {
    const best = Math.max(...left.map(score));
    left = left.filter((rule) => score(rule) === best);
  };
  keep(firstWildcard);
  keep((rule) => (isOpen(rule) ? 0 : 1));
  keep((rule) => -wildcards(rule));
  keep((rule) => stemOf(rule).length);
  return left.toSorted((a, b) => (stemOf(a) < stemOf(b) ? 1 : -1))[0];
}

/** Of the prefix rules only the longest competes. */
function candidates(rules: readonly Rule[], path: string): Rule[] {
  const matching = rules.filter((rule) => !isExact(rule) && matches(rule, path));
  const prefixes = matching.filter((rule) => !hasSegments(rule));
  const longest = prefixes.toSorted((a, b) => b.path.length - a.path.length).slice(0, 1);
  return [...matching.filter(hasSegments), ...longest];
}

function decide(
  rules: readonly Rule[],
  path: string,
  operation: 'read' | 'list',
): Rule | undefined {
  const exact = (text: string) => rules.find((rule) => isExact(rule) && rule.path === text);
  if (operation === 'read' || !path.endsWith('/')) {
    return exact(path) ?? mostSpecific(candidates(rules, path));
  }
  const trimmed = path.slice(0, -1);
  const found = exact(path) ?? exact(trimmed);
  if (found !== undefined) return found;
  const other = mostSpecific(candidates(rules, path));
  const first = mostSpecific(candidates(rules, trimmed));
  if (other === undefined || first === undefined) return first ?? other;
  return other.capabilities.includes('deny') ? mostSpecific([other, first]) : first;
}

it('an ACL decides as the rules of precedence do, one after the other', () => {
  let decided = 0;
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 8 }),
      fc.array(requested, { minLength: 8, maxLength: 8 }),
      (rules, paths) => {
        const acl = aclOf(
          rules.map(({ path, capabilities }) => blockOf(path, capabilities.join(' '))),
        );
        const expected = merged(rules);
        for (const path of paths) {
          const list = decide(expected, path, 'list');
          const read = decide(expected, path, 'read');
          if (list !== undefined) decided++;
          expect([path, ruleFor(acl, path)?.path]).toEqual([path, list?.path]);
          expect([path, acl.capabilities(path)]).toEqual([
            path,
            list === undefined || list.capabilities.length === 0 ? ['deny'] : list.capabilities,
          ]);
          expect([path, acl.allows({ operation: 'read', path })]).toEqual([
            path,
            read?.capabilities.includes('read') ?? false,
          ]);
        }
      },
    ),
    { numRuns: runs(12_000) },
  );
  expect(decided).toBeGreaterThan(runs(18_000));
}, 60_000);
