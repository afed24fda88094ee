/** Messages of Cloudflare Queues: what Cloudflare's own products send, and anything else. */
import { isJsonObject } from '../../../lib/json.ts';
import { TYPE } from './custom.ts';
import type { Kind, Shape } from './kind.ts';

/** What names the thing that an event is about. It is in the source, or else in the payload, of which each product has its own. */
const SUBJECT = [
  '/source/workerName',
  '/source/workflowName',
  '/source/modelName',
  '/source/jobId',
  '/source/liveInputId',
  '/source/domain',
  '/source/namespace',
  '/source/id',
  '/payload/name',
  '/payload/id',
  '/payload/jobId',
  '"none"',
].join('|');

/** An event subscription of Cloudflare: R2, KV, Workers Builds, Workflows, Workers AI, Vectorize, Super Slurper and others. */
const EVENT_SUBSCRIPTION: Shape = {
  matches: (document) =>
    isJsonObject(document) &&
    typeof document.type === 'string' &&
    document.type.startsWith('cf.') &&
    isJsonObject(document.source) &&
    typeof document.source.type === 'string' &&
    isJsonObject(document.metadata) &&
    typeof document.metadata.eventSubscriptionId === 'string',
  eventType: '{source}/{/type}',
  mapping: {
    // `eventSubscriptionId` is that of the subscription; the events have no id.
    id: '{id}',
    path: `{source}/{/source/type}/{${SUBJECT}}`,
    time: '{/metadata/eventTimestamp}',
    metadata: {
      operation: '/type',
      account: '/metadata/accountId',
      subscription: '/metadata/eventSubscriptionId',
      schema_version: '/metadata/eventSchemaVersion',
      source: '/source',
      payload: '/payload',
    },
  },
};

/** A notification of a bucket of R2: an object was written or deleted. */
const R2_NOTIFICATION: Shape = {
  matches: (document) =>
    isJsonObject(document) &&
    typeof document.account === 'string' &&
    typeof document.action === 'string' &&
    typeof document.bucket === 'string' &&
    typeof document.eventTime === 'string' &&
    isJsonObject(document.object) &&
    typeof document.object.key === 'string',
  eventType: '{source}/r2/{/action}',
  mapping: {
    id: '{id}',
    path: '{source}/r2/{/bucket}/{/object/key|"none"}',
    time: '{/eventTime}',
    metadata: {
      operation: '/action',
      account: '/account',
      bucket: '/bucket',
      key: '/object/key',
      size: '/object/size',
      etag: '/object/eTag',
      copy_source: '/copySource',
    },
  },
};

export const QUEUE = {
  queue: {
    arrivesBy: 'queue',
    verifiers: [],
    secrets: 'none',
    body: 'document',
    eventType: `{source}/{${TYPE}}`,
    mapping: {
      id: '{id}',
      path: `{source}/{${TYPE}}`,
      time: '{timestamp}',
      metadata: { body: '' },
    },
    shapes: [EVENT_SUBSCRIPTION, R2_NOTIFICATION],
  },
} satisfies Record<string, Kind>;
