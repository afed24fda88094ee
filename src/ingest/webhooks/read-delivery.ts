/** Makes events of a verified delivery, by the rules of its source. */
import { hopsOfCloudEvent } from '../../event/hops.ts';
import { failureIn, ok, type Result, tooLarge } from '../../lib/result.ts';
import { type Attributes, otherAttributes } from '../cloudevents/attributes.ts';
import { MAX_DELIVERY_EVENTS } from '../limits.ts';
import { type Documents, type Located, readDocuments } from './body/documents.ts';
import type { VendorReply } from './challenges/challenge.ts';
import { headerValue } from './headers.ts';
import { applyMapping } from './mapping/apply-mapping.ts';
import { type DeliveryDigest, digestDelivery, numbered } from './mapping/event-id.ts';
import type { Mapping } from './mapping/mapping.ts';
import type { WebhookRequest } from './request.ts';
import type { SourceSettings } from './settings/settings.ts';
import type { DocumentSource } from './source.ts';
import type { Kind } from './vendors/kind.ts';
import type { Proof } from './verifiers/verifier.ts';
import { challengeRequest } from './verify-delivery.ts';

/** The members of a JSON event, which are not checked yet. */
interface MappedEvent {
  readonly body: Readonly<Record<string, unknown>>;
  /** Its place in the delivery, for messages. */
  readonly where: string;
  /** How many destinations it has passed, as its document says. */
  readonly hops: number;
}

export type ReadDelivery<Event> =
  | {
      readonly kind: 'events';
      readonly events: readonly Event[];
      /** Messages about values that rules did not find. The events go without them. */
      readonly missing: readonly string[];
    }
  | { readonly kind: 'challenge'; readonly reply: VendorReply };

export async function readDelivery(
  source: DocumentSource,
  request: WebhookRequest,
  proof: Proof,
): Promise<Result<ReadDelivery<MappedEvent>>> {
  const { kind, settings } = source;
  const { headers, body } = request;
  const read = readDocuments(headers, body, {
    isSigned: proof.signed !== undefined,
    signsFields: kind.signsFields ?? false,
  });
  if (!read.ok) return read;
  if (!read.value.isCloudEvents) {
    const challenge = challengeRequest(settings, request, read.value.document, proof.secret);
    const reply = await kind.challenge?.verified?.(challenge);
    if (reply !== undefined) return ok({ kind: 'challenge', reply });
  }
  const documents = documentsIn(kind, read.value);
  if (documents.length > MAX_DELIVERY_EVENTS) {
    return tooLarge(
      `the delivery has ${documents.length} events, at most ${MAX_DELIVERY_EVENTS} are allowed`,
    );
  }
  const { isCloudEvents } = read.value;
  const digest = await digestDelivery(proof, body);
  const events: MappedEvent[] = [];
  const missing = new Set<string>();
  for (const [index, { document, where }] of documents.entries()) {
    const input = {
      header: (name: string) => headerValue(headers, name),
      document,
      variables: ruleVariables(proof, digest, index),
    };
    const mapping = isCloudEvents ? source.cloudEventMapping : mappingFor(source, document);
    const mapped = applyMapping(mapping, input, digest, index);
    if (!mapped.ok) return failureIn(where, mapped.failure);
    const { members } = mapped.value;
    for (const message of mapped.value.missing) missing.add(message);
    const event = isCloudEvents
      ? withAttributes(members, document as Attributes, settings)
      : members;
    events.push({ body: event, where, hops: isCloudEvents ? hopsOfCloudEvent(document) : 0 });
  }
  return ok({ kind: 'events', events, missing: [...missing] });
}

function mappingFor({ mapping, shapeMappings }: DocumentSource, document: unknown): Mapping {
  const ofShape = shapeMappings.find(([shape]) => shape.matches(document));
  return ofShape?.[1] ?? mapping;
}

function documentsIn({ eventsIn }: Kind, read: Documents): readonly Located[] {
  if (read.isCloudEvents) return read.documents;
  const list = eventsIn?.(read.document);
  if (list === undefined) return [{ document: read.document, where: '' }];
  return list.map((document, index) => ({ document, where: `events[${index}]` }));
}

function ruleVariables({ id, timestamp }: Proof, { hex }: DeliveryDigest, index: number) {
  return { id: id && numbered(id, index), timestamp, digest: numbered(hex, index) };
}

/**
 * Attributes of a CloudEvent become metadata, unless the settings of the source name the metadata. Metadata of the kind
 * takes precedence over attributes with the same name.
 */
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
