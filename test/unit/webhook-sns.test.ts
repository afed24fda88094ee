/** Messages of Amazon SNS, signed by openssl (test/fixtures/sns/make.sh), and attacks on them. */
import { createSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ChallengeRequest } from '../../src/ingest/webhooks/challenges/challenge.ts';
import { snsConfirmation } from '../../src/ingest/webhooks/challenges/sns.ts';
import { checkSecrets } from '../../src/ingest/webhooks/settings/secrets.ts';
import { checkSettings } from '../../src/ingest/webhooks/settings/settings.ts';
import { KINDS } from '../../src/ingest/webhooks/vendors/all-kinds.ts';
import { SNS } from '../../src/ingest/webhooks/verifiers/sns.ts';
import { prove, type VendorKeys } from '../../src/ingest/webhooks/verifiers/verifier.ts';
import { publicKeyOfPem } from '../../src/lib/pem.ts';
import { accepted, failureOf } from './support/result.ts';
import { conditionsAt, NOTHING_FETCHED, sentWith } from './support/sent.ts';

const FIXTURES = new URL('../fixtures/sns/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, FIXTURES), 'utf8');
const TOPIC = 'arn:aws:sns:us-east-1:123456789012:orders';

type Message = Readonly<Record<string, unknown>>;
const NOTIFICATION = JSON.parse(read('notification-1.json')) as Message;

/** The certificate that is fetched, and from where. */
async function serving(pem: string): Promise<VendorKeys & { readonly fetched: string[] }> {
  const key = accepted(await publicKeyOfPem(pem.trim(), 'the certificate'));
  const fetched: string[] = [];
  return {
    ...NOTHING_FETCHED,
    fetched,
    certificateKey: async (url) => {
      fetched.push(url);
      return { ok: true, value: key };
    },
  };
}

async function check(body: string, given: { vendorKeys?: VendorKeys; topic?: string } = {}) {
  const vendorKeys = given.vendorKeys ?? (await serving(read('certificate.pem')));
  const options = { topic_arn: given.topic ?? TOPIC };
  // Long after it was sent: SNS repeats for hours what is not accepted.
  const conditions = conditionsAt(1_900_000_000, { options, vendorKeys });
  return prove([SNS], sentWith({ 'Content-Type': 'text/plain' }, body), [], conditions);
}

async function refusal(message: Message): Promise<unknown> {
  return failureOf(await check(JSON.stringify(message))).message;
}

/** Signed as whoever has the key of the certificate would. */
function signed(message: Message, names: readonly string[]): Message {
  const text = names.map((name) => `${name}\n${message[name]}\n`).join('');
  const signature = createSign('RSA-SHA1').update(text).sign(read('key.pem'), 'base64');
  return { ...message, Signature: signature };
}

describe('a message of Amazon SNS', () => {
  it.each(['notification-1.json', 'notification-2.json', 'confirmation.json'])(
    '(%s) is believed by the certificate that it names',
    async (name) => {
      const vendorKeys = await serving(read('certificate.pem'));
      accepted(await check(read(name), { vendorKeys }));
      expect(vendorKeys.fetched).toEqual([
        'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem',
      ]);
    },
  );

  it.each(['Message', 'MessageId', 'Subject', 'Timestamp', 'Type'])(
    'is not believed with another %s',
    async (name) => {
      const other = name === 'Type' ? 'SubscriptionConfirmation' : 'other';
      const token = { SubscribeURL: 'https://sns.us-east-1.amazonaws.com/', Token: '1' };
      expect(await refusal({ ...NOTIFICATION, ...token, [name]: other })).toBe(
        'the signature is wrong',
      );
    },
  );

  it('is not believed without a subject that was signed', async () => {
    expect(await refusal({ ...NOTIFICATION, Subject: undefined })).toBe('the signature is wrong');
  });

  it('needs no subject', async () => {
    const names = ['Message', 'MessageId', 'Timestamp', 'TopicArn', 'Type'];
    for (const Subject of [undefined, null]) {
      const message = signed({ ...NOTIFICATION, Subject }, names);
      accepted(await check(JSON.stringify(message)));
    }
  });

  it('is not believed from another topic, which anybody may have', async () => {
    const topic = TOPIC.replace('orders', 'other');
    expect(failureOf(await check(read('notification-1.json'), { topic })).message).toBe(
      'the message is of another topic than the topic_arn of the source',
    );
  });

  it.each([
    'https://evil.example/SimpleNotificationService-0.pem',
    'http://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem',
    'https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-0.pem',
    'https://sns.us-east-1.amazonaws.com:8443/SimpleNotificationService-0.pem',
    'https://user@sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem',
    'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem',
    // A bucket that somebody named "sns".
    'https://sns.s3-us-west-2.amazonaws.com/SimpleNotificationService-0.pem',
    'https://sns.us-east-1.amazonaws.com/?Action=x&y=/SimpleNotificationService-0.pem',
    'https://sns.us-east-1.amazonaws.com/a/SimpleNotificationService-0.pem',
    // Each would be kept, and put the certificates of others out of the cache.
    'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem?1',
    'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem#1',
    'no address',
    7,
  ])('has no certificate fetched from %j', async (url) => {
    const vendorKeys = await serving(read('certificate.pem'));
    const body = JSON.stringify({ ...NOTIFICATION, SigningCertURL: url });
    expect(failureOf(await check(body, { vendorKeys })).message).toContain('SigningCertURL');
    expect(vendorKeys.fetched).toEqual([]);
  });

  it('is not believed by a certificate of somebody else', async () => {
    const vendorKeys = await serving(
      readFileSync(new URL('../fixtures/tls/cert.pem', import.meta.url), 'utf8'),
    );
    expect(failureOf(await check(read('notification-1.json'), { vendorKeys })).message).toBe(
      'the signature is wrong',
    );
  });

  it('is to be repeated where its certificate cannot be fetched', async () => {
    expect(
      failureOf(await check(read('notification-1.json'), { vendorKeys: NOTHING_FETCHED })),
    ).toEqual({ reason: 'unavailable', message: 'nothing is fetched here' });
  });

  it.each(['', '[]', '7', 'not json', '{}', '{"Type":"Notification"}', '{"Signature":1}'])(
    'is not %j',
    async (body) => {
      expect(failureOf(await check(body)).message).toEqual(expect.any(String));
    },
  );

  it.each([
    { SignatureVersion: '3' },
    { SignatureVersion: 1 },
    { Signature: '' },
    { Signature: null },
    { Type: 'Other' },
    { Message: { a: 1 } },
    { Timestamp: 7 },
  ])('is not believed with %j', async (change) => {
    expect(await refusal({ ...NOTIFICATION, ...change })).toEqual(expect.any(String));
  });

  it('has no address called but one of its region', async () => {
    const names = [
      'Message',
      'MessageId',
      'SubscribeURL',
      'Timestamp',
      'Token',
      'TopicArn',
      'Type',
    ];
    const message = JSON.parse(read('confirmation.json')) as Message;
    const evil = signed({ ...message, SubscribeURL: 'https://evil.example/' }, names);
    expect(await refusal(evil)).toContain('SubscribeURL');
  });
});

describe('the confirmation of a subscription', () => {
  const asked = (document: unknown) => snsConfirmation({ document } as ChallengeRequest);

  it('is answered by a call of the address in it', () => {
    const message = JSON.parse(read('confirmation.json')) as Message;
    expect(asked(message)).toMatchObject({ body: '', visit: message.SubscribeURL });
  });

  it('is no event where the subscription has ended, and nothing is called', () => {
    const message = { ...JSON.parse(read('confirmation.json')), Type: 'UnsubscribeConfirmation' };
    expect(asked(message)).toEqual({ body: '', type: 'text/plain' });
  });

  it('is no notification', () => {
    expect(asked(NOTIFICATION)).toBeUndefined();
  });
});

describe('a source of kind aws-sns', () => {
  it('names its topic, and has no secrets', () => {
    const settings = accepted(checkSettings('orders', { kind: 'aws-sns', topic_arn: TOPIC }));
    expect(checkSecrets(undefined, settings)).toEqual({ ok: true, value: [] });
    expect(failureOf(checkSecrets(['12345678'], settings)).message).toBe(
      'a source of kind "aws-sns" has no secrets: the vendor signs with keys of its own; leave secrets out',
    );
  });

  it.each([
    [{}, 'missing topic_arn: the ARN of the topic of Amazon SNS that is subscribed to'],
    [{ topic_arn: 'orders' }, 'topic_arn is "orders"; it must be the ARN of a topic'],
    [{ topic_arn: 'arn:aws:sns:s3-us-west-2:123456789012:orders' }, 'must be the ARN of a topic'],
  ])('is refused with %j', (given, message) => {
    const refused = failureOf(checkSettings('orders', { kind: 'aws-sns', ...given }));
    expect(refused.message).toContain(message);
  });

  it.each([
    ['arn:aws-cn:sns:cn-north-1:123456789012:a', 'https://sns.cn-north-1.amazonaws.com.cn/'],
    [
      'arn:aws-us-gov:sns:us-gov-west-1:123456789012:a.fifo',
      'https://sns.us-gov-west-1.amazonaws.com/',
    ],
  ])('fetches the certificates of %s from its partition', async (topic, host) => {
    const vendorKeys = await serving(read('certificate.pem'));
    const url = `${host}SimpleNotificationService-0.pem`;
    const body = JSON.stringify({ ...NOTIFICATION, TopicArn: topic, SigningCertURL: url });
    expect(failureOf(await check(body, { vendorKeys, topic })).message).toBe(
      'the signature is wrong',
    );
    expect(vendorKeys.fetched).toEqual([url]);
    expect(KINDS['aws-sns']?.secrets).toBe('none');
  });
});
