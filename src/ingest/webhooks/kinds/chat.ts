/** Where people talk. */
import { isJsonObject } from '../../../event/json.ts';
import { type Handshake, whenText } from '../handshake.ts';
import type { Kind, Reply } from '../kind.ts';
import { ED25519_HEX, publicKeySignature } from '../public-key.ts';
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
      path: 'slack/{/team_id|/team/id|/enterprise_id|"none"}/{/event/channel|/event/item/channel|/channel_id|/channel/id|"none"}',
      time: '{/event_time}',
      metadata: {
        operation: '{/event/type|/type|/command}',
        team: '{/team_id|/team/id}',
        channel: '{/event/channel|/event/item/channel|/channel_id|/channel/id}',
        user: '{/event/user|/user_id|/user/id}',
        app: '/api_app_id',
        command: '/command',
      },
    },
    handshake: { signed: whenText('/type', 'url_verification', '/challenge') },
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
} satisfies Record<string, Kind>;
