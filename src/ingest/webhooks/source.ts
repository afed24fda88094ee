/** A source, ready to receive: who is believed, and what its deliveries become. Pure. */
import { hexOf } from '../../hex.ts';
import { MAX_PUBLISH_EVENTS } from '../../limits.ts';
import { at, invalid, ok, type Result, tooLarge } from '../../result.ts';
import { sha256 } from '../../sha256.ts';
import { readDocuments } from './documents.ts';
import { CLOUDEVENTS, KINDS, type Kind } from './kinds.ts';
import { compileMapping, type Mapping, map } from './mapping.ts';
import { apply, type Delivery, parseRule, type Rule } from './rule.ts';
import { checkSettings, type SourceSettings, schemeOf, shownSettings } from './settings.ts';
import { type Doubt, verify } from './signature.ts';

interface AnySource {
  readonly name: string;
  readonly settings: SourceSettings;
  readonly secrets: readonly string[];
  readonly kind: Kind;
}

/** Its deliveries are documents: rules make events of them. */
export interface DocumentSource extends AnySource {
  readonly body: 'document';
  /** Of what is no CloudEvent. */
  readonly mapping: Mapping;
  readonly cloudEventMapping: Mapping;
  readonly handshake: Handshake | undefined;
}

/** Its deliveries are entries of an audit device. */
export interface AuditSource extends AnySource {
  readonly body: 'audit';
  /** The versions of kv mounts, where told. */
  readonly mounts: ReadonlyMap<string, 1 | 2>;
}

export type Source = DocumentSource | AuditSource;

interface Handshake {
  readonly when: Rule;
  readonly is: string;
  readonly answer: Rule | undefined;
}

/** An event as a producer would have posted it, and where it stands in the delivery. */
export interface MappedEvent {
  readonly body: Readonly<Record<string, unknown>>;
  readonly where: string;
}

/** What a delivery is. */
export type Reading =
  | { readonly events: readonly MappedEvent[] }
  /** Whether anybody is there: answered with this text. */
  | { readonly handshake: string };

/** @param stored by this or another release: what this one could not have written is refused */
export function compileSource(
  name: string,
  stored: SourceSettings,
  secrets: readonly string[],
): Result<Source> {
  const kind = Object.hasOwn(KINDS, stored.kind) ? KINDS[stored.kind] : undefined;
  if (kind === undefined) return invalid(`the source ${name} is of an unknown kind`);
  const checked = checkSettings(name, shownSettings(stored));
  if (!checked.ok) return checked;
  const settings = checked.value;
  const source = { name, settings, secrets, kind };
  if (kind.body === 'audit') {
    return ok({
      ...source,
      body: kind.body,
      mounts: new Map(Object.entries(settings.mounts ?? {})),
    });
  }
  const { event_type: eventType } = settings;
  const mapping = compileMapping(name, kind, eventType, settings.mapping);
  if (!mapping.ok) return mapping;
  const cloudEventMapping = compileMapping(name, CLOUDEVENTS, eventType, settings.mapping);
  if (!cloudEventMapping.ok) return cloudEventMapping;
  const handshake = compileHandshake(kind, name);
  if (!handshake.ok) return handshake;
  return ok({
    ...source,
    body: kind.body,
    mapping: mapping.value,
    cloudEventMapping: cloudEventMapping.value,
    handshake: handshake.value,
  });
}

function compileHandshake({ handshake }: Kind, name: string): Result<Handshake | undefined> {
  if (handshake === undefined) return ok(undefined);
  const when = parseRule(handshake.when, 'handshake.when', name);
  if (!when.ok) return when;
  const answer =
    handshake.answer === undefined
      ? ok(undefined)
      : parseRule(handshake.answer, 'handshake.answer', name);
  if (!answer.ok) return answer;
  return ok({ when: when.value, is: handshake.is, answer: answer.value });
}

/**
 * Whether a delivery comes from whom the source is for. Nothing of the body is read for it.
 *
 * @param token the one that the request was sent with
 * @param now Unix milliseconds
 */
export async function doubtOf(
  { settings, secrets }: Source,
  { headers, body }: { readonly headers: Headers; readonly body: Uint8Array },
  token: string | undefined,
  now: number,
): Promise<Doubt> {
  const scheme = schemeOf(settings);
  if (scheme !== undefined) {
    return verify(scheme, secrets, headers, body, now, settings.tolerance);
  }
  if (token === undefined) {
    return 'the secret of the source is missing; send it as X-Vault-Token or as Authorization: Bearer';
  }
  const given = await sha256(token);
  let isKnown = false;
  for (const secret of secrets) {
    // No early end: the time says nothing of which secret it was.
    if (crypto.subtle.timingSafeEqual(given, await sha256(secret))) isKnown = true;
  }
  return isKnown ? undefined : 'the secret of the source is wrong';
}

/** What a delivery says. */
export async function readDelivery(
  source: DocumentSource,
  headers: Headers,
  body: Uint8Array,
): Promise<Result<Reading>> {
  const isSigned = schemeOf(source.settings) !== undefined;
  const read = readDocuments(headers, body, isSigned);
  if (!read.ok) return read;
  const { documents, isCloudEvents } = read.value;
  if (documents.length > MAX_PUBLISH_EVENTS) {
    return tooLarge(
      `the delivery has ${documents.length} events, at most ${MAX_PUBLISH_EVENTS} are allowed`,
    );
  }
  const digest = hexOf(new Uint8Array(await sha256(body)));
  const events: MappedEvent[] = [];
  for (const [index, { document, where }] of documents.entries()) {
    const delivery: Delivery = { header: (name) => headers.get(name), document };
    const handshake = isCloudEvents ? undefined : answerTo(source.handshake, delivery);
    if (handshake !== undefined) return ok({ handshake });
    const mapping = isCloudEvents ? source.cloudEventMapping : source.mapping;
    const event = map(mapping, delivery, index === 0 ? digest : `${digest}.${index}`);
    if (!event.ok) return at(where, event.failure);
    const own = isCloudEvents ? { source: (document as { source: unknown }).source } : {};
    events.push({ body: { ...event.value, ...own }, where });
  }
  return ok({ events });
}

function answerTo(handshake: Handshake | undefined, delivery: Delivery): string | undefined {
  if (handshake === undefined) return undefined;
  const asked = apply(handshake.when, delivery);
  if (!asked.ok || asked.value !== handshake.is) return undefined;
  const answer = handshake.answer && apply(handshake.answer, delivery);
  return (answer?.ok && answer.value) || '';
}
