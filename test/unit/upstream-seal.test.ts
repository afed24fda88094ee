import { describe, expect, it } from 'vitest';
import { sealToken, unsealToken } from '../../src/outbound/upstream/seal.ts';

describe('a sealed token', () => {
  it('opens with the same root token, for the same row', async () => {
    const sealed = await sealToken('s.töken', 'digest', ['root']);
    expect(await unsealToken(sealed, 'digest', ['root'])).toEqual({
      secret: 's.töken',
      isCurrent: true,
    });
  });

  it('opens with each value of a root token that rotates, and is sealed under the first', async () => {
    const old = await sealToken('s.token', 'digest', ['old']);
    const rotating = ['new', 'old'];
    const opened = await unsealToken(old, 'digest', rotating);
    expect(opened).toEqual({ secret: 's.token', isCurrent: false });
    const sealed = await sealToken('s.token', 'digest', rotating);
    expect(await unsealToken(sealed, 'digest', ['new'])).toMatchObject({ isCurrent: true });
    expect(await unsealToken(sealed, 'digest', ['old'])).toBeUndefined();
  });

  it('opens with no other, for no other, and not where a bit of it has changed', async () => {
    const sealed = await sealToken('s.token', 'digest', ['root']);
    expect(await unsealToken(sealed, 'digest', ['another'])).toBeUndefined();
    expect(await unsealToken(sealed, 'another', ['root'])).toBeUndefined();
    const changed = new Uint8Array(sealed.slice(0));
    changed[20] = (changed[20] ?? 0) ^ 1;
    expect(await unsealToken(changed.buffer, 'digest', ['root'])).toBeUndefined();
    expect(await unsealToken(new ArrayBuffer(3), 'digest', ['root'])).toBeUndefined();
  });

  it('is another one each time', async () => {
    const bytes = async () =>
      Buffer.from(await sealToken('s.token', 'digest', ['root'])).toString('hex');
    expect(await bytes()).not.toBe(await bytes());
  });
});
