/** Pushes of Google Cloud Pub/Sub, which prove themselves by a token of Google. Keys come from a real server. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readDelivery } from '../../src/ingest/webhooks/read-delivery.ts';
import { checkSettings } from '../../src/ingest/webhooks/settings/settings.ts';
import { compileSource } from '../../src/ingest/webhooks/source.ts';
import { GOOGLE_PUSH_TOKEN } from '../../src/ingest/webhooks/verifiers/push-token.ts';
import { prove } from '../../src/ingest/webhooks/verifiers/verifier.ts';
import { MAX_SOURCE_FETCHES } from '../../src/outbound/limits.ts';
import { vendorClients } from '../../src/outbound/vendor-client.ts';
import { anIssuer, type Issuer, SECONDS } from './support/issuer.ts';
import { accepted, failureOf } from './support/result.ts';
import { conditionsAt, sentWith } from './support/sent.ts';

const ACCOUNT = 'push@acme.iam.gserviceaccount.com';
const OPTIONS = { audience: 'https://events.example.com', service_account: ACCOUNT };
const CLAIMS = {
  iss: 'https://accounts.google.com',
  aud: OPTIONS.audience,
  email: ACCOUNT,
  email_verified: true,
  iat: SECONDS,
  exp: SECONDS + 3600,
};

let google: Issuer;
beforeAll(async () => {
  google = await anIssuer('RS256', 'a-key');
});

/** Fetches from a server on this machine, whatever address it is asked for. */
async function vendorWith(answer: (path: string) => string | undefined) {
  const server = createServer((request, response) => {
    const text = answer(request.url ?? '');
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const asked: string[] = [];
  const vendorClientFor = vendorClients({
    allowLoopbackHttp: false,
    fetch: (url, init) => {
      asked.push(url);
      return fetch(`${base}${new URL(url).pathname}`, init);
    },
  });
  return { vendor: vendorClientFor('one'), vendorClientFor, asked };
}

async function check(token: string | undefined) {
  const keys = JSON.stringify({ keys: [google.jwk] });
  const { vendor, asked } = await vendorWith((path) =>
    path === '/oauth2/v3/certs' ? keys : undefined,
  );
  const sent = sentWith({}, '{}', { token });
  const conditions = conditionsAt(SECONDS, { options: OPTIONS, vendorKeys: vendor });
  return { proof: await prove([GOOGLE_PUSH_TOKEN], sent, [], conditions), asked };
}

describe('a push of Google Cloud', () => {
  it('is believed by a token of its service account for its audience', async () => {
    const { proof, asked } = await check(await google.sign(CLAIMS));
    expect(proof).toEqual({ ok: true, value: {} });
    expect(asked).toEqual(['https://www.googleapis.com/oauth2/v3/certs']);
  });

  it.each([
    [{ email: 'other@acme.iam.gserviceaccount.com' }, 'of another account'],
    [{ email_verified: false }, 'of another account'],
    [{ email_verified: 'true' }, 'of another account'],
    [{ aud: 'https://other.example.com' }, 'invalid audience (aud) claim'],
    [{ iss: 'https://evil.example.com' }, 'invalid issuer (iss) claim'],
    [{ iat: SECONDS - 7200, exp: SECONDS - 3600 }, 'token is expired'],
  ])('is not believed with the claims %j', async (claims, message) => {
    const { proof } = await check(await google.sign({ ...CLAIMS, ...claims }));
    expect(failureOf(proof).message).toContain(message);
  });

  it('is not believed by the key of somebody else, with or without its name', async () => {
    for (const name of ['a-key', undefined]) {
      const evil = await anIssuer('RS256', name);
      const { proof } = await check(await evil.sign(CLAIMS));
      expect(failureOf(proof).message).toContain('no known key successfully validated the token');
    }
  });

  it.each([undefined, 'x', 'a.b.c', 'ctk.abc'])(
    'is not believed by the token %j',
    async (token) => {
      const { proof, asked } = await check(token);
      expect(failureOf(proof).message).toEqual(expect.any(String));
      expect(asked).toEqual([]);
    },
  );
});

describe('a message of Pub/Sub', () => {
  const settings = accepted(checkSettings('from', { kind: 'google-pubsub', ...OPTIONS }));
  const source = accepted(compileSource('from', settings, []));
  const messageWith = (data: string, attributes: object = {}) => ({
    message: { data, attributes, messageId: '136969346945', publishTime: '2026-11-29T12:00:00Z' },
    subscription: 'projects/acme/subscriptions/orders',
  });
  const read = async (body: object) => {
    if (source.body !== 'document') throw new Error('it has documents');
    const reading = accepted(await readDelivery(source, sentWith({}, JSON.stringify(body)), {}));
    return reading.kind === 'events' ? reading.events : [];
  };

  it('is an event with its data, read', async () => {
    const data = Buffer.from('{"order":7}').toString('base64');
    expect(await read(messageWith(data, { eventType: 'OBJECT_FINALIZE' }))).toMatchObject([
      {
        body: {
          event_type: 'google-pubsub/OBJECT_FINALIZE',
          id: '136969346945',
          time: '2026-11-29T12:00:00Z',
          metadata: {
            path: 'google-pubsub/projects/acme/subscriptions/orders',
            data: { order: 7 },
          },
        },
      },
    ]);
  });

  it('may carry text, or bytes that are none', async () => {
    const text = Buffer.from('hello').toString('base64');
    expect(await read(messageWith(text))).toMatchObject([
      { body: { metadata: { data: 'hello' } } },
    ]);
    const [bytes] = await read(messageWith('//4='));
    expect(bytes?.body).toMatchObject({
      event_type: 'google-pubsub/message',
      id: '136969346945',
      metadata: { data_base64: '//4=' },
    });
    expect(bytes?.body.metadata).not.toHaveProperty('data');
  });
});

describe('the certificates of vendors', () => {
  it('are fetched once, and no more at a time than are allowed: strangers name them', async () => {
    const { vendor, asked } = await vendorWith(() => undefined);
    const url = (index: number) => `https://sns.us-east-1.amazonaws.com/${index}.pem`;
    const answers = Array.from({ length: MAX_SOURCE_FETCHES + 5 }, (_, index) =>
      vendor.certificateKey(url(index)),
    );
    const failures = (await Promise.all(answers)).map((each) => failureOf(each).message);
    expect(asked).toHaveLength(MAX_SOURCE_FETCHES);
    expect(
      failures.filter((each) => /too much was fetched for this source/.test(each)),
    ).toHaveLength(5);
  });

  it('are fetched for each source by itself: an attack on one does not stop the others', async () => {
    const { vendorClientFor, asked } = await vendorWith(() => undefined);
    const url = 'https://sns.us-east-1.amazonaws.com/a.pem';
    for (let index = 0; index <= MAX_SOURCE_FETCHES; index++) {
      await vendorClientFor('attacked').certificateKey(url);
    }
    expect(failureOf(await vendorClientFor('attacked').certificateKey(url)).message).toMatch(
      /too much/,
    );
    expect(failureOf(await vendorClientFor('other').certificateKey(url)).message).toMatch(
      /it answered 404/,
    );
    expect(asked).toHaveLength(MAX_SOURCE_FETCHES + 1);
  });

  it('and confirmations have one bound: who has seen a confirmation can repeat it', async () => {
    const { vendor, asked } = await vendorWith(() => 'well');
    const answers: boolean[] = [];
    for (let index = 0; index < MAX_SOURCE_FETCHES + 2; index++) {
      answers.push(await vendor.visit('https://sns.us-east-1.amazonaws.com/?Token=1'));
    }
    expect(answers.filter((each) => each)).toHaveLength(MAX_SOURCE_FETCHES);
    expect(asked).toHaveLength(MAX_SOURCE_FETCHES);
  });

  it('are kept', async () => {
    const { readFileSync } = await import('node:fs');
    const pem = readFileSync(new URL('../fixtures/sns/certificate.pem', import.meta.url), 'utf8');
    const { vendor, asked } = await vendorWith(() => pem);
    const first = accepted(await vendor.certificateKey('https://sns.us-east-1.amazonaws.com/a'));
    expect(accepted(await vendor.certificateKey('https://sns.us-east-1.amazonaws.com/a'))).toBe(
      first,
    );
    expect(asked).toHaveLength(1);
  });
});
