/** Shops and payments. */
import type { Kind } from '../kind.ts';
import { signature } from '../signature.ts';

export const COMMERCE = {
  stripe: {
    proof: [
      signature({
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
  shopify: {
    proof: [
      signature({
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
} satisfies Record<string, Kind>;
