/** An event as a webhook, signed as Standard Webhooks define it. */
import type { CarillonEvent } from '../../client/event.ts';
import { contentOf } from '../../destination/formats.ts';
import { headerId, signedHeaders } from '../../destination/signed-headers.ts';
import { signingKeys } from '../../destination/signing-secret.ts';
import { HOPS_HEADER, hopsOf } from '../../event/hops.ts';
import { encodeJson, eventOfFrame, type FrameJson } from '../../wire/json.ts';

/** A webhook before it is signed. Each attempt has the same id and the same body. */
export interface Webhook {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The CloudEvent that a subscriber receives. */
  readonly body: string;
}

export async function webhookOf({ id, cloudEvent, metadata }: CarillonEvent): Promise<Webhook> {
  const event = eventOfFrame(cloudEvent as unknown as FrameJson);
  const { headers, body } = contentOf([{ event, json: encodeJson(event) }], 'vault', false);
  const hops = String(hopsOf(metadata) + 1);
  return { id: await headerId(id), headers: { ...headers, [HOPS_HEADER]: hops }, body };
}

/**
 * @param secret `whsec_…`, which `checkStandardSecret` accepts
 * @param now Unix time in milliseconds
 */
export async function headersOf(
  webhook: Webhook,
  secret: string,
  now: number,
): Promise<Readonly<Record<string, string>>> {
  return { ...webhook.headers, ...(await signedHeaders(webhook, signingKeys([secret]), now)) };
}
