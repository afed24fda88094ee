/** Where the events of vendors belong: each has a path, by which policies decide; without one, only root may see it. */
import { expect, it } from 'vitest';
import { readDelivery } from '../../src/ingest/webhooks/read-delivery.ts';
import { checkSettings } from '../../src/ingest/webhooks/settings/settings.ts';
import { compileSource } from '../../src/ingest/webhooks/source.ts';
import { accepted, failureOf } from './support/result.ts';
import { sentWith } from './support/sent.ts';

interface Case {
  readonly kind: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
  readonly metadata: object;
}

const CASES: Readonly<Record<string, Case>> = {
  'GitHub, of a security advisory, which nobody has sent': {
    kind: 'github',
    headers: { 'X-GitHub-Event': 'security_advisory' },
    body: { action: 'published', security_advisory: { ghsa_id: 'GHSA-1' } },
    metadata: { path: 'github/none', action: 'published' },
  },
  'GitHub, of an enterprise': {
    kind: 'github',
    headers: { 'X-GitHub-Event': 'organization' },
    body: { enterprise: { slug: 'acme-inc' }, sender: { login: 'mona' } },
    metadata: { path: 'github/acme-inc' },
  },
  'GitLab, of a project that somebody has made': {
    kind: 'gitlab',
    body: { event_name: 'project_create', path_with_namespace: 'acme/site' },
    metadata: { path: 'gitlab/acme/site', project: 'acme/site' },
  },
  'GitLab, of a user, whom no project has': {
    kind: 'gitlab',
    body: { event_name: 'user_create', username: 'mona' },
    metadata: { path: 'gitlab/instance', user: 'mona' },
  },
  'Slack, whose channel and user are objects': {
    kind: 'slack',
    body: {
      type: 'event_callback',
      team_id: 'T1',
      event: { type: 'channel_created', channel: { id: 'C1', name: 'fun' }, user: { id: 'U1' } },
    },
    metadata: { path: 'slack/T1/C1', channel: 'C1', user: 'U1' },
  },
  'Slack, of an app that a whole enterprise has': {
    kind: 'slack',
    body: { type: 'block_actions', team: null, enterprise: { id: 'E1' }, user: { id: 'U1' } },
    metadata: { path: 'slack/E1/none', user: 'U1' },
  },
  'Stripe, a thin event': {
    kind: 'stripe',
    body: {
      id: 'evt_1',
      object: 'v2.core.event',
      type: 'v1.billing.meter.error_report_triggered',
      related_object: { id: 'mtr_1', type: 'billing.meter' },
    },
    metadata: { path: 'stripe/billing.meter/mtr_1', object: 'billing.meter', object_id: 'mtr_1' },
  },
  'Microsoft Graph, of the subscription itself': {
    kind: 'microsoft-graph',
    body: { value: [{ subscriptionId: 's', tenantId: 't', lifecycleEvent: 'missed' }] },
    metadata: { path: 'microsoft-graph/t/none', operation: 'missed', subscription: 's' },
  },
};

it.each(Object.entries(CASES))('%s', async (_what, { kind, headers = {}, body, metadata }) => {
  const source = accepted(
    compileSource('from', accepted(checkSettings('from', { kind })), ['12345678']),
  );
  if (source.body !== 'document') throw new Error('it has documents');
  const reading = accepted(await readDelivery(source, sentWith(headers, JSON.stringify(body)), {}));
  expect(reading).toMatchObject({ events: [{ body: { metadata } }] });
});

it('have no path made of bytes that are not UTF-8', async () => {
  const settings = { kind: 'token', event_type: 'shop/sold', mapping: { path: 'shop/{/name}' } };
  const source = accepted(
    compileSource('from', accepted(checkSettings('from', settings)), ['12345678']),
  );
  if (source.body !== 'document') throw new Error('it has documents');
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const reading = failureOf(await readDelivery(source, sentWith(form, 'name=caf%E9'), {}));
  expect(reading.message).toContain('is not UTF-8, and cannot stand in a path');
});
