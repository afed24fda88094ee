import { describe, expect, it } from 'vitest';
import { seal, unseal } from '../../src/outbound/upstream/seal.ts';

describe('a sealed token', () => {
  it('opens with the same root token, for the same row', async () => {
    const sealed = await seal('s.töken', 'digest', 'root');
    expect(await unseal(sealed, 'digest', 'root')).toBe('s.töken');
  });

  it('opens with no other, for no other, and not where a bit of it has changed', async () => {
    const sealed = await seal('s.token', 'digest', 'root');
    expect(await unseal(sealed, 'digest', 'another')).toBeUndefined();
    expect(await unseal(sealed, 'another', 'root')).toBeUndefined();
    const changed = new Uint8Array(sealed.slice(0));
    changed[20] = (changed[20] ?? 0) ^ 1;
    expect(await unseal(changed.buffer, 'digest', 'root')).toBeUndefined();
    expect(await unseal(new ArrayBuffer(3), 'digest', 'root')).toBeUndefined();
  });

  it('is another one each time', async () => {
    const bytes = async () => Buffer.from(await seal('s.token', 'digest', 'root')).toString('hex');
    expect(await bytes()).not.toBe(await bytes());
  });
});
