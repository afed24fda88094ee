/** Customers, files, boards and directories. */

import { listAt, listWith } from '../body/documents.ts';
import {
  type ChallengeRequest,
  challengeInQuery,
  jsonReply,
  textReply,
  type VendorReply,
} from '../challenges/challenge.ts';
import { headerValue } from '../headers.ts';
import { URL_OPTION } from '../option.ts';
import { stringAt } from '../pointer.ts';
import { CLIENT_STATE, notificationsIn } from '../verifiers/client-state.ts';
import { hmacSignature } from '../verifiers/hmac-signature.ts';
import { HUBSPOT } from '../verifiers/hubspot.ts';
import { SECRET_AS_TOKEN, secretInHeader } from '../verifiers/sent-secret.ts';
import type { Kind } from './kind.ts';

const accounts = listAt('/list_folder/accounts');

export const OFFICE = {
  hubspot: {
    verifiers: [HUBSPOT],
    body: 'document',
    eventsIn: listAt(''),
    eventType: 'hubspot/{/subscriptionType}',
    mapping: {
      // According to HubSpot, an eventId is not unique. The number of the attempt must not be part of the id.
      id: '{/subscriptionId}-{/eventId}-{/objectId|/fromObjectId|"none"}-{/occurredAt}',
      path: 'hubspot/{/portalId}/{/subscriptionType}/{/objectId|/fromObjectId|"none"}',
      time: '{/occurredAt}',
      metadata: {
        operation: '/subscriptionType',
        portal: '/portalId',
        object_id: '{/objectId|/fromObjectId}',
        property: '/propertyName',
        value: '/propertyValue',
        change: '/changeSource',
      },
    },
    options: { url: URL_OPTION },
  },
  zendesk: {
    verifiers: [
      hmacSignature({
        header: 'X-Zendesk-Webhook-Signature',
        algorithm: 'SHA-256',
        encoding: 'base64',
        form: 'plain',
        prefix: '',
        signed: '{timestamp}{body}',
        timestamp: 'X-Zendesk-Webhook-Signature-Timestamp',
      }),
    ],
    body: 'document',
    eventType: 'zendesk/{/type|"webhook"}',
    mapping: {
      id: '{/id}',
      path: 'zendesk/{/account_id|"none"}/{/subject|/detail/id|"none"}',
      time: '{/time}',
      metadata: {
        operation: '/type',
        account: '/account_id',
        subject: '/subject',
        object_id: '/detail/id',
        status: '/detail/status',
        event: '/event',
      },
    },
  },
  dropbox: {
    verifiers: [
      hmacSignature({
        header: 'X-Dropbox-Signature',
        algorithm: 'SHA-256',
        encoding: 'hex',
        form: 'plain',
        prefix: '',
        signed: '{body}',
      }),
    ],
    body: 'document',
    eventsIn: (document) => accounts(document)?.map((account) => ({ account })),
    eventType: 'dropbox/changed',
    mapping: {
      // Every change of an account has the same body.
      id: '{random}',
      path: 'dropbox/{/account}',
      metadata: { account: '/account' },
    },
    challenge: { unverified: challengeInQuery('challenge') },
  },
  okta: {
    verifiers: [secretInHeader('Authorization'), SECRET_AS_TOKEN],
    body: 'document',
    eventsIn: listAt('/data/events'),
    eventType: 'okta/{/eventType}',
    mapping: {
      id: '{/uuid}',
      path: 'okta/{/eventType}/{/actor/id|"none"}',
      time: '{/published}',
      metadata: {
        operation: '/eventType',
        actor: '/actor/alternateId',
        actor_id: '/actor/id',
        target: '/target',
        outcome: '/outcome/result',
        severity: '/severity',
        message: '/displayMessage',
      },
    },
    challenge: { unverified: oktaChallenge },
  },
  'microsoft-graph': {
    verifiers: [CLIENT_STATE],
    body: 'document',
    eventsIn: notificationsIn,
    eventType: 'microsoft-graph/{/changeType|/lifecycleEvent}',
    mapping: {
      id: '{/id}',
      path: 'microsoft-graph/{/tenantId|"none"}/{/resource|"none"}',
      metadata: {
        operation: '{/changeType|/lifecycleEvent}',
        tenant: '/tenantId',
        subscription: '/subscriptionId',
        resource: '/resource',
        resource_data: '/resourceData',
      },
    },
    challenge: {
      unverified: ({ method, query }) => {
        const token = method === 'POST' ? query.get('validationToken') : null;
        return token === null ? undefined : textReply(token);
      },
    },
  },
  trello: {
    verifiers: [
      hmacSignature({
        header: 'X-Trello-Webhook',
        algorithm: 'SHA-1',
        encoding: 'base64',
        form: 'plain',
        prefix: '',
        signed: '{body}{url}',
      }),
    ],
    body: 'document',
    eventType: 'trello/{/action/type}',
    mapping: {
      id: '{/action/id}',
      path: 'trello/{/action/data/board/id|/model/id}/{/action/data/card/id|"none"}',
      time: '{/action/date}',
      metadata: {
        operation: '/action/type',
        board: '/action/data/board/name',
        card: '/action/data/card/name',
        list: '/action/data/list/name',
        member: '/action/memberCreator/username',
      },
    },
    options: { url: URL_OPTION },
  },
  smartsheet: {
    verifiers: [
      hmacSignature({
        header: 'Smartsheet-Hmac-SHA256',
        algorithm: 'SHA-256',
        encoding: 'hex',
        form: 'plain',
        prefix: '',
        signed: '{body}',
      }),
    ],
    body: 'document',
    eventsIn: listWith('/events', ['webhookId', 'scope', 'scopeObjectId']),
    eventType: 'smartsheet/{/eventType|"status"}',
    mapping: {
      // No id: the id of an event is that of its object. A nonce makes the body of each callback unique.
      path: 'smartsheet/{/scope|"webhook"}/{/scopeObjectId|/webhookId}',
      time: '{/timestamp}',
      metadata: {
        operation: '/eventType',
        object: '/objectType',
        object_id: '/id',
        row: '/rowId',
        column: '/columnId',
        user: '/userId',
        webhook: '/webhookId',
        status: '/newWebhookStatus',
      },
    },
    challenge: { unverified: smartsheetChallenge },
  },
} satisfies Record<string, Kind>;

function oktaChallenge({ method, headers }: ChallengeRequest): VendorReply | undefined {
  const verification = headerValue(headers, 'x-okta-verification-challenge');
  return method === 'GET' && verification !== undefined ? jsonReply({ verification }) : undefined;
}

/** Smartsheet repeats the challenge with every hundredth callback. */
function smartsheetChallenge({
  method,
  headers,
  document,
}: ChallengeRequest): VendorReply | undefined {
  const challenge = stringAt('/challenge', document);
  const isChallenge = method === 'POST' && headers.has('smartsheet-hook-challenge');
  return isChallenge && challenge !== undefined
    ? jsonReply({ smartsheetHookResponse: challenge })
    : undefined;
}
