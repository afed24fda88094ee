import { describe, expect, it } from 'vitest';
import type { EventAuthCase } from './support/cases.ts';
import { RUN } from './support/coverage.ts';
import { publish } from './support/publish.ts';
import { freshName, subscribeJson, target } from './support/target.ts';
import { ensureNamespace, type Holder, holderOf, succeed } from './support/vault.ts';

const cases = RUN.event_auth.filter((each) => each.kind === undefined);

describe('the holder of a token', () => {
  for (const authCase of cases) {
    const { id, policies, request_namespace, namespaces_params, event, allowed, note } = authCase;
    const what = note ?? policies.join(' ').replace(/\s+/g, ' ');
    it(`${id}: ${allowed ? 'gets' : 'does not get'} an event of ${event.event_type}: ${what}`, async () => {
      for (const namespace of [request_namespace, event.namespace])
        await ensureNamespace(namespace);
      const markerPath = `${freshName()}/marker`;
      await using holder = await holderFor(authCase, markerPath);
      const token = holder?.token ?? target.token;
      const { event_type } = event;
      await using subscriber = await subscribeJson(event_type, {
        token,
        namespace: request_namespace,
        namespaces: namespaces_params,
      });
      await using witness = await subscribeJson(event_type, { namespaces: ['*'] });

      const published = await publish(event_type, event);
      await witness.nextOf(published);
      // What it may see in any case, after all who may see the event were sent it.
      const marker = await publish(event_type, {
        namespace: request_namespace,
        metadata: { ...event.metadata, path: markerPath },
      });
      const heard = await subscriber.framesUntil(marker);
      expect(heard.some(({ bytes }) => bytes.includes(published))).toBe(allowed);

      const { data } = await succeed('sys/events/explain', {
        token,
        namespace: request_namespace,
        body: { pattern: event_type, namespaces: namespaces_params, event },
      });
      expect(data).toMatchObject({ delivered: allowed });
    });
  }
});

/**
 * A token with the policies of the case, and with the rights to subscribe, to see the marker and to ask
 * why; undefined where it is the root token.
 */
async function holderFor(
  { root_token, policies, request_namespace }: EventAuthCase,
  markerPath: string,
): Promise<Holder | undefined> {
  if (root_token) return undefined;
  const way = request_namespace && `${request_namespace}/`;
  return holderOf([
    ...policies,
    `path "${way}sys/events/subscribe/*" { capabilities = ["read"] }`,
    `path "${way}sys/events/explain" { capabilities = ["update"] }`,
    `path "${way}${markerPath}" { capabilities = ["list", "subscribe"] subscribe_event_types = ["*"] }`,
  ]);
}
