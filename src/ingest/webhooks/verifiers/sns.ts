/**
 * Amazon SNS signs members of the body. The certificate of its key is fetched from AWS.
 *
 * Anyone with an AWS account can have SNS sign a message. So a source has the ARN of its topic, and only the region in
 * the ARN decides which host certificates are fetched from. As in AWS's own validators, TLS authenticates the
 * certificate.
 */

import { Buffer } from 'node:buffer';
import { createPublicKey, verify } from 'node:crypto';
import { isJsonObject } from '../../../lib/json.ts';
import { invalid, ok } from '../../../lib/result.ts';
import { decodeUtf8, parseJson } from '../../../lib/text.ts';
import type { WebhookRequest } from '../request.ts';
import {
  type Proof,
  unverified,
  type VerificationContext,
  type Verified,
  type Verifier,
} from './verifier.ts';

export const TOPIC_ARN =
  /^arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}(?:-[a-z]+)+-\d+):\d{12}:[\w.-]{1,256}$/;
const CERTIFICATE_PATH = /^\/SimpleNotificationService-[0-9A-Za-z]+\.pem$/;

/** The signed members in their order. AWS leaves out an absent subject. */
const NOTIFICATION = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'];
const CONFIRMATION = [
  'Message',
  'MessageId',
  'SubscribeURL',
  'Timestamp',
  'Token',
  'TopicArn',
  'Type',
];
const SIGNED: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['Notification', NOTIFICATION],
  ['SubscriptionConfirmation', CONFIRMATION],
  ['UnsubscribeConfirmation', CONFIRMATION],
]);

/** By `SignatureVersion`. */
const ALGORITHMS: ReadonlyMap<unknown, string> = new Map([
  ['1', 'RSA-SHA1'],
  ['2', 'RSA-SHA256'],
]);

export const SNS: Verifier = {
  isSigned: true,
  evidence: 'the member Signature of a message of Amazon SNS',
  isUsedBy: (request) => parseMessage(request)?.Signature !== undefined,
  claim(request) {
    const message = parseMessage(request);
    const signed = message && signedText(message);
    return signed === undefined ? {} : { signed: Buffer.from(signed) };
  },
  verify: (request, _secrets, context) => verifyMessage(parseMessage(request) ?? {}, context),
  checkSecret: () =>
    invalid('is of no use: Amazon SNS signs with a key of its own; leave secrets out'),
};

type Message = Readonly<Record<string, unknown>>;

function parseMessage({ body }: WebhookRequest): Message | undefined {
  const text = decodeUtf8(body);
  const message = text.ok ? parseJson(text.value) : text;
  return message.ok && isJsonObject(message.value) ? message.value : undefined;
}

/** @returns undefined if the message lacks a member, or is not one that SNS sends */
function signedText(message: Message): string | undefined {
  const names = SIGNED.get(message.Type);
  let text = '';
  for (const name of names ?? []) {
    const value = message[name];
    if (name === 'Subject' && (value === undefined || value === null)) continue;
    if (typeof value !== 'string') return undefined;
    text += `${name}\n${value}\n`;
  }
  return text === '' ? undefined : text;
}

async function verifyMessage(
  message: Message,
  { options, vendorKeys }: VerificationContext,
): Promise<Verified<Proof>> {
  const signed = signedText(message);
  if (signed === undefined) return unverified('the body is no message of Amazon SNS');
  if (message.TopicArn !== options.topic_arn) {
    return unverified('the message is of another topic than the topic_arn of the source');
  }
  const algorithm = ALGORITHMS.get(message.SignatureVersion);
  if (algorithm === undefined) return unverified('the SignatureVersion is neither "1" nor "2"');
  const host = hostOf(options.topic_arn);
  const address = addressAt(host, message.SigningCertURL);
  // With a query, one certificate would have many URLs, and each of them would be cached.
  if (address === undefined || !CERTIFICATE_PATH.test(pathAndQueryOf(address))) {
    return unverified(`the SigningCertURL is no certificate of https://${host}`);
  }
  if (message.SubscribeURL !== undefined && addressAt(host, message.SubscribeURL) === undefined) {
    return unverified(`the SubscribeURL is no address of https://${host}`);
  }
  const key = await vendorKeys.certificateKey(address.href);
  if (!key.ok) {
    return { ok: false, failure: { reason: 'unavailable', message: key.failure.message } };
  }
  const bytes = Buffer.from(signed);
  const signature = Buffer.from(String(message.Signature), 'base64');
  return verify(algorithm, bytes, createPublicKey({ key: key.value, format: 'jwk' }), signature)
    ? ok({ signed: bytes, timestamp: String(message.Timestamp) })
    : unverified('the signature is wrong');
}

/** The endpoint of SNS in the region of the topic. */
function hostOf(topicArn = ''): string {
  const [, partition, region] = TOPIC_ARN.exec(topicArn) ?? [];
  return `sns.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
}

function pathAndQueryOf({ pathname, search, hash }: URL): string {
  return pathname + search + hash;
}

function addressAt(host: string, text: unknown): URL | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const { protocol, username, password } = url;
  const isThere = protocol === 'https:' && url.host === host && `${username}${password}` === '';
  return isThere ? url : undefined;
}
