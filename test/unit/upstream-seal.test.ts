import { describe, expect, it } from 'vitest';
import { sealToken, unsealToken } from '../../src/outbound/upstream/seal.ts';

describe('a sealed token', () => {
  it('opens with the same root token, for the same row', async () => {
    const sealed = await sealToken('s.töken', 'digest', 'root');
    expect(await unsealToken(sealed, 'digest', 'root')).toBe('s.töken');
  });

  it('opens with no other, for no other, and not where a bit of it has changed', async () => {
    const sealed = await sealToken('s.token', 'digest', 'root');
    expect(await unsealToken(sealed, 'digest', 'another')).toBeUndefined();
    expect(await unsealToken(sealed, 'another', 'root')).toBeUndefined();
    const changed = new Uint8Array(sealed.slice(0));
    changed[20] = (changed[20] ?? 0) ^ 1;
    expect(await unsealToken(changed.buffer, 'digest', 'root')).toBeUndefined();
    expect(await unsealToken(new ArrayBuffer(3), 'digest', 'root')).toBeUndefined();
  });

  it('is another one each time', async () => {
    const bytes = async () =>
      Buffer.from(await sealToken('s.token', 'digest', 'root')).toString('hex');
    expect(await bytes()).not.toBe(await bytes());
  });
});
