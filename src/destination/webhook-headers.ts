/** The headers that an operator may add to the requests of a webhook, such as `Authorization`. */
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { MAX_WEBHOOK_HEADER_CHARACTERS, MAX_WEBHOOK_HEADERS } from './limits.ts';

/** What the connection, the platform or a proxy decides by, and what the server sets itself. */
const REFUSED = new Set([
  ...['host', 'connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['expect', 'via', 'forwarded', 'date', 'range', 'accept-encoding', 'user-agent'],
  ...[
    'cookie',
    'cookie2',
    'origin',
    'referer',
    'x-real-ip',
    'true-client-ip',
    'x-http-method-override',
  ],
]);

const REFUSED_PREFIXES = [
  ...['content-', 'webhook-', 'ce-', 'carillon-', 'cf-', 'x-forwarded-'],
  ...['proxy-', 'sec-', 'if-', 'access-control-'],
];

/** A token of HTTP (RFC 9110, section 5.6.2). */
const NAME = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/;
/** Printable ASCII with blanks inside: what every server reads in the same way. */
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** The message of a failure is a sentence. It quotes no value, which may be a secret. */
export function checkWebhookHeaders(
  headers: Readonly<Record<string, string>>,
): Result<Readonly<Record<string, string>>> {
  const entries = Object.entries(headers);
  if (entries.length > MAX_WEBHOOK_HEADERS) {
    return invalid(
      `headers has ${entries.length} entries, at most ${MAX_WEBHOOK_HEADERS} are allowed`,
    );
  }
  const seen = new Set<string>();
  for (const [name, value] of entries) {
    const lower = name.toLowerCase();
    const of = `headers has ${quote(name)}`;
    if (!NAME.test(name)) return invalid(`${of}, which is not the name of a header`);
    if (seen.has(lower)) return invalid(`${of} twice`);
    seen.add(lower);
    if (REFUSED.has(lower) || REFUSED_PREFIXES.some((prefix) => lower.startsWith(prefix))) {
      return invalid(`${of}, which the server or the platform sets; leave it out`);
    }
    if (name.length + value.length > MAX_WEBHOOK_HEADER_CHARACTERS) {
      return invalid(
        `${of}, which has ${name.length + value.length} characters with its value, at most ${MAX_WEBHOOK_HEADER_CHARACTERS} are allowed`,
      );
    }
    if (!VALUE.test(value)) {
      return invalid(
        `${of} with a value that is empty, or has other characters than printable ASCII, or a blank at its beginning or end`,
      );
    }
  }
  return ok(headers);
}
