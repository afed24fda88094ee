/** Customers, files, boards, people. */
import { type Asked, jsonReply, plain, textAt, whenQuery } from '../handshake.ts';
import { headerValue } from '../header-value.ts';
import type { Kind, Reply } from '../kind.ts';
import { listAt, listWith } from '../lists.ts';
import { CLIENT_STATE, notificationsIn } from '../schemes/client-state.ts';
import { HUBSPOT } from '../schemes/hubspot.ts';
import { secretAsToken, secretInHeader } from '../schemes/sent-secret.ts';
import { signature } from '../signature.ts';

const accounts = listAt('/list_folder/accounts');

export const OFFICE = {
  hubspot: {
    proof: [HUBSPOT],
    body: 'document',
    eventsIn: listAt(''),
    eventType: 'hubspot/{/subscriptionType}',
    mapping: {
      // HubSpot says that an eventId alone is not unique. What counts attempts is no part of it.
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
    options: { url: 'optional' },
  },
  zendesk: {
    proof: [
      signature({
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
    proof: [
      signature({
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
      // Each change of an account is told with the same bytes.
      id: '{random}',
      path: 'dropbox/{/account}',
      metadata: { account: '/account' },
    },
    handshake: { unsigned: whenQuery('challenge') },
  },
  okta: {
    proof: [secretInHeader('Authorization'), secretAsToken],
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
    handshake: { unsigned: oktaChallenge },
  },
  'microsoft-graph': {
    proof: [CLIENT_STATE],
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
    handshake: {
      unsigned: ({ method, query }) => {
        const token = method === 'POST' ? query.get('validationToken') : null;
        return token === null ? undefined : plain(token);
      },
    },
  },
  trello: {
    proof: [
      signature({
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
    options: { url: 'optional' },
  },
  smartsheet: {
    proof: [
      signature({
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
      // No id: that of an event is the id of its object. A nonce in the body tells two callbacks apart.
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
    handshake: { unsigned: smartsheetChallenge },
  },
} satisfies Record<string, Kind>;

function oktaChallenge({ method, headers }: Asked): Reply | undefined {
  const verification = headerValue(headers, 'x-okta-verification-challenge');
  return method === 'GET' && verification !== undefined ? jsonReply({ verification }) : undefined;
}

/** Repeated with every hundredth callback, so it is answered for as long as the source exists. */
function smartsheetChallenge({ method, headers, document }: Asked): Reply | undefined {
  const challenge = textAt(document, '/challenge');
  const isAsked = method === 'POST' && headers.has('smartsheet-hook-challenge');
  return isAsked && challenge !== undefined
    ? jsonReply({ smartsheetHookResponse: challenge })
    : undefined;
}
