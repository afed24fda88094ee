/** HubSpot's signature, version 3: it signs the method, the URL, the body and the time. */
import { Buffer } from 'node:buffer';
import { ok } from '../../../lib/result.ts';
import { headerValue } from '../headers.ts';
import { hmacSignature } from './hmac-signature.ts';
import type { Verifier } from './verifier.ts';

const TIME = 'X-HubSpot-Request-Timestamp';

export const HUBSPOT: Verifier = hmacSignature({
  header: 'X-HubSpot-Signature-v3',
  algorithm: 'SHA-256',
  encoding: 'base64',
  form: 'plain',
  prefix: '',
  signed: ({ method, url, headers, body }) =>
    ok(
      Buffer.concat([
        Buffer.from(method + withoutEscapes(url)),
        body,
        Buffer.from(headerValue(headers, TIME) ?? ''),
      ]),
    ),
  timestamp: TIME,
});

/** HubSpot decodes the escapes of these characters before it signs, and no others. */
function withoutEscapes(url: string): string {
  return url.replace(/%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi, decodeURIComponent);
}
