/** A source, ready to receive: who is believed, and what its deliveries become. Pure. */

import { failureAt, invalid, ok, type Result, tooLarge } from '../../lib/result.ts';
import { type Attributes, otherAttributes } from '../cloudevents/attributes.ts';
import { MAX_DELIVERY_EVENTS } from '../limits.ts';
import { type Documents, documentOf, type Located, readDocuments } from './documents.ts';
import { digestOf, numbered } from './event-id.ts';
import type { Asked } from './handshake.ts';
import { headerValue } from './header-value.ts';
import type { Kind, MappingSettings, Reply } from './kind.ts';
import { CLOUDEVENTS, KINDS } from './kinds.ts';
import { compileMapping, type Mapping, map } from './mapping.ts';
import type { Delivery } from './rule.ts';
import {
  type Proof,
  prove,
  type Scheme,
  type Sent,
  type Unproven,
  type VendorKeys,
} from './scheme.ts';
import { checkSettings, type SourceSettings, schemesOf, shownSettings } from './settings.ts';

interface AnySource {
  readonly name: string;
  readonly settings: SourceSettings;
  readonly secrets: readonly string[];
  readonly kind: Kind;
  readonly schemes: readonly Scheme[];
}

/** Its deliveries are documents: rules make events of them. */
export interface DocumentSource extends AnySource {
  readonly body: 'document';
  /** Of what is no CloudEvent. */
  readonly mapping: Mapping;
  readonly cloudEventMapping: Mapping;
}

/** Its deliveries are entries of an audit device. */
export interface AuditSource extends AnySource {
  readonly body: 'audit';
  /** The versions of kv mounts, where told. */
  readonly mounts: ReadonlyMap<string, 1 | 2>;
}

export type Source = DocumentSource | AuditSource;

/** An event as a producer would have posted it, and where it stands in the delivery. */
export interface MappedEvent {
  readonly body: Readonly<Record<string, unknown>>;
  readonly where: string;
}

/** What a delivery is: events, or a question of the vendor's, with its answer. */
export type Reading<Event> =
  | {
      readonly events: readonly Event[];
      /** Which values rules did not find that an event can go without. */
      readonly lacking: readonly string[];
    }
  | { readonly handshake: Reply };

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
  const source = { name, settings, secrets, kind, schemes: schemesOf(settings) };
  if (kind.body === 'audit') {
    return ok({
      ...source,
      body: kind.body,
      mounts: new Map(Object.entries(settings.mounts ?? {})),
    });
  }
  const { event_type: eventType } = settings;
  const given = { ...signedId(settings), ...settings.mapping };
  const mapping = compileMapping(name, kind, eventType, given);
  if (!mapping.ok) return mapping;
  const cloudEventMapping = compileMapping(name, CLOUDEVENTS, eventType, settings.mapping);
  if (!cloudEventMapping.ok) return cloudEventMapping;
  return ok({
    ...source,
    body: kind.body,
    mapping: mapping.value,
    cloudEventMapping: cloudEventMapping.value,
  });
}

/** An id that the sender signs is the best one. */
function signedId({ signature }: SourceSettings): MappingSettings {
  return signature?.signed.includes('{id}') ? { id: '{id}' } : {};
}

/**
 * Verifies that a delivery comes from whom the source is for.
 *
 * @param now Unix milliseconds
 * @param vendorKeys fetches keys of the vendor
 */
export function verifyDelivery(
  { schemes, secrets, settings }: Source,
  sent: Sent,
  now: number,
  vendorKeys: VendorKeys,
): Promise<Result<Proof, Unproven>> {
  const { tolerance: toleranceSeconds, options = {} } = settings;
  return prove(schemes, sent, secrets, { now, toleranceSeconds, options, vendorKeys });
}

/** What the delivery would have proven if it were genuine: for samples. */
export function claimedProof({ schemes }: Source, sent: Sent): Proof {
  const scheme = schemes.find((each) => each.isUsedBy(sent)) ?? schemes[0];
  const claim = scheme?.claim(sent) ?? {};
  return signsBody(schemes) ? { signed: sent.body, ...claim } : claim;
}

function signsBody(schemes: readonly Scheme[]): boolean {
  return schemes.some(({ isSigned }) => isSigned);
}

/** The answer to a request that asks, unsigned, whether this is the right address; undefined where it does not. */
export async function answerUnsigned(
  { kind, settings }: Source,
  sent: Sent,
): Promise<Reply | undefined> {
  if (kind.handshake?.unsigned === undefined) return undefined;
  const document = documentOf(sent.headers, sent.body);
  return kind.handshake.unsigned(askedOf(settings, sent, document));
}

function askedOf(
  { options = {}, signature }: SourceSettings,
  { method, headers, query }: Sent,
  document: unknown,
  secret?: string,
): Asked {
  const signatureHeader = signature?.header.toLowerCase();
  return { method, headers, query, document, options, signatureHeader, secret };
}

/** What a delivery says. */
export async function readDelivery(
  source: DocumentSource,
  sent: Sent,
  proof: Proof,
): Promise<Result<Reading<MappedEvent>>> {
  const { kind, settings } = source;
  const { headers, body } = sent;
  const read = readDocuments(headers, body, {
    isSigned: proof.signed !== undefined,
    signsFields: kind.signsFields ?? false,
  });
  if (!read.ok) return read;
  if (!read.value.isCloudEvents) {
    const asked = askedOf(settings, sent, read.value.document, proof.secret);
    const handshake = await kind.handshake?.signed?.(asked);
    if (handshake !== undefined) return ok({ handshake });
  }
  const documents = documentsIn(kind, read.value);
  if (documents.length > MAX_DELIVERY_EVENTS) {
    return tooLarge(
      `the delivery has ${documents.length} events, at most ${MAX_DELIVERY_EVENTS} are allowed`,
    );
  }
  const digest = await digestOf(proof, body);
  const { isCloudEvents } = read.value;
  const mapping = isCloudEvents ? source.cloudEventMapping : source.mapping;
  const events: MappedEvent[] = [];
  const lacking = new Set<string>();
  for (const [index, { document, where }] of documents.entries()) {
    const words = {
      id: proof.id && numbered(proof.id, index),
      timestamp: proof.timestamp,
      digest: numbered(digest.text, index),
    };
    const delivery: Delivery = { header: (name) => headerValue(headers, name), document, words };
    const event = map(mapping, delivery, digest, index);
    if (!event.ok) return failureAt(where, event.failure);
    const { members } = event.value;
    for (const lack of event.value.lacking) lacking.add(lack);
    const body = isCloudEvents
      ? withAttributes(members, document as Attributes, source.settings)
      : members;
    events.push({ body, where });
  }
  return ok({ events, lacking: [...lacking] });
}

/** A source that names metadata gets what it names. What the kind names goes before what is called the same. */
function withAttributes(
  event: Readonly<Record<string, unknown>>,
  attributes: Attributes,
  { mapping }: SourceSettings,
): Record<string, unknown> {
  const { source } = attributes;
  if (mapping.metadata !== undefined) return { ...event, source };
  const others = otherAttributes(attributes).map(([name, value]) => [
    name === 'path' ? 'ce_path' : name,
    value,
  ]);
  const metadata = { ...Object.fromEntries(others), ...(event.metadata as object) };
  return { ...event, source, metadata };
}

function documentsIn({ eventsIn }: Kind, read: Documents): readonly Located[] {
  if (read.isCloudEvents) return read.documents;
  const list = eventsIn?.(read.document);
  if (list === undefined) return [{ document: read.document, where: '' }];
  return list.map((document, index) => ({ document, where: `events[${index}]` }));
}
