/** A delivery that an operator describes, to see what a source makes of it. */

import { isJsonObject, unknownKey, withoutNulls } from '../../../lib/json.ts';
import { kindOf, quote } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';

interface Sample {
  readonly request: Request;
  readonly body: Uint8Array;
}

const SAMPLE_KEYS = ['headers', 'body'];

/** @param given if its `body` is not a string, it stands for its JSON */
export function readSample(given: Readonly<Record<string, unknown>>): Result<Sample> {
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
