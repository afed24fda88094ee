/** Deliveries of any shape to sources of each kind: nothing fails, and no event belongs where its rule does not say. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEvent } from '../../src/ingest/read-events.ts';
import { readDelivery } from '../../src/ingest/webhooks/read-delivery.ts';
import { checkSettings } from '../../src/ingest/webhooks/settings/settings.ts';
import { compileSource, type DocumentSource } from '../../src/ingest/webhooks/source.ts';
import { KINDS } from '../../src/ingest/webhooks/vendors/all-kinds.ts';
import { accepted } from './support/result.ts';
import { areAllRuns, runs } from './support/runs.ts';
import { sentWith } from './support/sent.ts';

const DEFAULTS = { newId: () => 'an-id', now: 0, source: 'vault://here', namespace: 'team' };
/** What sources of some kinds need. */
const REQUIRED: Readonly<Record<string, object>> = {
  'aws-sns': { topic_arn: 'arn:aws:sns:us-east-1:123456789012:orders' },
  'google-pubsub': { audience: 'us', service_account: 'push@acme.iam.gserviceaccount.com' },
};

function sourceOf(kind: string): DocumentSource {
  const signature = kind === 'hmac' ? { signature: { header: 'X-S' } } : {};
  const settings = accepted(checkSettings('from', { kind, ...signature, ...REQUIRED[kind] }));
  const source = accepted(compileSource('from', settings, ['a-secret']));
  if (source.body !== 'document') throw new Error(`${kind} has no documents`);
  return source;
}

const odd = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  fc.constantFrom<unknown>(
    '..',
    '../../sys/x',
    '/a//b/',
    '%2e%2e/x',
    '\u{d800}',
    '\0',
    '\u{ff0e}\u{ff0e}/\u{ff0f}',
    'a\nb',
    Infinity,
    -0,
    1e21,
    { toString: 1, valueOf: 1 },
    ['a', 'b'],
    'x'.repeat(300),
  ),
);
/** Documents with the members that rules look at, and others. */
const document = fc.dictionary(
  fc.constantFrom(
    ...['type', 'event', 'event_type', 'id', 'action', 'repository', 'full_name', 'data', 'object'],
    ...['created', 'team_id', 'channel', 'subject', 'source', 'specversion', 'time', 'payload'],
    ...['__proto__', 'constructor', 'validate', 'challenge', 'sender', 'login', 'datacontenttype'],
  ),
  fc.oneof(odd, fc.dictionary(fc.constantFrom('type', 'object', 'id', 'full_name', 'login'), odd)),
);
const cloudEvent = document.map((members) => ({
  specversion: '1.0',
  id: 'x',
  source: 's',
  type: 't',
  ...members,
}));
const headers = fc.dictionary(
  fc.constantFrom(
    ...['X-GitHub-Event', 'X-GitHub-Delivery', 'X-Shopify-Topic', 'X-Shopify-Shop-Domain'],
    ...['webhook-id', 'ce-id', 'ce-type', 'ce-subject', 'ce-specversion', 'ce-source', 'ce-data'],
  ),
  fc.oneof(
    fc.constantFrom('..', '../x', 'a, b', '%2e%2e', '%ff', '"\\', '', '1.0', 'a\tb'),
    fc.stringMatching(/^[\x21-\x7e]{0,20}$/),
  ),
);
const contentType = fc.constantFrom(
  'application/json',
  'application/x-www-form-urlencoded',
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
  'text/plain',
);
const body = fc.oneof(
  document.map((each) => JSON.stringify(each)),
  cloudEvent.map((each) => JSON.stringify(each)),
  fc.array(cloudEvent, { maxLength: 3 }).map((each) => JSON.stringify(each)),
  odd.map((each) => JSON.stringify(each)),
  document.map((each) =>
    new URLSearchParams(
      Object.entries(each).map(([name, value]): [string, string] => [name, JSON.stringify(value)]),
    ).toString(),
  ),
  fc.string(),
);

describe.each(Object.keys(KINDS).filter((kind) => KINDS[kind]?.body === 'document'))(
  'anything that is sent to a source of kind %s',
  (kind) => {
    it('is refused, or an event below the segment that its rules begin with', async () => {
      const source = sourceOf(kind);
      let published = 0;
      await fc.assert(
        fc.asyncProperty(headers, contentType, body, async (given, type, text) => {
          const all = new Headers({ ...given, 'Content-Type': type });
          const sent = sentWith(all, text);
          const reading = await readDelivery(source, sent, { signed: sent.body });
          if (!reading.ok || reading.value.kind !== 'events') return;
          for (const mapped of reading.value.events) {
            const event = readEvent(
              { where: '', body: mapped.body, isCloudEvent: false },
              DEFAULTS,
            );
            if (!event.ok) continue;
            published++;
            const { event_type, namespace, metadata } = event.value.event;
            expect([kind, 'from']).toContain(event_type.split('/')[0]);
            expect(namespace).toBe('team/');
            const path = metadata?.path;
            if (path === undefined) continue;
            const segments = String(path).split('/');
            expect([kind, 'from']).toContain(segments[0]);
            for (const bad of ['', '.', '..']) expect(segments).not.toContain(bad);
          }
        }),
        { numRuns: runs(3000) },
      );
      // One in two hundred is an event.
      if (areAllRuns) expect(published).toBeGreaterThan(0);
    });
  },
);
