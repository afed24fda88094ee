import { describe, expect, it } from 'vitest';
import { shownHeaders } from '../../src/destination/hidden-headers.ts';
import { checkWebhookHeaders } from '../../src/destination/webhook-headers.ts';
import { checkWebhookUrl } from '../../src/outbound/webhook/address.ts';
import { accepted, failureOf } from './support/result.ts';

describe('the headers that an operator adds to a webhook', () => {
  it.each([
    {},
    { Authorization: 'Bearer s.abc' },
    { 'X-Api-Key': 'a b~!' },
    { [`x-${'a'.repeat(90)}`]: 'b'.repeat(4000) },
  ])('may be %j', (headers) => {
    expect(accepted(checkWebhookHeaders(headers))).toEqual(headers);
  });

  it.each([
    'Host',
    'content-length',
    'Content-Type',
    'Transfer-Encoding',
    'Connection',
    'TE',
    'webhook-id',
    'WebHook-Request-Origin',
    'ce-id',
    'Carillon-Hops',
    'CF-Connecting-IP',
    'X-Forwarded-For',
    'Proxy-Authorization',
    'Cookie',
    'User-Agent',
    'Upgrade',
  ])('are not %s', (name) => {
    const { message } = failureOf(checkWebhookHeaders({ [name]: 'x' }));
    expect(message).toBe(
      `headers has ${JSON.stringify(name)}, which the server or the platform sets; leave it out`,
    );
  });

  it.each(['', 'a b', 'a:', 'ü', 'a\r\nb', 'a\0'])('have no name %j', (name) => {
    expect(failureOf(checkWebhookHeaders({ [name]: 'x' })).message).toContain(
      'which is not the name of a header',
    );
  });

  it.each(['', ' x', 'x ', 'a\r\nX-Other: b', 'ü', 'a\tb', 'a\0b', '\u{1f389}'])(
    'have no value %j, and the message does not show it',
    (value) => {
      const { message } = failureOf(checkWebhookHeaders({ 'X-A': value }));
      expect(message).toContain('printable ASCII');
      if (value.trim().length > 1) expect(message).not.toContain(value);
    },
  );

  it('are bounded in number and size, and each is given once', () => {
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`x-${index}`, 'a']));
    expect(failureOf(checkWebhookHeaders(many)).message).toContain('21 entries, at most 20');
    expect(failureOf(checkWebhookHeaders({ 'x-a': 'a'.repeat(4094) })).message).toContain(
      '4097 characters',
    );
    expect(failureOf(checkWebhookHeaders({ 'x-a': 'a', 'X-A': 'b' })).message).toContain('twice');
  });
});

describe('the value of a header is not shown', () => {
  it.each([
    'Authorization',
    'X-Api-Key',
    'X-Passphrase',
    'X-Credential',
    'X-Session-Id',
    'X-JWT',
    'X-Bearer',
    'X-Hmac',
  ])('if its name is %s', (name) => {
    expect(shownHeaders({ [name]: 'canary', 'X-Env': 'prod' })).toEqual({
      [name]: '(hidden)',
      'X-Env': 'prod',
    });
  });
});

describe('the url of a webhook', () => {
  it.each(['https://localhost../', 'https://a.localhost...', 'https://metadata.internal../'])(
    'is no private name with dots behind it: %s',
    (url) => {
      expect(checkWebhookUrl(url, { allowLoopbackHttp: false })).toMatchObject({ ok: false });
    },
  );
});
