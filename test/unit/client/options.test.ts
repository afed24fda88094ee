import { afterEach, describe, expect, it, vi } from 'vitest';
import { publish, type SubscribeOptions, subscribe } from '../../../src/client/index.ts';
import { SERVER } from './support/subscription.ts';

afterEach(() => vi.unstubAllGlobals());

describe('subscribe', () => {
  it.each<[string, object, string]>([
    ['', {}, 'the pattern is empty'],
    [' ', {}, 'the pattern is empty'],
    ['a/../b', {}, 'the pattern "a/../b" has a "." or ".." segment'],
    ['*', { url: 'localhost:8200' }, 'url is "localhost:8200"; give one such as'],
    ['*', { url: 'wss://carillon.test' }, 'url is "wss://carillon.test"; give one such as'],
    ['*', { url: 'https://user:secret@carillon.test' }, 'url has a user name or a password'],
    ['*', { token: '' }, 'token is empty'],
    ['*', { token: 'geheimnis ä' }, 'a character that no header can carry'],
    ['*', { token: undefined }, 'neither token nor ticket is given'],
    ['*', { ticket: 'ctt.x' }, 'both token and ticket are given; give a ticket in a page'],
    ['*', { namespace: 'a/..' }, 'namespace "a/.." has a "." or ".." segment'],
    ['*', { credit: 0 }, 'credit is 0; give a whole number from 1 to 10000'],
    ['*', { credit: 10_001 }, 'credit is 10001'],
    ['*', { credit: 1.5 }, 'credit is 1.5'],
    ['*', { timeout: 0 }, 'timeout is 0; give milliseconds from 1 to 2147483647'],
    ['*', { timeout: Number.POSITIVE_INFINITY }, 'timeout is Infinity'],
    ['*', { timeout: Number.NaN }, 'timeout is NaN'],
    ['*', { since: new Date('soon') }, 'since is an invalid Date'],
    ['*', { encoding: 'xml' }, 'encoding is "xml"; it must be "json" or "protobuf"'],
  ])('refuses %j with %j at once', (pattern, wrong, message) => {
    const error = vi.fn();
    try {
      subscribe(pattern, { ...SERVER, ...wrong } as SubscribeOptions);
    } catch (thrown) {
      error(thrown);
    }
    expect(error).toHaveBeenCalledWith(
      expect.objectContaining({ code: 'invalid', message: expect.stringContaining(message) }),
    );
  });

  it.each(['secret@', 'geheimnis'])('has no secret in what it says: %s', (secret) => {
    const url = `https://user:${secret.replace('@', '')}@carillon.test`;
    const token = `${secret} ä`;
    for (const wrong of [{ url }, { token }]) {
      expect(() => subscribe('*', { ...SERVER, ...wrong })).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(secret) }),
      );
    }
  });

  it.each<[string, unknown, string]>([
    ['an empty text', ' ', 'ticket is empty'],
    ['the page of a login', '<!doctype html><p>secret', 'ticket is HTML; is it a page to log in?'],
    [
      'an answer in JSON',
      '{"ticket":"ctt.secret"}',
      'ticket is JSON; give the value of its member',
    ],
    ['a quoted ticket', '"ctt.secret"', 'ticket is JSON'],
    ['a token', 'ctk.secret', 'ticket is no ticket, which begins with "ctt."; is it a token?'],
    ['a novel', `ctt.secret${'x'.repeat(2000)}`, 'ticket is 2010 characters long, at most 1024'],
    ['an object', { ticket: 'ctt.secret' }, 'ticket is no string but object'],
    ['nothing', null, 'ticket is no string but null'],
  ])('refuses %s as a ticket, and does not repeat it', (_what, ticket, message) => {
    const options = { url: SERVER.url, ticket } as SubscribeOptions;
    expect(() => subscribe('*', options)).toThrow(
      expect.objectContaining({
        code: 'invalid',
        message: expect.toSatisfy((text: string) => {
          return text.includes(message) && !text.includes('secret');
        }),
      }),
    );
  });

  it('says how to come by a WebSocket where the platform has none', () => {
    vi.stubGlobal('WebSocket', undefined);
    expect(() => subscribe('*', SERVER)).toThrow('`npm install ws`');
  });
});

it('publish has no use for a ticket, and says so', async () => {
  const options = { ...SERVER, ticket: 'ctt.x' } as unknown as typeof SERVER;
  await expect(publish({ eventType: 'a' }, options)).rejects.toMatchObject({
    code: 'invalid',
    message: 'a ticket only opens a subscription; give a token to publish',
  });
});
