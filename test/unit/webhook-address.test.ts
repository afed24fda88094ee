import { describe, expect, it } from 'vitest';
import { checkWebhookUrl, isOwnAddress } from '../../src/outbound/webhook/address.ts';
import { agree, type HandshakeFetch } from '../../src/outbound/webhook/handshake.ts';
import { lookUpName, privateAddressIn } from '../../src/outbound/webhook/name-lookup.ts';
import { readStart } from '../../src/outbound/webhook/read-start.ts';
import { accepted, failureOf } from './support/result.ts';

const DEPLOYED = { allowLoopbackHttp: false };
const LOCAL = { allowLoopbackHttp: true };

describe('the address of a webhook', () => {
  it.each([
    'https://hooks.example.com/in?x=1',
    'https://example.com:8443',
    'https://93.184.216.34/',
    'https://[2606:2800:220:1::1]/',
    'https://xn--bcher-kva.example/',
  ])('may be %s', (url) => {
    accepted(checkWebhookUrl(url, DEPLOYED));
  });

  it.each([
    ['http://example.com', 'must begin with "https://"'],
    ['ftp://example.com', 'must begin with "https://"'],
    ['https://user:pw@example.com', 'credentials'],
    ['https://example.com/#a', 'fragment'],
    ['https://127.0.0.1', 'private network'],
    ['https://0x7f.1', 'private network'],
    ['https://2130706433', 'private network'],
    ['https://0177.0.0.1', 'private network'],
    ['https://10.1.2.3', 'private network'],
    ['https://192.168.0.1', 'private network'],
    ['https://172.16.0.1', 'private network'],
    ['https://100.64.0.1', 'private network'],
    ['https://169.254.169.254/latest/meta-data', 'private network'],
    ['https://[::1]', 'private network'],
    ['https://[::ffff:10.0.0.1]', 'private network'],
    ['https://[fd00:ec2::254]', 'private network'],
    ['https://[fe80::1]', 'private network'],
    ['https://[64:ff9b::a00:1]', 'private network'],
    ['https://localhost', 'private network'],
    ['https://LOCALHOST.', 'private network'],
    ['https://a.localhost', 'private network'],
    ['https://metadata.google.internal', 'no public name'],
    ['https://printer.local', 'no public name'],
    ['https://router.home.arpa.', 'no public name'],
    ['https://intranet', 'no public name'],
    ['https://localhost.', 'private network'],
    ['https://exam ple.com', 'is not a URL'],
    ['https:\\\\example.com', 'is not a URL'],
    [`https://example.com/${'a'.repeat(2048)}`, 'characters'],
  ])('may not be %s', (url, says) => {
    expect(failureOf(checkWebhookUrl(url, DEPLOYED)).message).toContain(says);
  });

  it('may be of this machine where the operator has said so', () => {
    for (const url of ['http://127.0.0.1:9000', 'http://localhost:9000/a', 'http://[::1]:9000']) {
      accepted(checkWebhookUrl(url, LOCAL));
      expect(failureOf(checkWebhookUrl(url, DEPLOYED)).message).toContain('--allow-loopback-http');
    }
    failureOf(checkWebhookUrl('http://10.0.0.1', LOCAL));
    failureOf(checkWebhookUrl('http://example.com', LOCAL));
  });

  it.each([
    ['https://carillon.example.com/v1/x', 'https://carillon.example.com/v1/y'],
    ['https://CARILLON.example.com./', 'https://carillon.example.com/v1/y'],
    ['https://carillon.example.com:443/', 'https://carillon.example.com/'],
    ['http://127.0.0.1:8200/', 'http://localhost:8200/'],
    ['http://[::1]:8200/', 'http://127.0.0.1:8200/'],
  ])('%s is that of the server %s', (url, own) => {
    expect(isOwnAddress(url, own)).toBe(true);
  });

  it.each([
    ['https://hooks.example.com/', 'https://carillon.example.com/'],
    ['https://carillon.example.com:8443/', 'https://carillon.example.com/'],
    ['http://127.0.0.1:9000/', 'http://127.0.0.1:8200/'],
  ])('%s is not that of the server %s', (url, own) => {
    expect(isOwnAddress(url, own)).toBe(false);
  });
});

