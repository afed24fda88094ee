/** An event as a webhook, signed as Standard Webhooks define it. */
import { Buffer } from 'node:buffer';
import type { CarillonEvent } from '../../client/event.ts';
import { hmac } from '../../ingest/webhooks/verifiers/signing-secret.ts';
import { standardKey } from '../../ingest/webhooks/verifiers/standard-keys.ts';
import { hexOf, sha256 } from '../../lib/digest.ts';
import { VERSION } from '../../lib/version.ts';
import { encodeJson, eventOfFrame, type FrameJson } from '../../wire/json.ts';

/** A webhook before it is signed. Each attempt has the same id and the same body. */
export interface Webhook {
  readonly id: string;
  /** The CloudEvent that a subscriber receives. */
  readonly body: string;
}

export async function webhookOf({ id, cloudEvent }: CarillonEvent): Promise<Webhook> {
  const body = encodeJson(eventOfFrame(cloudEvent as unknown as FrameJson)).trimEnd();
  return { id: await headerId(id), body };
}

/**
 * @param secret `whsec_…`, which `checkStandardSecret` accepts
 * @param now Unix time in milliseconds
 */
export async function signedHeaders(
  { id, body }: Webhook,
  secret: string,
  now: number,
): Promise<Readonly<Record<string, string>>> {
  const timestamp = Math.floor(now / 1000).toString();
  const signed = Buffer.from(`${id}.${timestamp}.${body}`);
  const signature = await hmac('SHA-256', standardKey(secret).bytes, signed);
  return {
    'Content-Type': 'application/cloudevents+json',
    'User-Agent': `carillon/${VERSION}`,
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${Buffer.from(signature).toString('base64')}`,
  };
}

/** The id of the event, or a digest of it if a header cannot have it. */
async function headerId(id: string): Promise<string> {
  return /^[\x21-\x7e]+$/.test(id) ? id : `sha256-${hexOf(new Uint8Array(await sha256(id)))}`;
}
