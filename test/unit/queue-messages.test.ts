/** What Cloudflare's products send to queues, as its documentation has it, and the events that it makes. */
import { describe, expect, it } from 'vitest';
import { readDelivery } from '../../src/ingest/webhooks/read-delivery.ts';
import { checkSettings } from '../../src/ingest/webhooks/settings/settings.ts';
import { compileSource, type DocumentSource } from '../../src/ingest/webhooks/source.ts';
import { accepted } from './support/result.ts';
import { sentWith } from './support/sent.ts';

function sourceOf(settings: object = {}): DocumentSource {
  const checked = accepted(checkSettings('cloudflare', { kind: 'queue', ...settings }));
  const source = accepted(compileSource('cloudflare', checked, []));
  if (source.body !== 'document') throw new Error('it has no documents');
  return source;
}

const SENT = '2026-12-01T10:00:00.000Z';

/** The members of the one event that a message makes. */
async function eventOf(message: unknown, settings?: object): Promise<Record<string, unknown>> {
  const proof = { id: 'id-of-the-message', timestamp: SENT };
  const sent = sentWith({}, JSON.stringify(message));
  const reading = accepted(await readDelivery(sourceOf(settings), sent, proof));
  if (reading.kind !== 'events') throw new Error('it is a challenge');
  expect(reading.missing).toEqual([]);
  expect(reading.events).toHaveLength(1);
  return reading.events[0]?.body ?? {};
}

const METADATA = {
  accountId: 'f9f79265f388666de8122cfb508d7776',
  eventSubscriptionId: '1830c4bb612e43c3af7f4cada31fbf3f',
  eventSchemaVersion: 1,
  eventTimestamp: '2025-05-01T02:48:57.132Z',
};

function subscribed(type: string, source: object, payload: object): object {
  return { type, source, payload, metadata: METADATA };
}

describe('an event subscription of Cloudflare', () => {
  it.each([
    [
      'R2',
      subscribed('cf.r2.bucket.created', { type: 'r2' }, { name: 'my-bucket', location: 'WNAM' }),
      'cloudflare/r2/my-bucket',
    ],
    [
      'KV',
      subscribed('cf.kv.namespace.created', { type: 'kv' }, { id: 'ns-1234', name: 'my-kv' }),
      'cloudflare/kv/my-kv',
    ],
    [
      'Workers Builds',
      subscribed(
        'cf.workersBuilds.worker.build.failed',
        { type: 'workersBuilds.worker', workerName: 'my-worker' },
        { buildUuid: 'build-1234', status: 'failed', buildOutcome: 'failure', stoppedAt: null },
      ),
      'cloudflare/workersBuilds.worker/my-worker',
    ],
    [
      'Workers',
      subscribed(
        'cf.workers.script.deployment.created',
        { type: 'workers.script', id: '9a7c3f21' },
        { name: 'my-worker', id: 'bcf48806' },
      ),
      'cloudflare/workers.script/9a7c3f21',
    ],
    [
      'Workflows',
      subscribed(
        'cf.workflows.workflow.instance.errored',
        { type: 'workflows.workflow', workflowName: 'my-workflow' },
        { versionId: 'v1', instanceId: 'inst-1234' },
      ),
      'cloudflare/workflows.workflow/my-workflow',
    ],
    [
      'Workers AI',
      subscribed(
        'cf.workersAi.model.batch.succeeded',
        { type: 'workersAi.model', modelName: '@cf/baai/bge-base-en-v1.5' },
        { requestId: 'req-1234' },
      ),
      'cloudflare/workersAi.model/@cf/baai/bge-base-en-v1.5',
    ],
    [
      'Vectorize',
      subscribed('cf.vectorize.index.deleted', { type: 'vectorize' }, { name: 'my-index' }),
      'cloudflare/vectorize/my-index',
    ],
    [
      'Super Slurper',
      subscribed('cf.superSlurper.job.paused', { type: 'superSlurper' }, { id: 'job-1234' }),
      'cloudflare/superSlurper/job-1234',
    ],
    [
      'Super Slurper, an object',
      subscribed(
        'cf.superSlurper.job.object.migrated',
        { type: 'superSlurper.job', jobId: 'job-1234' },
        { key: 'migrations/file.txt' },
      ),
      'cloudflare/superSlurper.job/job-1234',
    ],
    [
      'Artifacts',
      subscribed(
        'cf.artifacts.repo.pushed',
        { type: 'artifacts.repo', namespace: 'my-namespace', repoName: 'my-repo' },
        { ref: 'refs/heads/main' },
      ),
      'cloudflare/artifacts.repo/my-namespace',
    ],
    [
      'Browser Run',
      subscribed('cf.browserRun.crawl.started', { type: 'browserRun' }, { jobId: 'crawl-1234' }),
      'cloudflare/browserRun/crawl-1234',
    ],
    [
      'a product that nobody knows',
      subscribed('cf.quantum.started', { type: 'quantum' }, {}),
      'cloudflare/quantum/none',
    ],
  ])(
    'of %s has the type of Cloudflare below the name of the source',
    async (_product, message, path) => {
      const { type, source, payload } = message as Readonly<Record<string, unknown>>;
      expect(await eventOf(message)).toEqual({
        event_type: `cloudflare/${String(type)}`,
        id: 'id-of-the-message',
        time: METADATA.eventTimestamp,
        metadata: {
          operation: type,
          account: METADATA.accountId,
          subscription: METADATA.eventSubscriptionId,
          schema_version: 1,
          source,
          payload,
          path,
        },
      });
    },
  );

  it.each([
    ['no subscription', { eventTimestamp: METADATA.eventTimestamp }],
    ['no metadata', undefined],
  ])('is an ordinary message if it has %s', async (_what, metadata) => {
    const message = { type: 'cf.r2.bucket.created', source: { type: 'r2' }, metadata };
    expect(await eventOf(message)).toEqual({
      event_type: 'cloudflare/cf.r2.bucket.created',
      id: 'id-of-the-message',
      time: SENT,
      metadata: {
        body: JSON.parse(JSON.stringify(message)) as unknown,
        path: 'cloudflare/cf.r2.bucket.created',
      },
    });
  });
});

