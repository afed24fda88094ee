/** `/v1/sys/events/sources/…`: who may send deliveries, how they are verified, and which events they become. */
import { requestKeysOf } from '../../../config/derived-keys.ts';
import { NO_SEALING_KEY } from '../../../config/sealing.ts';
import { whyReserved } from '../../../event/reserved-type.ts';
import type { CheckedEvent } from '../../../ingest/read-events.ts';
import { checkReadToken, checkSecrets } from '../../../ingest/webhooks/settings/secrets.ts';
import {
  checkSettings,
  checkSourceName,
  findKind,
  shownSettings,
} from '../../../ingest/webhooks/settings/settings.ts';
import { claimedProof } from '../../../ingest/webhooks/verify-delivery.ts';
import { HIDDEN } from '../../../lib/hidden.ts';
import { isJsonObject, unknownKey, withoutNulls } from '../../../lib/json.ts';
import { kindOf, quote } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { pathOfKey, ROOT } from '../../../namespace/namespace.ts';
import { callAuthority } from '../../../objects/stubs.ts';
import { auditCall } from '../../audit-log.ts';
import type { Call, Endpoints } from '../../endpoint-types.ts';
import { adviceOnEvents } from '../../publishing/advice.ts';
import { done, list, refuse, succeed } from '../../respond.ts';
import { workerCaches } from '../../worker-caches.ts';
import { keyWarnings } from '../key-warnings.ts';
import {
  deliveryOf,
  eventDefaults,
  eventsAsTold,
  readAuditRequests,
  readWebhook,
} from './delivery-events.ts';
import { messageProof } from './queue-message.ts';
import { serverToRead } from './server-to-read.ts';
import { findSource } from './source-lookup.ts';

export const SOURCE_ENDPOINTS: Endpoints = {
  'sys/events/sources': { list: listSources },
  'sys/events/sources/:name': {
    read: readSource,
    update: writeSource,
    delete: deleteSource,
    exists: async (call) => (await sourceOf(call)) !== undefined,
  },
  'sys/events/sources/:name/test': { update: testSource },
};

async function listSources({ env, var: { namespace } }: Call): Promise<Response> {
  return list(await callAuthority(env, namespace, (authority) => authority.sourceNames()));
}

async function readSource(call: Call): Promise<Response> {
  const source = await sourceOf(call);
  if (source === undefined) return refuse({ reason: 'not_found' });
  const { settings, secrets, key = 'current' } = source;
  const { read } = settings;
  const path = pathOfKey(call.var.namespace);
  const shown = {
    ...shownSettings(settings),
    ...(read && { read: { ...read, token: HIDDEN } }),
    secrets: Array.from({ length: secrets }, () => HIDDEN),
    ...(findKind(settings.kind)?.arrivesBy !== 'queue' && {
      address: `/v1/${path}${path && '/'}sys/events/in/${call.var.name}`,
    }),
  };
  return succeed(
    shown,
    keyWarnings(key, 'list the sources to encrypt all of them under the first'),
  );
}

async function writeSource(call: Call): Promise<Response> {
  const { env } = call;
  const { name, body, namespace, config } = call.var;
  const checkedName = checkSourceName(name);
  if (!checkedName.ok) return refuse(checkedName.failure);
  const reserved = whyReserved(name);
  if (reserved !== undefined) return refuse(invalid(`source ${quote(name)}: ${reserved}`).failure);
  const given = withoutNulls(body);
  const settings = checkSettings(name, given);
  if (!settings.ok) return refuse(settings.failure);
  if (settings.value.upstream === true && namespace !== ROOT) {
    // Its entries could use up the ids of what passes through this server.
    return refuse(
      invalid('a source with "upstream" belongs into the root namespace, as the upstream does')
        .failure,
    );
  }
  const secrets = checkSecrets(given.secrets, settings.value);
  if (!secrets.ok) return refuse(secrets.failure);
  const readToken = checkReadToken(given.read);
  if (!readToken.ok) return refuse(readToken.failure);
  const server =
    settings.value.read === undefined ? ok(undefined) : serverToRead(settings.value.read, env);
  if (!server.ok) return refuse(server.failure);
  if (!config.canSeal) return refuse({ reason: 'not_configured', message: NO_SEALING_KEY });
  const written = await callAuthority(env, namespace, (authority) =>
    authority.putSource(name, settings.value, secrets.value, readToken.value),
  );
  if (!written.ok) return refuse(written.failure);
  workerCaches.sourceChanged();
  if (settings.value.read !== undefined && written.value === undefined) {
    return refuse({ reason: 'unavailable', message: EARLIER_RELEASE });
  }
  auditCall(call, 'source_written', { source: name });
  return done();
}

const EARLIER_RELEASE =
  'the source is written, but without read.token: an earlier release still serves this namespace for some minutes; write the source again then';

async function deleteSource(call: Call): Promise<Response> {
  await callAuthority(call.env, call.var.namespace, (authority) =>
    authority.deleteSource(call.var.name),
  );
  workerCaches.sourceChanged();
  auditCall(call, 'source_deleted', { source: call.var.name });
  return done();
}

/** Shows what a delivery would become. It is not verified, and nothing is published. */
async function testSource({
  env,
  var: { namespace, name, config, body },
}: Call): Promise<Response> {
  const sample = readSample(body);
  if (!sample.ok) return refuse(sample.failure);
  const found = await findSource(env, namespace, name);
  if (!found.ok) return refuse(found.failure);
  const source = found.value;
  if (source === undefined) return refuse({ reason: 'not_found' });
  const defaults = eventDefaults(source, namespace, config, Date.now());
  const { request, body: sent } = sample.value;
  if (source.body === 'audit') {
    const requests = readAuditRequests(source, sent, requestKeysOf(env));
    const { events, dropped } = eventsAsTold(source, requests, defaults);
    return succeed({ events: framesOf(events), dropped });
  }
  const delivery = deliveryOf(source, request, new URLSearchParams(), sent);
  const proof =
    source.kind.arrivesBy === 'queue'
      ? messageProof('id-of-the-message', new Date(defaults.now))
      : claimedProof(source, delivery);
  const reading = await readWebhook(source, delivery, proof, defaults);
  if (!reading.ok) return refuse(reading.failure);
  if (reading.value.kind === 'challenge') {
    return succeed({ handshake: reading.value.reply.body });
  }
  const { events, missing } = reading.value;
  return succeed({ events: framesOf(events) }, [...missing, ...adviceOnEvents(events)]);
}

function framesOf(events: readonly CheckedEvent[]): unknown[] {
  return events.map(({ json }) => JSON.parse(json) as unknown);
}

function sourceOf({ env, var: { namespace, name } }: Call) {
  return callAuthority(env, namespace, (authority) => authority.source(name));
}

/** A delivery that an operator describes, to see what a source makes of it. */
interface Sample {
  readonly request: Request;
  readonly body: Uint8Array;
}

const SAMPLE_KEYS = ['headers', 'body'];

/** @param given if its `body` is not a string, it stands for its JSON */
function readSample(given: Readonly<Record<string, unknown>>): Result<Sample> {
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
    body: new TextEncoder().encode(text),
  });
}
