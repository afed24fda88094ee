/** What vendors ask before they send, and what they are answered; and that nobody else learns or signs anything by it. */
import { createHmac } from 'node:crypto';
import { describe, expect } from 'vitest';
import { it } from './fixtures.ts';
import { Client, errorsOf, hubOf, root } from './security-support.ts';
import { journalOf } from './support.ts';

const SECRET = 'the-secret-of-the-source';
const SCRIPT = '<script>alert(1)</script>';
const stranger = new Client(undefined);

function hmac(signed: string): string {
  return createHmac('sha256', SECRET).update(signed).digest('hex');
}

async function makes(kind: string, settings: object = {}): Promise<void> {
  await root.writes('sys/events/sources/from', { kind, secrets: [SECRET], ...settings });
}

function ask(method: string, query = '', init: RequestInit = {}, name = 'from'): Promise<Response> {
  return stranger.fetch(`sys/events/in/${name}${query}`, { method, ...init });
}

interface Question {
  readonly kind: string;
  readonly settings?: object;
  readonly method: string;
  readonly query?: string;
  readonly init?: RequestInit;
  readonly answer: string;
  readonly type?: string;
}

const QUESTIONS: Readonly<Record<string, Question>> = {
  Meta: {
    kind: 'meta',
    settings: { verify_token: 'meatyhamhock' },
    method: 'GET',
    query: `?hub.mode=subscribe&hub.challenge=${encodeURIComponent(SCRIPT)}&hub.verify_token=meatyhamhock`,
    answer: SCRIPT,
    type: 'text/plain; charset=utf-8',
  },
  Dropbox: {
    kind: 'dropbox',
    method: 'GET',
    query: `?challenge=${encodeURIComponent(SCRIPT)}`,
    answer: SCRIPT,
    type: 'text/plain; charset=utf-8',
  },
  Okta: {
    kind: 'okta',
    method: 'GET',
    init: { headers: { 'X-Okta-Verification-Challenge': SCRIPT } },
    answer: JSON.stringify({ verification: SCRIPT }),
    type: 'application/json; charset=utf-8',
  },
  'Microsoft Graph': {
    kind: 'microsoft-graph',
    method: 'POST',
    query: `?validationToken=${encodeURIComponent(`Validation: ${SCRIPT}`)}`,
    answer: `Validation: ${SCRIPT}`,
    type: 'text/plain; charset=utf-8',
  },
  Smartsheet: {
    kind: 'smartsheet',
    method: 'POST',
    init: {
      headers: { 'Smartsheet-Hook-Challenge': SCRIPT },
      body: JSON.stringify({ challenge: SCRIPT, webhookId: 7 }),
    },
    answer: JSON.stringify({ smartsheetHookResponse: SCRIPT }),
    type: 'application/json; charset=utf-8',
  },
  WooCommerce: {
    kind: 'woocommerce',
    method: 'POST',
    init: {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'webhook_id=7',
    },
    answer: '',
  },
  'Slack, of the certificate': {
    kind: 'slack',
    method: 'GET',
    query: '?ssl_check=1&token=x',
    answer: '',
  },
};

describe.each(Object.entries(QUESTIONS))('the question of %s', (_vendor, question) => {
  const { kind, settings, method, query, init, answer, type } = question;

  it('is answered by a source of its kind, and is no page', async () => {
    await makes(kind, settings);
    const response = await ask(method, query, init);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(answer);
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(response.headers.get('Content-Type')).toBe(type ?? null);
  });

  it('is answered by no source of another kind', async () => {
    await makes('github');
    const response = await ask(method, query, init);
    expect([401, 405]).toContain(response.status);
    expect(await response.text()).not.toContain(SCRIPT);
  });

  it('is answered at no address that nobody has made', async () => {
    expect((await ask(method, query, init, 'nobody')).status).toBe(404);
  });
});

describe('a HEAD, by which Trello, Intercom and others ask', () => {
  it.each([
    ['trello', {}],
    ['hmac', { signature: { header: 'X-Hub-Signature', prefix: 'sha1=', algorithm: 'sha1' } }],
    ['vault-audit', {}],
  ])('is answered by kind %s, and by no address that nobody has made', async (kind, settings) => {
    await makes(kind, settings);
    const response = await ask('HEAD');
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect((await ask('HEAD', '', {}, 'nobody')).status).toBe(404);
  });
});

