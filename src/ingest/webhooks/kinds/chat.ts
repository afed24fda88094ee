/** Where people talk. */
import { whenText } from '../handshake.ts';
import type { Kind } from '../kind.ts';
import { signature } from '../signature.ts';

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
} satisfies Record<string, Kind>;
