/** Services of clouds. */
import { Buffer } from 'node:buffer';
import { isJsonObject } from '../../../lib/json.ts';
import { invalid, ok } from '../../../lib/result.ts';
import { decodeUtf8, parseJson } from '../../../lib/text.ts';
import { listAt } from '../body/documents.ts';
import { type ChallengeResponder, jsonReply } from '../challenges/challenge.ts';
import { snsConfirmation } from '../challenges/sns.ts';
import { headerValue } from '../headers.ts';
import { checkAscii } from '../option.ts';
import { stringAt } from '../pointer.ts';
import { GOOGLE_PUSH_TOKEN, SERVICE_ACCOUNT } from '../verifiers/push-token.ts';
import { SECRET_AS_TOKEN } from '../verifiers/sent-secret.ts';
import { SNS, TOPIC_ARN } from '../verifiers/sns.ts';
import type { Kind } from './kind.ts';

/** The challenge is a list with one event, and the response repeats the code in it. */
const eventGridChallenge: ChallengeResponder = ({ method, headers, document }) => {
  if (method !== 'POST' || headerValue(headers, 'aeg-event-type') !== 'SubscriptionValidation') {
    return undefined;
  }
  const code = stringAt('/0/data/validationCode', document);
  const isChallenge =
    stringAt('/0/eventType', document) === 'Microsoft.EventGrid.SubscriptionValidationEvent';
  return isChallenge && code !== undefined ? jsonReply({ validationResponse: code }) : undefined;
};

/** The data of a Pub/Sub message is Base64. Rules read it as JSON or text, or as Base64 if it is neither. */
function withDecodedData(document: unknown): readonly unknown[] | undefined {
  if (!isJsonObject(document) || !isJsonObject(document.message)) return undefined;
  const { data } = document.message;
  if (typeof data !== 'string') return undefined;
  const text = decodeUtf8(Buffer.from(data, 'base64'));
  if (!text.ok) return [{ ...document, data_base64: data }];
  const json = parseJson(text.value);
  return [{ ...document, data: json.ok ? json.value : text.value }];
}

export const CLOUD = {
  'aws-sns': {
    verifiers: [SNS],
    secrets: 'none',
    body: 'document',
    eventType: 'aws-sns/notification',
    mapping: {
      id: '{/MessageId}',
      path: 'aws-sns/{/TopicArn}',
      time: '{/Timestamp}',
      // Message attributes are not signed.
      metadata: { topic: '/TopicArn', subject: '/Subject', message: '/Message' },
    },
    options: {
      topic_arn: {
        required: true,
        about: 'the ARN of the topic of Amazon SNS that is subscribed to',
        check: (text) =>
          TOPIC_ARN.test(text)
            ? ok(text)
            : invalid(
                'must be the ARN of a topic, such as "arn:aws:sns:us-east-1:123456789012:orders"',
              ),
      },
    },
    challenge: { verified: snsConfirmation },
  },
  'event-grid': {
    verifiers: [SECRET_AS_TOKEN],
    body: 'document',
    eventType: 'event-grid/{/eventType}',
    mapping: {
      id: '{/id}',
      path: 'event-grid/{/topic}',
      time: '{/eventTime}',
      metadata: {
        operation: '/eventType',
        topic: '/topic',
        subject: '/subject',
        data: '/data',
        data_version: '/dataVersion',
      },
    },
    eventsIn: listAt(''),
    challenge: { unverified: eventGridChallenge },
  },
  'google-pubsub': {
    verifiers: [GOOGLE_PUSH_TOKEN],
    secrets: 'none',
    body: 'document',
    eventType: 'google-pubsub/{/message/attributes/eventType|"message"}',
    mapping: {
      id: '{/message/messageId|/message/message_id}',
      path: 'google-pubsub/{/subscription}',
      time: '{/message/publishTime|/message/publish_time}',
      metadata: {
        subscription: '/subscription',
        attributes: '/message/attributes',
        ordering_key: '/message/orderingKey',
        data: '/data',
        data_base64: '/data_base64',
      },
    },
    options: {
      audience: {
        required: true,
        about: 'the audience of the push subscription: what its tokens are for',
        check: checkAscii,
      },
      service_account: {
        required: true,
        about: 'the service account that the push subscription authenticates as',
        check: (text) =>
          SERVICE_ACCOUNT.test(text)
            ? ok(text)
            : invalid(
                'must be the address of a service account, such as "push@project.iam.gserviceaccount.com"',
              ),
      },
    },
    eventsIn: withDecodedData,
  },
} satisfies Record<string, Kind>;
