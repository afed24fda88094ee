/** Shops and payments. */
import { isJsonObject } from '../../../lib/json.ts';
import { type ChallengeRequest, EMPTY_REPLY, type VendorReply } from '../challenges/challenge.ts';
import { stringAt } from '../pointer.ts';
import { hmacSignature } from '../verifiers/hmac-signature.ts';
import type { Kind } from './kind.ts';

export const COMMERCE = {
  stripe: {
    verifiers: [
      hmacSignature({
        header: 'Stripe-Signature',
        algorithm: 'SHA-256',
        encoding: 'hex',
        form: 'pairs',
        prefix: 'v1',
        signed: '{timestamp}.{body}',
        timestampPair: 't',
      }),
    ],
    body: 'document',
    eventType: 'stripe/{/type}',
    mapping: {
      id: '{/id}',
      path: 'stripe/{/data/object/object|/related_object/type|"event"}/{/data/object/id|/related_object/id|/id}',
      time: '{/created}',
      metadata: {
        operation: '/type',
        object: '{/data/object/object|/related_object/type}',
        object_id: '{/data/object/id|/related_object/id}',
        customer: '/data/object/customer',
        status: '/data/object/status',
        account: '/account',
        livemode: '/livemode',
        api_version: '/api_version',
      },
    },
  },
  shopify: {
    verifiers: [
      hmacSignature({
        header: 'X-Shopify-Hmac-Sha256',
        algorithm: 'SHA-256',
        encoding: 'base64',
        form: 'plain',
        prefix: '',
        signed: '{body}',
      }),
    ],
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
  paddle: {
    verifiers: [
      hmacSignature({
        header: 'Paddle-Signature',
        algorithm: 'SHA-256',
        encoding: 'hex',
        form: 'pairs',
        prefix: 'h1',
        signed: '{timestamp}:{body}',
        timestampPair: 'ts',
      }),
    ],
    body: 'document',
    eventType: 'paddle/{/event_type}',
    mapping: {
      id: '{/event_id}',
      path: 'paddle/{/event_type}/{/data/id|"none"}',
      time: '{/occurred_at}',
      metadata: {
        operation: '/event_type',
        object_id: '/data/id',
        customer: '/data/customer_id',
        subscription: '/data/subscription_id',
        status: '/data/status',
        notification: '/notification_id',
      },
    },
  },
  woocommerce: {
    verifiers: [
      hmacSignature({
        header: 'X-WC-Webhook-Signature',
        algorithm: 'SHA-256',
        encoding: 'base64',
        form: 'plain',
        prefix: '',
        signed: '{body}',
      }),
    ],
    body: 'document',
    eventType: 'woocommerce/{header:X-WC-Webhook-Topic}',
    mapping: {
      // No id: two deliveries in the same second have the same delivery id.
      path: 'woocommerce/{header:X-WC-Webhook-Topic}/{/id|"none"}',
      metadata: {
        operation: '{header:X-WC-Webhook-Topic}',
        shop: '{header:X-WC-Webhook-Source}',
        object_id: '/id',
        status: '/status',
        name: '/name',
        delivery: '{header:X-WC-Webhook-Delivery-ID}',
      },
    },
    challenge: { unverified: woocommercePing },
  },
} satisfies Record<string, Kind>;

/** Sent when a webhook is saved. It is not signed, and contains only the id of the webhook. */
function woocommercePing({ method, document }: ChallengeRequest): VendorReply | undefined {
  const isPing =
    isJsonObject(document) &&
    Object.keys(document).join() === 'webhook_id' &&
    stringAt('/webhook_id', document) !== undefined;
  return method === 'POST' && isPing ? EMPTY_REPLY : undefined;
}
