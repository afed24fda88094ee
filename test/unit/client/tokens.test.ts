import { describe, expect, it, vi } from 'vitest';
import { accepted, brokenOff, revoked, subscribed, take } from './support/subscription.ts';

/** Gives these tokens, one a call, and the last for ever. */
function tokens(...list: string[]) {
  return vi.fn(async () => (list.length > 1 ? list.shift() : list[0]) as string);
}

describe('a token that is a function', () => {
  it('is asked at each connect', async () => {
    const token = tokens('first', 'second');
    const { platform, subscription } = subscribed({ token });
    void subscription.opened();
    await brokenOff(platform, 1);
    await platform.socket(2);
    expect(platform.requests.map(({ headers }) => headers['X-Vault-Token'])).toEqual([
      'first',
      'second',
    ]);
  });

  it('is asked for another when one was revoked', async () => {
    const { platform, subscription } = subscribed({ token: tokens('first', 'second') });
    const taking = take(subscription, 1);
    await revoked(platform, 1);
    await platform.elapse(250);
    (await accepted(platform, 2)).events(1);
    expect(await taking).toEqual(['event-1']);
  });

  it('ends it by giving the revoked one again', async () => {
    const { platform, subscription } = subscribed({ token: tokens('same') });
    const taking = take(subscription, 1);
    await revoked(platform, 1);
    await Promise.all([
      expect(taking).rejects.toMatchObject({ code: 'revoked' }),
      platform.elapse(250),
    ]);
    expect(platform.requests).toHaveLength(1);
  });

  it('is asked for another when one was refused, and for no third', async () => {
    const token = tokens('first', 'second', 'third');
    const { platform, subscription } = subscribed({ token });
    platform.answers({ status: 403 }, { status: 403 });
    await Promise.all([
      expect(take(subscription, 1)).rejects.toMatchObject({ code: 'forbidden', status: 403 }),
      platform.elapse(250),
    ]);
    expect(token).toHaveBeenCalledTimes(2);
  });

  it('is asked for another each time that one ends, as long as the others are good', async () => {
    const token = tokens('first', 'second', 'second', 'third');
    const { platform, subscription } = subscribed({ token });
    void subscription.opened();
    await revoked(platform, 1);
    await platform.elapse(250);
    const second = await accepted(platform, 2);
    second.end(1006);
    platform.answers({ status: 403 });
    await platform.elapse(500);
    await platform.elapse(1000);
    (await platform.socket(3)).greet();
    const shown = platform.requests.map(({ headers }) => headers['X-Vault-Token']);
    expect(shown).toEqual(['first', 'second', 'second', 'third']);
  });

  it('that throws ends it with what it threw', async () => {
    const error = new Error('the login failed');
    const { subscription } = subscribed({ token: () => Promise.reject(error) });
    await expect(take(subscription, 1)).rejects.toBe(error);
  });

  it('may give nothing that no header can carry', async () => {
    const { platform, subscription } = subscribed({ token: () => 'a\nb' });
    await expect(take(subscription, 1)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.not.stringContaining('a\nb'),
    });
    expect(platform.requests).toEqual([]);
  });
});

it('a token that was revoked and is no function ends it', async () => {
  const { platform, subscription } = subscribed({ token: 'fixed' });
  const taking = take(subscription, 1);
  await revoked(platform, 1);
  await expect(taking).rejects.toMatchObject({ code: 'revoked' });
});

it('a url that is a function is asked at each connect', async () => {
  const urls = ['https://a.test', 'https://b.test/base/'];
  const { platform, subscription } = subscribed({ url: () => urls.shift() as string });
  void subscription.opened();
  await brokenOff(platform, 1);
  const { url } = await platform.socket(2);
  expect(url.origin + url.pathname).toBe('wss://b.test/base/v1/sys/events/subscribe/kv*');
});
