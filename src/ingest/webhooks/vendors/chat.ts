/** Chat, calls and social networks. */
import { isJsonObject } from '../../../lib/json.ts';
import { listWith } from '../body/documents.ts';
import {
  type ChallengeRequest,
  type ChallengeResponder,
  challengeInBody,
  EMPTY_REPLY,
  textReply,
  type VendorReply,
} from '../challenges/challenge.ts';
import { ZOOM_HEADER, zoomChallenge } from '../challenges/zoom.ts';
import { checkAscii, type Option, URL_OPTION } from '../option.ts';
import { stringAt } from '../pointer.ts';
import { HUB_SIGNATURE_256, hmacSignature } from '../verifiers/hmac-signature.ts';
import { ED25519_HEX, publicKeySignature } from '../verifiers/public-key.ts';
import { twilio } from '../verifiers/twilio.ts';
import type { Kind } from './kind.ts';

const VERIFY_TOKEN: Option = {
  required: false,
  about: 'the verify token that the vendor sends with its question',
  check: checkAscii,
};

/** Discord requires this status. */
const NO_CONTENT: VendorReply = { body: '', type: 'text/plain', status: 204 };

/** Only webhook events are supported. Interactions, whose PING has another type, need an application to answer them. */
const discordPing: ChallengeResponder = ({ document }) => {
  const isPing = isJsonObject(document) && document.type === 0 && document.event === undefined;
  return isPing ? NO_CONTENT : undefined;
};

export const CHAT = {
  slack: {
    verifiers: [
      hmacSignature({
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
    challenge: {
      verified: challengeInBody('/type', 'url_verification', '/challenge'),
      unverified: sslCheck,
    },
    refusal: { 'X-Slack-No-Retry': '1' },
  },
  discord: {
    verifiers: [
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
    challenge: { verified: discordPing },
    answer: NO_CONTENT,
  },
  zoom: {
    verifiers: [
      hmacSignature({
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
    challenge: { verified: zoomChallenge },
  },
  meta: {
    verifiers: [HUB_SIGNATURE_256],
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
    options: { verify_token: VERIFY_TOKEN },
    challenge: { unverified: metaChallenge },
  },
  twitch: {
    verifiers: [
      hmacSignature({
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
    // The header with the type of a message is not signed.
    challenge: { verified: ({ document }) => replyWith(stringAt('/challenge', document)) },
  },
  twilio: {
    verifiers: [twilio('SHA-1'), twilio('SHA-256')],
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
    options: { url: URL_OPTION },
    // Twilio executes the answer, and takes an answer of another type for an error.
    answer: { body: '<Response/>', type: 'text/xml' },
  },
} satisfies Record<string, Kind>;

function replyWith(text: string | undefined): VendorReply | undefined {
  return text === undefined ? undefined : textReply(text);
}

/** Slack regularly checks the certificate of a command's address. */
function sslCheck({ query, document }: ChallengeRequest): VendorReply | undefined {
  const isCheck = query.get('ssl_check') === '1' || stringAt('/ssl_check', document) === '1';
  return isCheck ? EMPTY_REPLY : undefined;
}

/** A GET with the verify token of the operator. Its challenge is returned. */
function metaChallenge({ method, query, options }: ChallengeRequest): VendorReply | undefined {
  const { verify_token: token } = options;
  const hasToken = token !== undefined && query.get('hub.verify_token') === token;
  const challenge = query.get('hub.challenge');
  return method === 'GET' && query.get('hub.mode') === 'subscribe' && hasToken && challenge !== null
    ? textReply(challenge)
    : undefined;
}
