import { describe, expect, it } from 'vitest';
import { Fields } from '../../src/lib/fields.ts';
import { invalid, ok } from '../../src/lib/result.ts';
import { accepted, failureOf } from './support/result.ts';

describe('the fields of a body', () => {
  it('keep the first failure, whichever object it is in', () => {
    const fields = new Fields({ mapping: { path: 1, metadata: { a: 2 } }, note: 3 });
    const mapping = fields.object('mapping');
    mapping.string('path');
    mapping.object('metadata').string('a');
    fields.text('note');
    expect(failureOf(fields.result('read')).message).toBe(
      'mapping.path must be a string, not a number',
    );
  });

  it('name a field of an inner object by its whole path', () => {
    const fields = new Fields({ mapping: { metadata: { a: [] } } });
    fields.object('mapping').object('metadata').string('a');
    expect(failureOf(fields.result('read')).message).toBe(
      'mapping.metadata.a must be a string, not a list',
    );
  });

  it('are those that are known', () => {
    const fields = new Fields({ kind: 'hmac', mapping: { odd: 1 } });
    fields.rejectUnknown(['kind', 'mapping'], 'a source');
    expect(accepted(fields.result('read'))).toBe('read');
    fields.object('mapping').rejectUnknown(['id', 'path']);
    expect(failureOf(fields.result('read')).message).toBe(
      'unknown key "odd" in mapping; it has id, path',
    );
    const source = new Fields({ kinds: 'hmac' });
    source.rejectUnknown(['kind', 'mapping'], 'a source');
    expect(failureOf(source.result('read')).message).toBe(
      'unknown key "kinds" (did you mean "kind"?); a source has kind, mapping',
    );
  });

  it('are absent where they are null', () => {
    const fields = new Fields({ name: null, mapping: null });
    expect(fields.string('name')).toBeUndefined();
    expect(fields.object('mapping').raw('path')).toBeUndefined();
    expect(accepted(fields.result('read'))).toBe('read');
  });

  it('take the failure of another check', () => {
    const fields = new Fields({});
    expect(fields.take(ok('a'), 'otherwise')).toBe('a');
    expect(fields.take(invalid('no'), 'otherwise')).toBe('otherwise');
    expect(failureOf(fields.result('read')).message).toBe('no');
  });
});
