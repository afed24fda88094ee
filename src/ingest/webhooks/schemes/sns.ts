/**
 * Signatures of Amazon SNS. Members of the body are signed, with a key whose certificate is fetched from AWS.
 *
 * Anybody with an AWS account can have SNS sign a message, so a source names its topic, and where certificates come
 * from follows from that name and never from the message alone. As in AWS's own validators, TLS vouches for the
 * certificate.
 */
import { Buffer } from 'node:buffer';
import { createPublicKey, verify } from 'node:crypto';
import { isJsonObject } from '../../../lib/json.ts';
import { ok, type Result } from '../../../lib/result.ts';
import { decodeUtf8, parseJson } from '../../../lib/text.ts';
import { type Handshake, NOTHING, textAt } from '../handshake.ts';
import {
  type Conditions,
  doubt,
  type Proof,
  type Scheme,
  type Sent,
  type Unproven,
} from '../scheme.ts';

const TOPIC_ARN =
  /^arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}(?:-[a-z]+)+-\d+):\d{12}:[\w.-]{1,256}$/;
const CERTIFICATE_PATH = /^\/SimpleNotificationService-[0-9A-Za-z]+\.pem$/;

/** What is signed, in this order; AWS leaves out a subject that there is not. */
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

export function problemOfTopicArn(text: string): string | undefined {
  return TOPIC_ARN.test(text)
    ? undefined
    : 'must be the ARN of a topic, such as "arn:aws:sns:us-east-1:123456789012:orders"';
}

export const sns: Scheme = {
  isSigned: true,
  evidence: 'the member Signature of a message of Amazon SNS',
  isUsedBy: (sent) => messageOf(sent)?.Signature !== undefined,
  claim(sent) {
    const message = messageOf(sent);
    const signed = message && signedText(message);
    return signed === undefined ? {} : { signed: Buffer.from(signed) };
  },
  verify: (sent, _secrets, conditions) => believe(messageOf(sent) ?? {}, conditions),
  problemOfSecret: () => 'is of no use: Amazon SNS signs with a key of its own; leave secrets out',
};

/**
 * SNS asks whether a subscription is wanted, by a message with an address to call. It is called once the message is
 * verified. That a subscription has ended is no event either.
 */
export const snsConfirmation: Handshake = ({ document }) => {
  switch (textAt(document, '/Type')) {
    case 'SubscriptionConfirmation':
      return { ...NOTHING, visit: textAt(document, '/SubscribeURL') ?? '' };
    case 'UnsubscribeConfirmation':
      return NOTHING;
    default:
      return undefined;
  }
};

type Message = Readonly<Record<string, unknown>>;

function messageOf({ body }: Sent): Message | undefined {
  const text = decodeUtf8(body);
  const message = text.ok ? parseJson(text.value) : text;
  return message.ok && isJsonObject(message.value) ? message.value : undefined;
}

/** @returns undefined where a member is missing, or none of those that SNS sends */
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

async function believe(
  message: Message,
  { options, vendorKeys }: Conditions,
): Promise<Result<Proof, Unproven>> {
  const signed = signedText(message);
  if (signed === undefined) return doubt('the body is no message of Amazon SNS');
  if (message.TopicArn !== options.topic_arn) {
    return doubt('the message is of another topic than the topic_arn of the source');
  }
  const algorithm = ALGORITHMS.get(message.SignatureVersion);
  if (algorithm === undefined) return doubt('the SignatureVersion is neither "1" nor "2"');
  const host = hostOf(options.topic_arn);
  const address = addressAt(host, message.SigningCertURL);
  // A query would make many addresses of one certificate, and each would be kept.
  if (address === undefined || !CERTIFICATE_PATH.test(pathAndQueryOf(address))) {
    return doubt(`the SigningCertURL is no certificate of https://${host}`);
  }
  if (message.SubscribeURL !== undefined && addressAt(host, message.SubscribeURL) === undefined) {
    return doubt(`the SubscribeURL is no address of https://${host}`);
  }
  const key = await vendorKeys.certificateKey(address.href);
  if (!key.ok) return { ok: false, failure: { unavailable: key.failure } };
  const bytes = Buffer.from(signed);
  const signature = Buffer.from(String(message.Signature), 'base64');
  return verify(algorithm, bytes, createPublicKey({ key: key.value, format: 'jwk' }), signature)
    ? ok({ signed: bytes, timestamp: String(message.Timestamp) })
    : doubt('the signature is wrong');
}

/** The endpoint of the region of a topic. */
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