const NOTIFICATION = {
  account: '3f4b7e3dcab231cbfdaa90a6a28bd548',
  action: 'CopyObject',
  bucket: 'my-bucket',
  object: { key: 'images/new.png', size: 65536, eTag: 'c846ff7a18f28c2e262116d6e8719ef0' },
  eventTime: '2024-05-24T19:36:44.379Z',
  copySource: { bucket: 'my-bucket', object: 'my-original-object' },
};

describe('a notification of R2', () => {
  it('has the object as its path', async () => {
    expect(await eventOf(NOTIFICATION)).toEqual({
      event_type: 'cloudflare/r2/CopyObject',
      id: 'id-of-the-message',
      time: NOTIFICATION.eventTime,
      metadata: {
        operation: 'CopyObject',
        account: NOTIFICATION.account,
        bucket: 'my-bucket',
        key: 'images/new.png',
        size: 65536,
        etag: NOTIFICATION.object.eTag,
        copy_source: NOTIFICATION.copySource,
        path: 'cloudflare/r2/my-bucket/images/new.png',
      },
    });
  });

  it('of a deleted object has neither size nor tag', async () => {
    const { copySource: _, ...others } = NOTIFICATION;
    const message = { ...others, action: 'DeleteObject', object: { key: 'old.png' } };
    expect(await eventOf(message)).toMatchObject({
      event_type: 'cloudflare/r2/DeleteObject',
      metadata: { path: 'cloudflare/r2/my-bucket/old.png' },
    });
  });

  it.each(['../other-bucket/x', 'a//b', 'a/./b'])(
    'with the key %s, which no path may have, has the path "none"',
    async (key) => {
      const event = await eventOf({ ...NOTIFICATION, object: { key } });
      expect(event.metadata).toMatchObject({ path: 'cloudflare/r2/my-bucket/none', key });
    },
  );
});

describe('the rules of a source', () => {
  it('replace those of each shape', async () => {
    const settings = {
      event_type: 'storage/changed',
      mapping: { path: 'storage/{/bucket|/payload/name}', metadata: { who: '/account' } },
    };
    expect(await eventOf(NOTIFICATION, settings)).toEqual({
      event_type: 'storage/changed',
      id: 'id-of-the-message',
      time: NOTIFICATION.eventTime,
      metadata: { who: NOTIFICATION.account, path: 'storage/my-bucket' },
    });
    const created = subscribed('cf.r2.bucket.created', { type: 'r2' }, { name: 'my-bucket' });
    expect(await eventOf(created, settings)).toMatchObject({
      event_type: 'storage/changed',
      metadata: { path: 'storage/my-bucket' },
    });
  });
});
