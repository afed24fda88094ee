/** Where people talk. */
import { isJsonObject } from '../../../lib/json.ts';
import { type Asked, type Handshake, NOTHING, plain, textAt, whenText } from '../handshake.ts';
import type { Kind, Reply } from '../kind.ts';
import { listWith } from '../lists.ts';
import { ED25519_HEX, publicKeySignature } from '../schemes/public-key.ts';
import { twilio } from '../schemes/twilio.ts';
import { ZOOM_HEADER, zoomValidation } from '../schemes/zoom.ts';
import { signature } from '../signature.ts';

/** Discord takes no other success than this one. */
const NO_CONTENT: Reply = { body: '', type: 'text/plain', status: 204 };

/** Of webhook events. The PING of interactions has another type, as they want an answer that only a program can give. */
const discordPing: Handshake = ({ document }) => {
  const isPing = isJsonObject(document) && document.type === 0 && document.event === undefined;
  return isPing ? NO_CONTENT : undefined;
};

export const CHAT = {
  slack: {
    proof: [
      signature({
        header: 'X-Slack-Signature',
        algorithm: 'SHA-256',
        encoding: 'hex',
        form: 'plain',
        prefix: 'v0=',
        signed: 'v0:{timestamp}:{body}',
        timestamp: 'X-Slack-Request-Timestamp',
      }),
    ],
    body: 'document',
    eventType: 'slack/{/event/type|/type|"command"}',
    mapping: {
      id: '{/event_id|/trigger_id}',
      path: 'slack/{/team_id|/team/id|/enterprise_id|/enterprise/id|"none"}/{/event/channel|/event/channel/id|/event/item/channel|/channel_id|/channel/id|"none"}',
      time: '{/event_time}',
      metadata: {
        operation: '{/event/type|/type|/command}',
        team: '{/team_id|/team/id}',
        channel: '{/event/channel|/event/channel/id|/event/item/channel|/channel_id|/channel/id}',
        user: '{/event/user|/event/user/id|/user_id|/user/id}',
        app: '/api_app_id',
        command: '/command',
      },
    },
    handshake: { signed: whenText('/type', 'url_verification', '/challenge'), unsigned: sslCheck },
    refusal: { 'X-Slack-No-Retry': '1' },
  },
  discord: {
    proof: [
      publicKeySignature({
        header: 'X-Signature-Ed25519',
        encoding: 'hex',
        timestamp: 'X-Signature-Timestamp',
        key: ED25519_HEX,
      }),
    ],
    body: 'document',
    eventType: 'discord/{/event/type}',
    mapping: {
      path: 'discord/{/application_id}/{/event/data/guild/id|"none"}',
      time: '{/event/timestamp}',
      metadata: {
        operation: '/event/type',
        application: '/application_id',
        guild: '/event/data/guild/id',
        user: '/event/data/user/id',
        data: '/event/data',
      },
    },
    handshake: { signed: discordPing },
    answer: NO_CONTENT,
  },
  zoom: {
    proof: [
      signature({
        header: ZOOM_HEADER,
        algorithm: 'SHA-256',
        encoding: 'hex',
        form: 'plain',
        prefix: 'v0=',
        signed: 'v0:{timestamp}:{body}',
        timestamp: 'x-zm-request-timestamp',
      }),
    ],
    body: 'document',
    eventType: 'zoom/{/event}',
    mapping: {
      path: 'zoom/{/payload/account_id|"none"}/{/payload/object/id|/payload/object/uuid|"none"}',
      time: '{/event_ts}',
      metadata: {
        operation: '/event',
        account: '/payload/account_id',
        object_id: '/payload/object/id',
        uuid: '/payload/object/uuid',
        topic: '/payload/object/topic',
        host: '/payload/object/host_id',
      },
    },
    handshake: { signed: zoomValidation },
  },
  meta: {
    proof: [
      signature({
        header: 'X-Hub-Signature-256',
        algorithm: 'SHA-256',
        encoding: 'hex',
        form: 'plain',
        prefix: 'sha256=',
        signed: '{body}',
      }),
    ],
    body: 'document',
    eventsIn: listWith('/entry', ['object']),
    eventType: 'meta/{/object}',
    mapping: {
      path: 'meta/{/object}/{/id}',
      time: '{/time}',
      metadata: {
        object: '/object',
        object_id: '/id',
        changes: '/changes',
        messaging: '/messaging',
      },
    },
    options: { verify_token: 'optional' },
    handshake: { unsigned: metaChallenge },
  },
  twitch: {
    proof: [
      signature({
        header: 'Twitch-Eventsub-Message-Signature',
        algorithm: 'SHA-256',
        encoding: 'hex',
        form: 'plain',
        prefix: 'sha256=',
        signed: '{id}{timestamp}{body}',
        timestamp: 'Twitch-Eventsub-Message-Timestamp',
        id: 'Twitch-Eventsub-Message-Id',
      }),
    ],
    body: 'document',
    eventType: 'twitch/{/subscription/type}',
    mapping: {
      id: '{id}',
      path: 'twitch/{/event/broadcaster_user_id|/event/user_id|"none"}/{/subscription/type}',
      time: '{timestamp}',
      metadata: {
        operation: '/subscription/type',
        status: '/subscription/status',
        subscription: '/subscription/id',
        broadcaster: '/event/broadcaster_user_login',
        user: '/event/user_login',
        event: '/event',
      },
    },
    // What the headers say of the type of a message is not signed.
    handshake: { signed: ({ document }) => plainIfThere(textAt(document, '/challenge')) },
  },
  twilio: {
    proof: [twilio('SHA-1'), twilio('SHA-256')],
    body: 'document',
    signsFields: true,
    eventType: 'twilio/{/MessageStatus|/SmsStatus|/CallStatus|/EventType|/Event|"webhook"}',
    mapping: {
      path: 'twilio/{/AccountSid|/account_sid|"none"}/{/MessageSid|/SmsSid|/CallSid|/ConversationSid|/Sid|"none"}',
      metadata: {
        operation: '{/MessageStatus|/SmsStatus|/CallStatus|/EventType|/Event}',
        account: '{/AccountSid|/account_sid}',
        object_id: '{/MessageSid|/SmsSid|/CallSid|/ConversationSid|/Sid}',
        from: '/From',
        to: '/To',
        direction: '/Direction',
        error: '/ErrorCode',
      },
    },
    options: { url: 'optional' },
    // Twilio does what an answer says, and takes one of another type for an error.
    answer: { body: '<Response/>', type: 'text/xml' },
  },
} satisfies Record<string, Kind>;

function plainIfThere(text: string | undefined): Reply | undefined {
  return text === undefined ? undefined : plain(text);
}

/** Slack tries the certificate of a command's address now and then. */
function sslCheck({ query, document }: Asked): Reply | undefined {
  const isCheck = query.get('ssl_check') === '1' || textAt(document, '/ssl_check') === '1';
  return isCheck ? NOTHING : undefined;
}

/** A GET with the verify token that the operator chose; who knows it may see its challenge again. */
function metaChallenge({ method, query, options }: Asked): Reply | undefined {
  const { verify_token: token } = options;
  const isMeant = token !== undefined && query.get('hub.verify_token') === token;
  const challenge = query.get('hub.challenge');
  return method === 'GET' && query.get('hub.mode') === 'subscribe' && isMeant && challenge !== null
    ? plain(challenge)
    : undefined;
}
