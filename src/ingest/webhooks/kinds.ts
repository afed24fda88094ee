/** The kinds of sources: how a delivery proves where it comes from, and what becomes of it unless told. */
import type { SignatureScheme } from './signature.ts';

/** As a source has it: rules for texts, JSON pointers or rules for metadata. */
export interface MappingSettings {
  /** The id of the event: of a delivery that is repeated the same. */
  readonly id?: string;
  /** Metadata `path`, by which policies decide. */
  readonly path?: string;
  /** When it happened: Unix seconds, or RFC 3339. */
  readonly time?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface Kind {
  /** `token`: one of the secrets is sent along. `settings`: the source says how it is signed. */
  readonly proof: SignatureScheme | 'token' | 'settings';
  /** `audit`: entries of an audit device, one JSON object a line. */
  readonly body: 'document' | 'audit';
  readonly eventType: string;
  readonly mapping: MappingSettings;
  /** A delivery that asks whether anybody is there, and what it is answered: a rule, or nothing. */
  readonly handshake?: {
    readonly when: string;
    readonly is: string;
    readonly answer?: string;
  };
  /** Told to the vendor with what can never succeed. */
  readonly refusal?: Readonly<Record<string, string>>;
}

const TYPE = '/type|/event_type|/event|"event"';

export const KINDS: Readonly<Record<string, Kind>> = {
  'standard-webhooks': {
    proof: {
      header: 'webhook-signature',
      algorithm: 'SHA-256',
      encoding: 'base64',
      form: 'versions',
      prefix: 'v1',
      signed: '{id}.{timestamp}.{body}',
      timestamp: 'webhook-timestamp',
      id: 'webhook-id',
      standard: true,
    },
    body: 'document',
    eventType: `{source}/{${TYPE}}`,
    mapping: {
      id: '{header:webhook-id}',
      path: `{source}/{${TYPE}}`,
      time: '{/timestamp}',
      metadata: { type: '/type', data: '/data' },
    },
  },
  github: {
    proof: {
      header: 'X-Hub-Signature-256',
      algorithm: 'SHA-256',
      encoding: 'hex',
      form: 'plain',
      prefix: 'sha256=',
      signed: '{body}',
    },
    body: 'document',
    eventType: 'github/{header:X-GitHub-Event}',
    mapping: {
      id: '{header:X-GitHub-Delivery}',
      path: 'github/{/repository/full_name|/organization/login|/sender/login}',
      metadata: {
        operation: '{header:X-GitHub-Event}',
        action: '/action',
        repository: '/repository/full_name',
        organization: '/organization/login',
        sender: '/sender/login',
        ref: '/ref',
        before: '/before',
        after: '/after',
        number: '/number',
        url: '{/pull_request/html_url|/issue/html_url|/release/html_url|/workflow_run/html_url|/compare|/repository/html_url}',
      },
    },
    handshake: { when: '{header:X-GitHub-Event}', is: 'ping' },
  },
  stripe: {
    proof: {
      header: 'Stripe-Signature',
      algorithm: 'SHA-256',
      encoding: 'hex',
      form: 'pairs',
      prefix: 'v1',
      signed: '{timestamp}.{body}',
    },
    body: 'document',
    eventType: 'stripe/{/type}',
    mapping: {
      id: '{/id}',
      path: 'stripe/{/data/object/object|"event"}/{/data/object/id|/id}',
      time: '{/created}',
      metadata: {
        operation: '/type',
        object: '/data/object/object',
        object_id: '/data/object/id',
        customer: '/data/object/customer',
        status: '/data/object/status',
        account: '/account',
        livemode: '/livemode',
        api_version: '/api_version',
      },
    },
  },
  slack: {
    proof: {
      header: 'X-Slack-Signature',
      algorithm: 'SHA-256',
      encoding: 'hex',
      form: 'plain',
      prefix: 'v0=',
      signed: 'v0:{timestamp}:{body}',
      timestamp: 'X-Slack-Request-Timestamp',
    },
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
    handshake: { when: '{/type}', is: 'url_verification', answer: '{/challenge}' },
    refusal: { 'X-Slack-No-Retry': '1' },
  },
  shopify: {
    proof: {
      header: 'X-Shopify-Hmac-Sha256',
      algorithm: 'SHA-256',
      encoding: 'base64',
      form: 'plain',
      prefix: '',
      signed: '{body}',
    },
    body: 'document',
    eventType: 'shopify/{header:X-Shopify-Topic}',
    mapping: {
      id: '{header:X-Shopify-Webhook-Id}',
      path: 'shopify/{header:X-Shopify-Shop-Domain}/{header:X-Shopify-Topic}',
      metadata: {
        operation: '{header:X-Shopify-Topic}',
        shop: '{header:X-Shopify-Shop-Domain}',
        object_id: '{/admin_graphql_api_id|/id}',
        name: '/name',
        api_version: '{header:X-Shopify-API-Version}',
      },
    },
  },
  hmac: {
    proof: 'settings',
    body: 'document',
    eventType: `{source}/{${TYPE}}`,
    mapping: { path: `{source}/{${TYPE}}`, metadata: { body: '' } },
  },
  token: {
    proof: 'token',
    body: 'document',
    eventType: `{source}/{${TYPE}}`,
    mapping: { path: `{source}/{${TYPE}}`, metadata: { body: '' } },
  },
  'vault-audit': { proof: 'token', body: 'audit', eventType: '', mapping: {} },
};

/** What becomes of a CloudEvent, of any kind of source that says nothing of it. */
export const CLOUDEVENTS: { readonly eventType: string; readonly mapping: MappingSettings } = {
  eventType: '{source}/{/type}',
  mapping: {
    id: '{/id}',
    path: '{source}/{/subject|/type}',
    time: '{/time}',
    metadata: {
      type: '/type',
      subject: '/subject',
      dataschema: '/dataschema',
      data: '/data',
      data_base64: '/data_base64',
    },
  },
};