describe('looking up a name', () => {
  function resolver(answers: Record<string, unknown>) {
    return async (url: string) => {
      const { searchParams } = new URL(url);
      const answer = answers[searchParams.get('type') ?? ''];
      return answer === undefined ? new Response(null, { status: 502 }) : Response.json(answer);
    };
  }
  const record = (type: number, data: string) => ({ name: 'a', type, TTL: 1, data });

  it('finds the addresses of both kinds, behind other names', async () => {
    const answer = await lookUpName(
      'a.example',
      resolver({
        A: { Status: 0, Answer: [record(5, 'b.example.'), record(1, '93.184.216.34')] },
        AAAA: { Status: 0, Answer: [record(28, 'FD00::1')] },
      }),
    );
    expect(answer).toEqual(['93.184.216.34', '[fd00::1]']);
    expect(privateAddressIn(answer as string[])).toBe('[fd00::1]');
    expect(privateAddressIn(['93.184.216.34'])).toBeUndefined();
    expect(privateAddressIn(['[::ffff:127.0.0.1]'])).toBe('[::ffff:127.0.0.1]');
  });

  it.each<[string, Record<string, unknown>]>([
    ['one kind cannot be asked', { A: { Answer: [] } }],
    ['nothing can be asked', {}],
    ['the answer is no object', { A: [], AAAA: 'x' }],
  ])('is unknown if %s', async (_, answers) => {
    expect(await lookUpName('a.example', resolver(answers))).toBe('unknown');
  });

  it('ignores records that are none', async () => {
    const odd = { Answer: [null, 1, { type: 1 }, { type: 1, data: 7 }, { data: '10.0.0.1' }] };
    expect(await lookUpName('a.example', resolver({ A: odd, AAAA: {} }))).toEqual([]);
  });

  it('is unknown if the resolver fails, or answers too much', async () => {
    expect(await lookUpName('a', () => Promise.reject(new Error('offline')))).toBe('unknown');
    const long = `{"Answer": [${' '.repeat(20_000)}]}`;
    expect(await lookUpName('a', async () => new Response(long))).toBe('unknown');
  });
});

describe('the handshake of CloudEvents', () => {
  const target = { url: 'https://hooks.example.com/in', headers: { Authorization: 'Bearer a' } };

  function receiver(status: number, headers: Record<string, string>) {
    const requests: [string, RequestInit][] = [];
    const fetch: HandshakeFetch = async (url, init) => {
      requests.push([url, init as RequestInit]);
      return new Response(null, { status, headers });
    };
    return { requests, agreed: agree(target, 'carillon.example.com', fetch) };
  }

  it('asks with OPTIONS, and the headers of the operator', async () => {
    const { requests, agreed } = receiver(200, {
      'WebHook-Allowed-Origin': 'Carillon.example.com',
      'WebHook-Allowed-Rate': '120',
    });
    expect(accepted(await agreed)).toEqual({ origin: 'carillon.example.com', paceMs: 500 });
    expect(requests).toMatchObject([
      [
        target.url,
        {
          method: 'OPTIONS',
          redirect: 'manual',
          headers: { Authorization: 'Bearer a', 'WebHook-Request-Origin': 'carillon.example.com' },
        },
      ],
    ]);
  });

  it.each([
    ['*', undefined, 0],
    ['*', '*', 0],
    ['*', '7', 8572],
    ['*', '1', 60_000],
  ])('with the answer %j and the rate %j waits %s ms', async (origin, rate, paceMs) => {
    const { agreed } = receiver(204, {
      'WebHook-Allowed-Origin': origin,
      ...(rate && { 'WebHook-Allowed-Rate': rate }),
    });
    expect(accepted(await agreed).paceMs).toBe(paceMs);
  });

  it.each<[number, Record<string, string>, string]>([
    [200, {}, 'no header WebHook-Allowed-Origin'],
    [405, { 'WebHook-Allowed-Origin': '*' }, 'it answered 405'],
    [307, { 'WebHook-Allowed-Origin': '*' }, 'it answered 307'],
    [200, { 'WebHook-Allowed-Origin': 'other.example.com' }, 'it allows "other.example.com"'],
    [200, { 'WebHook-Allowed-Origin': '*', 'WebHook-Allowed-Rate': '0' }, 'is "0", neither'],
    [200, { 'WebHook-Allowed-Origin': '*', 'WebHook-Allowed-Rate': '1.5' }, 'is "1.5", neither'],
  ])('with the answer %s %j is not agreed', async (status, headers, says) => {
    const { message } = failureOf(await receiver(status, headers).agreed);
    expect(message).toContain(says);
    expect(message).toContain('or set handshake to "off"');
  });

  it('without an answer is not agreed', async () => {
    const failing = agree(target, 'a', () => Promise.reject(new Error('reset')));
    expect(failureOf(await failing).message).toContain('did not answer within 5 s, or not at all');
  });
});

describe('the beginning of a body', () => {
  const chunks = (...texts: string[]) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const text of texts) controller.enqueue(Buffer.from(text));
        controller.close();
      },
    });

  it('is read, and no more', async () => {
    expect(Buffer.from(await readStart(chunks('ab', 'cd', 'ef'), 3)).toString()).toBe('abc');
    expect(Buffer.from(await readStart(chunks('ab'), 3)).toString()).toBe('ab');
    expect(await readStart(null, 3)).toEqual(new Uint8Array());
  });

  it('ends an endless body', async () => {
    let isCancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Buffer.alloc(100, 'a')),
      cancel: () => {
        isCancelled = true;
      },
    });
    expect((await readStart(endless, 1024)).length).toBe(1024);
    expect(isCancelled).toBe(true);
  });

  it('counts if the body breaks off', async () => {
    let pulls = 0;
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (pulls++ === 0) controller.enqueue(Buffer.from('busy'));
        else controller.error(new Error('reset'));
      },
    });
    expect(Buffer.from(await readStart(broken, 100)).toString()).toBe('busy');
  });
});
