/** `/v1/sys/events/sources/…`: from whom events are received, how they prove it, and what they become. */
import { NO_SEALING_KEY } from '../../config/sealing.ts';
import { factsOf } from '../../event/facts.ts';
import type { CheckedEvent } from '../../ingest/read-events.ts';
import { checkSecrets, HIDDEN } from '../../ingest/webhooks/secrets.ts';
import { checkSettings, checkSourceName, shownSettings } from '../../ingest/webhooks/settings.ts';
import { claimedProof } from '../../ingest/webhooks/source.ts';
import { isJsonObject, unknownKey, withoutNulls } from '../../lib/json.ts';
import { kindOf, quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { pathOfKey } from '../../namespace/namespace.ts';
import { authorityStub, callAuthority } from '../../objects/stubs.ts';
import { audit } from '../audit-log.ts';
import { actorOf } from '../authentication/caller.ts';
import type { Call, Endpoint } from '../endpoint.ts';
import { adviceOnPublications } from '../publishing/advice.ts';
import { done, list, refuse, succeed } from '../respond.ts';
import { workerCaches } from '../worker-caches.ts';
import { readDocuments, readEntries, sentTo } from './delivery.ts';
import { openSource } from './open-source.ts';

export const listSources: Endpoint = {
  operation: 'list',
  run: async ({ env, var: { namespace } }) =>
    list(await callAuthority(env, namespace, (authority) => authority.sourceNames())),
};

export const readSource: Endpoint = {
  operation: 'read',
  run: async (call) => {
    const source = await sourceOf(call);
    if (source === undefined) return refuse({ reason: 'not_found' });
    const { settings, secrets } = source;
    const path = pathOfKey(call.var.namespace);
    return succeed({
      ...shownSettings(settings),
      secrets: Array.from({ length: secrets }, () => HIDDEN),
      address: `/v1/${path}${path && '/'}sys/events/in/${call.var.name}`,
    });
  },
};

export const writeSource: Endpoint = {
  operation: 'update',
  exists: async (call) => (await sourceOf(call)) !== undefined,
  run: async (call) => {
    const { env } = call;
    const { name, body, namespace, config } = call.var;
    const checkedName = checkSourceName(name);
    if (!checkedName.ok) return refuse(checkedName.failure);
    const given = withoutNulls(body);
    const settings = checkSettings(name, given);
    if (!settings.ok) return refuse(settings.failure);
    const secrets = checkSecrets(given.secrets, settings.value);
    if (!secrets.ok) return refuse(secrets.failure);
    if (!config.canSeal) return refuse({ reason: 'not_configured', message: NO_SEALING_KEY });
    const written = await authorityStub(env, namespace).putSource(
      name,
      settings.value,
      secrets.value,
    );
    if (!written.ok) return refuse(written.failure);
    workerCaches.sourceChanged();
    auditSource('source_written', call);
    return done();
  },
};

export const deleteSource: Endpoint = {
  operation: 'delete',
  run: async (call) => {
    await authorityStub(call.env, call.var.namespace).deleteSource(call.var.name);
    workerCaches.sourceChanged();
    auditSource('source_deleted', call);
    return done();
  },
};

/** Shows what a delivery would become; nothing is verified, and nothing published. */
export const testSource: Endpoint = {
  operation: 'update',
  run: async (call) => {
    const sample = sampleOf(call.var.body);
    if (!sample.ok) return refuse(sample.failure);
    const { env } = call;
    const { namespace, name, config } = call.var;
    const source = await openSource(env, namespace, name);
    if (source === undefined) return refuse({ reason: 'not_found' });
    if ('reason' in source) return refuse(source);
    const place = { namespace, config, now: Date.now() };
    if (source.body === 'audit') {
      const { events, dropped } = readEntries(source, sample.value.body, place);
      return succeed({ events: framesOf(events), dropped });
    }
    const sent = sentTo(source, sample.value, sample.value.body);
    const reading = await readDocuments(source, sent, claimedProof(source, sent), place);
    if (!reading.ok) return refuse(reading.failure);
    return 'handshake' in reading.value
      ? succeed({ handshake: reading.value.handshake.body })
      : succeed({ events: framesOf(reading.value.events) }, [
          ...reading.value.lacking,
          ...adviceOnEvents(reading.value.events),
        ]);
  },
};

function adviceOnEvents(events: readonly CheckedEvent[]): string[] {
  return adviceOnPublications(events.map(({ event }) => ({ facts: factsOf(event) })));
}

function framesOf(events: readonly CheckedEvent[]): unknown[] {
  return events.map(({ json }) => JSON.parse(json) as unknown);
}

interface Sample {
  readonly request: Request;
  readonly query: URLSearchParams;
  readonly body: Uint8Array;
}

const SAMPLE_KEYS = ['headers', 'body'];

/** @returns the delivery that a request describes: a body that is no text is sent as JSON */
function sampleOf(given: Readonly<Record<string, unknown>>): Result<Sample> {
  const sample = withoutNulls({ ...given });
  const unknown = unknownKey(sample, SAMPLE_KEYS);
  if (unknown !== undefined) {
    return invalid(`unknown key ${quote(unknown)}; there are ${SAMPLE_KEYS.join(', ')}`);
  }
  const { headers: named = {}, body } = sample;
  if (body === undefined) return invalid('missing body: what the sender would send');
  if (!isJsonObject(named)) return invalid(`headers must be an object, not ${kindOf(named)}`);
  const headers = new Headers();
  for (const [name, value] of Object.entries(named)) {
    if (typeof value !== 'string') {
      return invalid(`headers: ${quote(name)} must be a string, not ${kindOf(value)}`);
    }
    try {
      headers.set(name, value);
    } catch {
      return invalid(`headers: ${quote(name)} cannot be a header with the value ${quote(value)}`);
    }
  }
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return ok({
    request: new Request('https://sample.invalid', { method: 'POST', headers }),
    query: new URLSearchParams(),
    body: new TextEncoder().encode(text),
  });
}

function sourceOf({ env, var: { namespace, name } }: Call) {
  return callAuthority(env, namespace, (authority) => authority.source(name));
}

function auditSource(
  action: 'source_written' | 'source_deleted',
  { var: { namespace, name, caller } }: Call,
): void {
  audit(action, { namespace: pathOfKey(namespace), source: name, by: actorOf(caller) });
}
