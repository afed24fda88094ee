/** HubSpot, version 3 of its signatures: method, address, body and time. */
import { Buffer } from 'node:buffer';
import { ok } from '../../../lib/result.ts';
import { headerValue } from '../header-value.ts';
import type { Scheme } from '../scheme.ts';
import { signature } from '../signature.ts';

const TIME = 'X-HubSpot-Request-Timestamp';

export const HUBSPOT: Scheme = signature({
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

/** HubSpot signs these characters unescaped, and leaves other escapes as they are. */
function withoutEscapes(url: string): string {
  return url.replace(/%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi, decodeURIComponent);
}
