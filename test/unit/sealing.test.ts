/** Secrets that are stored encrypted: under which key, for whom, and what a rotation does. */
import { describe, expect, it } from 'vitest';
import { parseSealingKeys, seal, unseal } from '../../src/config/sealing.ts';

const OLD = Buffer.alloc(32, 1);
const NEW = Buffer.alloc(32, 2);
const OWNER = 'team-a@x1\ngithub';

describe('a sealed text', () => {
  it('is opened by its key for its owner, and shows nothing of itself', async () => {
    const sealed = await seal([NEW], OWNER, 'the secret');
    expect(sealed).not.toContain('secret');
    expect(Buffer.from(sealed.split('.')[1] ?? '', 'base64').toString('latin1')).not.toContain(
      'secret',
    );
    expect(await unseal([NEW], OWNER, sealed)).toEqual({
      ok: true,
      value: { text: 'the secret', isCurrent: true },
    });
  });

  it('is another each time, so that equal secrets do not look equal', async () => {
    expect(await seal([NEW], OWNER, 'x')).not.toBe(await seal([NEW], OWNER, 'x'));
  });

  it.each(['team-a@x2\ngithub', 'team-a@x1\nother', ''])(
    'is not opened for another owner: %j',
    async (other) => {
      const sealed = await seal([NEW], OWNER, 'x');
      expect(await unseal([NEW], other, sealed)).toMatchObject({ ok: false });
    },
  );

  it('is not opened after a change of one byte', async () => {
    const sealed = await seal([NEW], OWNER, 'x');
    const [id = '', text = ''] = sealed.split('.');
    const bytes = Buffer.from(text, 'base64');
    for (const index of bytes.keys()) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      const other = `${id}.${changed.toString('base64')}`;
      expect(await unseal([NEW], OWNER, other)).toMatchObject({ ok: false });
    }
  });

  it('is opened by an old key that stands after the new one, and known to be sealed by it', async () => {
    const sealed = await seal([OLD], OWNER, 'x');
    expect(await unseal([NEW, OLD], OWNER, sealed)).toEqual({
      ok: true,
      value: { text: 'x', isCurrent: false },
    });
    expect(await unseal([NEW], OWNER, sealed)).toMatchObject({
      ok: false,
      failure: { message: expect.stringContaining('put that key back') },
    });
  });
});

describe('the secret SOURCE_KEY', () => {
  it('has no key until it is set', () => {
    expect(parseSealingKeys({})).toEqual({ ok: true, value: [] });
    expect(parseSealingKeys({ SOURCE_KEY: null })).toEqual({ ok: true, value: [] });
    expect(parseSealingKeys({ SOURCE_KEY: '' })).toEqual({ ok: true, value: [] });
  });

  it('has one key or several', () => {
    const text = `${NEW.toString('base64')}, ${OLD.toString('base64')}`;
    expect(parseSealingKeys({ SOURCE_KEY: text })).toEqual({ ok: true, value: [NEW, OLD] });
  });

  it.each(['short', Buffer.alloc(31).toString('base64'), Buffer.alloc(33).toString('base64')])(
    'is refused where a key is not 32 bytes, and is not shown: %s',
    (key) => {
      const parsed = parseSealingKeys({ SOURCE_KEY: `${NEW.toString('base64')},${key}` });
      expect(parsed).toMatchObject({
        ok: false,
        failure: { message: expect.stringContaining('key 2 in the secret SOURCE_KEY') },
      });
      expect(JSON.stringify(parsed)).not.toContain(key);
    },
  );
});