describe('the question of Meta', () => {
  it.each([
    ['with another verify token', { verify_token: 'other' }],
    ['of a source without one', {}],
  ])('is not answered %s', async (_how, settings) => {
    await makes('meta', settings);
    const response = await ask('GET', QUESTIONS.Meta?.query);
    expect(response.status).toBe(405);
    expect(await errorsOf(response)).toContain('receives what a source sends, by POST');
  });
});

describe('the question of Zoom', () => {
  const BODY =
    '{"event":"endpoint.url_validation","payload":{"plainToken":"q9ibPhGeRZ6ayx5WTrXjRw"}}';
  const HMAC = {
    signature: {
      header: 'x-zm-signature',
      prefix: 'v0=',
      timestamp_header: 'x-zm-request-timestamp',
      signed: 'v0:{timestamp}:{body}',
    },
  };
  const signed = () => {
    const now = Math.floor(Date.now() / 1000);
    return {
      'x-zm-request-timestamp': String(now),
      'x-zm-signature': `v0=${hmac(`v0:${now}:${BODY}`)}`,
    };
  };

  it.each([
    ['zoom', {}],
    ['hmac', HMAC],
  ])('is answered by kind %s, and is no event', async (kind, settings) => {
    await makes(kind, settings);
    const response = await ask('POST', '', { headers: signed(), body: BODY });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      plainToken: 'q9ibPhGeRZ6ayx5WTrXjRw',
      encryptedToken: hmac('q9ibPhGeRZ6ayx5WTrXjRw'),
    });
    expect(await journalOf(hubOf('zoom/x'))).toEqual([]);
    expect(await journalOf(hubOf('from/x'))).toEqual([]);
  });

  it('is answered to nobody who has not signed it: the answer would sign what they choose', async () => {
    await makes('zoom');
    const forged = { ...signed(), 'x-zm-signature': `v0=${hmac('x')}` };
    for (const headers of [{}, forged]) {
      const response = await ask('POST', '', { headers, body: BODY });
      expect(response.status).toBe(401);
      expect(await response.text()).not.toContain(hmac('q9ibPhGeRZ6ayx5WTrXjRw'));
    }
  });

  it('shows no such signature to whoever may try samples', async () => {
    await makes('zoom');
    const { data } = await root.writes('sys/events/sources/from/test', {
      headers: signed(),
      body: BODY,
    });
    expect(JSON.stringify(data)).toContain('q9ibPhGeRZ6ayx5WTrXjRw');
    expect(JSON.stringify(data)).not.toContain(hmac('q9ibPhGeRZ6ayx5WTrXjRw'));
  });

  it('is an event of a source that is signed in another way', async () => {
    await makes('hmac', { signature: { header: 'X-Sig' } });
    const response = await ask('POST', '', { headers: { 'X-Sig': hmac(BODY) }, body: BODY });
    expect(await response.json()).toMatchObject({ data: { accepted: 1 } });
  });
});

it('the question of Twitch is answered with its challenge, once its signature is right', async () => {
  await makes('twitch');
  const body = '{"challenge":"pogchamp-kappa-360noscope","subscription":{"type":"channel.follow"}}';
  const now = new Date().toISOString();
  const headers = {
    'Twitch-Eventsub-Message-Id': 'm1',
    'Twitch-Eventsub-Message-Timestamp': now,
    'Twitch-Eventsub-Message-Signature': `sha256=${hmac(`m1${now}${body}`)}`,
  };
  const response = await ask('POST', '', { headers, body });
  expect(response.headers.get('Content-Type')).toBe('text/plain; charset=utf-8');
  expect(await response.text()).toBe('pogchamp-kappa-360noscope');
  const forged = { ...headers, 'Twitch-Eventsub-Message-Id': 'm2' };
  expect((await ask('POST', '', { headers: forged, body })).status).toBe(401);
  expect(await journalOf(hubOf('twitch/x'))).toEqual([]);
});

