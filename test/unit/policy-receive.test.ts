import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob, globsShareText } from '../../src/event/glob.ts';
import { compileAcl, mayReceive } from '../../src/policy/acl.ts';
import { aclOf, blockOf, ruleFor } from './support/policies.ts';

const types = (...globs: string[]) => `subscribe_event_types = ${JSON.stringify(globs)}`;

describe('whether an event may be received', () => {
  const acl = aclOf([
    blockOf('secret/data/*', 'list subscribe', types('kv-v2/*', 'lease')) +
      blockOf('secret/data/listed', 'list read', types('*')) +
      blockOf('secret/data/heard', 'subscribe', types('*')) +
      blockOf('secret/data/typeless', 'list subscribe') +
      blockOf('secret/data/denied/*', 'deny'),
  ]);

  it.each([
    ['secret/data/a', 'kv-v2/data-write', 'granted'],
    ['/secret/data/a', 'kv-v2/data-write', 'granted'],
    ['secret/data/', 'lease', 'granted'],
    ['secret/data/a', 'kv-v1/write', 'event_types'],
    ['secret/data/a', 'leases', 'event_types'],
    ['secret/data/typeless', 'lease', 'event_types'],
    ['secret/data/listed', 'kv-v2/data-write', 'capabilities'],
    ['secret/data/heard', 'kv-v2/data-write', 'capabilities'],
    ['secret/data/denied/a', 'kv-v2/data-write', 'capabilities'],
    ['secret/metadata/a', 'kv-v2/data-write', 'no_rule'],
    ['', 'kv-v2/data-write', 'no_path'],
    [undefined, 'kv-v2/data-write', 'no_path'],
  ])('of %s, of the type %s: %s', (path, eventType, step) => {
    const decision = mayReceive(acl, path, eventType);
    expect(decision).toMatchObject({ allowed: step === 'granted', step });
    expect(decision.rule).toEqual(
      step.startsWith('no_') ? undefined : ruleFor(acl, path ?? 'nothing'),
    );
  });

  it('names the rule that decided as plain data', () => {
    const { rule } = mayReceive(acl, 'secret/data/a', 'lease');
    expect(structuredClone(rule)).toEqual({
      path: 'secret/data/*',
      capabilities: ['list', 'subscribe'],
      subscribeEventTypes: ['kv-v2/*', 'lease'],
      sources: [{ policy: 'p0', line: 1 }],
    });
  });

  it('root may, also where the event has no path', () => {
    const root = compileAcl([{ name: 'root', policy: { paths: [] } }], undefined);
    expect(mayReceive(root, undefined, 'a')).toEqual({ allowed: true, step: 'root' });
    expect(mayReceive(root, 'a', 'b')).toEqual({ allowed: true, step: 'root' });
  });
});

describe('whether any event of a pattern could be received', () => {
  const acl = aclOf([
    blockOf('a', 'list subscribe', types('kv*', 'database/creds')) +
      blockOf('b', 'list', types('lease*')) +
      blockOf('c', 'subscribe', types('sys*')),
  ]);

  it.each([
    ['kv-v2/data-write', true],
    ['*', true],
    ['*-write', true],
    ['k*', true],
    ['database/*', true],
    ['database/creds', true],
    ['database/creds-create', false],
    ['aws*', false],
    ['lease*', false],
    ['sys*', false],
    ['', false],
  ])('%s: %s', (pattern, could) => {
    expect(acl.couldReceive(pattern)).toBe(could);
  });
});

describe('two globs', () => {
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 5 });

  /** Every text of two characters that is long enough for both to have what they ask for. */
  const texts = [''];
  for (const text of texts) if (text.length < 9) texts.push(`${text}a`, `${text}b`);

  it('share a text where some text matches both', () => {
    fc.assert(
      fc.property(glob, glob, (a, b) => {
        const [matchesA, matchesB] = [compileGlob(a), compileGlob(b)];
        const some = texts.some((text) => matchesA(text) && matchesB(text));
        expect(globsShareText(a, b)).toBe(some);
      }),
      {
        numRuns: 3000,
        examples: [
          ['', '*'],
          ['a*b', 'b*a'],
          ['a*ab', 'aa*b'],
          ['*a*b*', '*b*a*'],
          ['ab', 'a*b'],
        ],
      },
    );
  });
});
