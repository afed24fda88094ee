import { env } from 'cloudflare:workers';
import { describe, expect, inject } from 'vitest';
import type { Agreement } from '../../../src/destination/agreement.ts';
import type { Format } from '../../../src/destination/settings.ts';
import { type TargetParts, targetOf } from '../../../src/push/targets/target-of.ts';
import { failureOf } from '../../unit/support/result.ts';
import { it } from '../fixtures.ts';
import { anEvent, aTarget, batchOf, SECRET, settingsWith } from './support.ts';

const PRIVATE = 'whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=';
const LOCAL = { ...env, ALLOW_LOOPBACK_HTTP: 'true' };

function webhook(path: string, headers: Record<string, string> = {}) {
  const url = `${inject('receivers')}${path}`;
  return { target: { type: 'webhook', url, headers, handshake: 'off' } } as const;
}

function send(path: string, parts: Partial<TargetParts> = {}) {
  const target = aTarget({ ...webhook(path), batchMaxEvents: 1 }, { env: LOCAL, ...parts });
  return target.send(batchOf('hook', anEvent('e1')));
}

describe('the outcome of a webhook', () => {
  it.each([
    ['/accepts', { result: 'delivered', status: 200, answer: 'ok' }],
    ['/empty', { result: 'delivered', status: 204, answer: '' }],
    ['/gone', { result: 'gone', status: 410 }],
    ['/too-large', { result: 'too_large', status: 413 }],
    ['/busy', { result: 'failed', status: 429, answer: 'busy', retryAfterMs: 30_000 }],
    ['/odd-wait', { result: 'failed', status: 503, retryAfterMs: undefined }],
    ['/early-hints', { result: 'delivered', status: 200, answer: 'ok' }],
  ])('of %s', async (path, outcome) => {
    expect(await send(path)).toMatchObject(outcome);
  });

  it('of a redirect is a failure, and it is not followed', async () => {
    expect(await send('/redirects')).toMatchObject({
      result: 'failed',
      status: 307,
      answer: expect.stringContaining('redirects are not followed'),
    });
  });

  it.each([
    ['/short', { result: 'delivered', status: 200 }],
    ['/short-failure', { result: 'failed', status: 500 }],
    ['/long', { result: 'delivered', status: 200 }],
    ['/bad-header', { result: 'failed', status: 500, answer: 'no' }],
  ])('of %s is that of its status', async (path, outcome) => {
    expect(await send(path)).toMatchObject(outcome);
  });

  it.each(['/nul-header', '/bad-length', '/bad-status', '/no-http', '/nothing', '/resets'])(
    'of %s, which is no answer, is a failure without a status',
    async (path) => {
      const outcome = await send(path);
      expect(outcome.result).toBe('failed');
      expect(outcome.status).toBeUndefined();
      expect(outcome.answer).toContain('no answer');
    },
  );

  it('of an endless answer is known at once, with its beginning', async () => {
    const { result, status, answer } = await send('/endless');
    expect({ result, status, answer }).toEqual({
      result: 'failed',
      status: 500,
      answer: 'a'.repeat(256),
    });
  });

  it('of a receiver that hangs is a failure after the time for an attempt', async () => {
    expect(await send('/hangs', { timeoutMs: 300 })).toEqual({
      result: 'failed',
      answer: 'no answer within 0.3 s',
    });
    expect(await send('/hangs-after-status', { timeoutMs: 300 })).toMatchObject({
      result: 'delivered',
      status: 200,
      answer: 'ok',
    });
  });

  it('of an attempt that is ended is a failure', async () => {
    const end = new AbortController();
    const target = aTarget({ ...webhook('/hangs'), batchMaxEvents: 1 }, { env: LOCAL });
    const sent = target.send(batchOf('hook', anEvent('e1')), end.signal);
    end.abort();
    expect(await sent).toEqual({ result: 'failed', answer: 'the attempt was ended' });
  });

  it('of a port where nobody listens is a failure', async () => {
    const closed = { url: 'http://127.0.0.1:1/', headers: {}, handshake: 'off' } as const;
    const target = aTarget({ target: { type: 'webhook', ...closed } }, { env: LOCAL });
    expect(await target.send(batchOf('hook', anEvent('e1')))).toMatchObject({ result: 'failed' });
  });
});

describe('the request of a webhook', () => {
  async function request(
    format: Format,
    parts: Partial<TargetParts> & { readonly headers?: Record<string, string> } = {},
  ) {
    const { headers = {}, ...rest } = parts;
    const target = aTarget(
      { ...webhook('/echoes', headers), format, batchMaxEvents: 1 },
      { env: LOCAL, ...rest },
    );
    const asked: Request[] = [];
    const { fetch } = globalThis;
    globalThis.fetch = async (input, init) => {
      asked.push(new Request(input as string, init));
      return fetch(input, init);
    };
    try {
      await target.send(batchOf('hook', anEvent('e1', { metadata: { carillon_hops: '1' } })));
    } finally {
      globalThis.fetch = fetch;
    }
    const [sent] = asked;
    if (sent === undefined) throw new Error('nothing was sent');
    return { headers: sent.headers, body: await sent.text(), method: sent.method };
  }

  it('is signed with each secret, and says how often its events were sent on', async () => {
    const { headers, body, method } = await request('cloudevents-structured', {
      secrets: [SECRET, PRIVATE],
      headers: { Authorization: 'Bearer abc' },
    });
    expect(method).toBe('POST');
    expect(headers.get('content-type')).toBe('application/cloudevents+json');
    expect(headers.get('webhook-id')).toBe('batch_1');
    expect(headers.get('webhook-timestamp')).toMatch(/^\d{10}$/);
    expect(headers.get('webhook-signature')).toMatch(/^v1,\S{44} v1a,\S{88}$/);
    expect(headers.get('carillon-hops')).toBe('2');
    expect(headers.get('user-agent')).toMatch(/^carillon\/\d/);
    expect(headers.get('authorization')).toBe('Bearer abc');
    expect(headers.has('webhook-request-origin')).toBe(false);
    expect(JSON.parse(body)).toMatchObject({ id: 'e1', type: 'deploy/finished' });
  });

  it('has attributes in headers in binary mode, and the origin that the receiver allowed', async () => {
    const agreement: Agreement = { origin: 'carillon.example.com', paceMs: 0 };
    const { headers } = await request('cloudevents-binary', { agreement });
    expect(headers.get('ce-id')).toBe('e1');
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('webhook-request-origin')).toBe('carillon.example.com');
  });
});

describe('a webhook whose address is not allowed any more', () => {
  it.each(['http://127.0.0.1:9/', 'https://10.0.0.1/', 'https://metadata.google.internal/'])(
    '%s is not called',
    async (url) => {
      const target = { type: 'webhook', url, headers: {}, handshake: 'off' } as const;
      const outcome = await aTarget({ target }).send(batchOf('hook', anEvent('e1')));
      expect(outcome.result).toBe('failed');
      expect(outcome.answer).toMatch(/^the url (must begin with|is an address|has a host)/);
    },
  );

  it('or that has no secret cannot be made', () => {
    const settings = settingsWith(webhook('/accepts'));
    const made = targetOf({ env, settings, secrets: [], namespace: '' });
    expect(failureOf(made).message).toContain('no secret');
  });
});