describe('an accepted delivery', () => {
  it('of a Slack modal is answered with nothing: Slack would take a body for an order', async () => {
    await makes('slack');
    const body = `payload=${encodeURIComponent('{"type":"view_submission","team":{"id":"T1"},"trigger_id":"1"}')}`;
    const now = Math.floor(Date.now() / 1000);
    const response = await ask('POST', '', {
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        'X-Slack-Request-Timestamp': String(now),
        'X-Slack-Signature': `v0=${hmac(`v0:${now}:${body}`)}`,
      },
      body,
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBeNull();
    expect(await response.text()).toBe('');
    expect(await journalOf(hubOf('slack/x'))).toHaveLength(1);
  });

  it('of Twilio is answered with what does nothing, signed at the address that Twilio calls', async () => {
    const url = 'https://hooks.example.com/twilio';
    await makes('twilio', { url });
    const signature = createHmac('sha1', SECRET)
      .update(`${url}?a=1MessageSidSM1MessageStatussent`)
      .digest('base64');
    const response = await ask('POST', '?a=1', {
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        'X-Twilio-Signature': signature,
        'X-Forwarded-Host': 'elsewhere.example.com',
      },
      body: 'MessageSid=SM1&MessageStatus=sent',
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('text/xml; charset=utf-8');
    expect(await response.text()).toBe('<Response/>');
  });

  it('of a list without members is answered like any other', async () => {
    await makes('meta');
    const body = '{"object":"page","entry":[]}';
    const response = await ask('POST', '', {
      headers: { 'X-Hub-Signature-256': `sha256=${hmac(body)}` },
      body,
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });
});

describe('each change that Dropbox tells with the same bytes', () => {
  it('is an event of its own', async () => {
    await makes('dropbox');
    const body = '{"list_folder":{"accounts":["dbid:A","dbid:B"]}}';
    for (let times = 0; times < 2; times++) {
      const response = await ask('POST', '', {
        headers: { 'X-Dropbox-Signature': hmac(body) },
        body,
      });
      expect(response.status).toBe(200);
    }
    expect(await journalOf(hubOf('dropbox/x'))).toHaveLength(4);
  });
});

describe('a setting that only some kinds have', () => {
  it.each([
    ['meta', { verify_token: 'x y' }, 'verify_token is "x y"; it must be printable ASCII'],
    ['meta', { verify_token: 7 }, 'verify_token must be a string, not a number'],
    ['meta', { url: 'https://x' }, 'unknown key "url"'],
    ['twilio', { url: 'ftp://x' }, 'url is "ftp://x"; it must be an http or https address'],
    ['twilio', { url: 'https://x/?a' }, 'it must be an http or https address without a query'],
    ['twilio', { url: `https://x/${'x'.repeat(2048)}` }, 'at most 2048 are allowed'],
  ])('of kind %s is refused: %j', async (kind, settings, message) => {
    const response = await root.post('sys/events/sources/from', {
      kind,
      secrets: [SECRET],
      ...settings,
    });
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toContain(message);
  });

  it('is shown as it was written', async () => {
    await makes('twilio', { url: 'https://hooks.example.com/twilio' });
    expect((await root.reads('sys/events/sources/from')).data).toMatchObject({
      url: 'https://hooks.example.com/twilio',
    });
  });
});

describe('an id that no event can have', () => {
  it('is replaced by one of its own, the same each time', async () => {
    await makes('hmac', { signature: { header: 'X-Sig' }, mapping: { id: '{/id}' } });
    const sent = async (id: string) => {
      const body = JSON.stringify({ id });
      const response = await ask('POST', '', { headers: { 'X-Sig': hmac(body) }, body });
      return ((await response.json()) as { data: { accepted: number; ids: string[] } }).data;
    };
    for (const id of ['earliest', 'cc2.x', '2026-11-29', '-15m', ' x', 'x'.repeat(1000)]) {
      const first = await sent(id);
      expect(first).toMatchObject({ accepted: 1, ids: [expect.stringMatching(/^[0-9a-f-]{36}$/)] });
      expect(await sent(id)).toMatchObject({ accepted: 0, ids: first.ids });
    }
  });
});
