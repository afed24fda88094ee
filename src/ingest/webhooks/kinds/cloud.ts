/** What clouds send of their services. */
import { Buffer } from 'node:buffer';
import { isJsonObject } from '../../../lib/json.ts';
import { decodeUtf8, parseJson } from '../../../lib/text.ts';
import { type Handshake, jsonReply, textAt } from '../handshake.ts';
import { headerValue } from '../header-value.ts';
import type { Kind } from '../kind.ts';
import { listAt } from '../lists.ts';
import { googlePushToken } from '../schemes/push-token.ts';
import { secretAsToken } from '../schemes/sent-secret.ts';
import { sns, snsConfirmation } from '../schemes/sns.ts';

/** Event Grid asks with one event in a list, and is answered with the code in it. Whoever asks learns nothing new. */
const eventGridValidation: Handshake = ({ method, headers, document }) => {
  if (method !== 'POST' || headerValue(headers, 'aeg-event-type') !== 'SubscriptionValidation') {
    return undefined;
  }
  const code = textAt(document, '/0/data/validationCode');
  const isAsked =
    textAt(document, '/0/eventType') === 'Microsoft.EventGrid.SubscriptionValidationEvent';
  return isAsked && code !== undefined ? jsonReply({ validationResponse: code }) : undefined;
};

/** What a message of Pub/Sub carries is Base64. Rules see it as JSON or as text, and as Base64 where it is neither. */
function withReadData(document: unknown): readonly unknown[] | undefined {
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
    proof: [sns],
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
    options: { topic_arn: 'required' },
    handshake: { signed: snsConfirmation },
  },
  'event-grid': {
    proof: [secretAsToken],
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
    handshake: { unsigned: eventGridValidation },
  },
  'google-pubsub': {
    proof: [googlePushToken],
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
    options: { audience: 'required', service_account: 'required' },
    eventsIn: withReadData,
  },
} satisfies Record<string, Kind>;
