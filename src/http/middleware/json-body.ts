/** The JSON object in the body of a request to an endpoint: `c.var.body`. */

import type { Context, Next } from 'hono';
import { isJsonObject } from '../../lib/json.ts';
import { kindOf } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { decodeUtf8, parseJson } from '../../lib/text.ts';
import type { BodyEnv, MiddlewareResult } from '../context.ts';
import { MAX_API_BODY_BYTES, MAX_API_BODY_DEPTH } from '../limits.ts';
import { readBody } from '../request/body.ts';
import { firstValue } from '../request/header.ts';
import { refuse } from '../respond.ts';

export async function readJsonBody(c: Context<BodyEnv>, next: Next): MiddlewareResult {
  const body = await jsonObjectOf(c.req.raw);
  if (!body.ok) return refuse(body.failure);
  c.set('body', body.value);
  return next();
}

async function jsonObjectOf(request: Request): Promise<Result<Record<string, unknown>>> {
  const wrapTtl = firstValue(request.headers.get('x-vault-wrap-ttl'));
  if (wrapTtl !== '' && wrapTtl !== '0') {
    return invalid('response wrapping is not supported; send the request without X-Vault-Wrap-TTL');
  }
  const bytes = await readBody(request, MAX_API_BODY_BYTES);
  if (!bytes.ok) return bytes;
  const text = decodeUtf8(bytes.value);
  if (!text.ok) return text;
  if (text.value.trim() === '') return ok({});
  const json = parseJson(text.value);
  if (!json.ok) return json;
  const body = json.value ?? {};
  if (!isJsonObject(body)) return invalid(`the body must be a JSON object, not ${kindOf(body)}`);
  return depthOf(body) > MAX_API_BODY_DEPTH
    ? invalid(`the body is nested deeper than ${MAX_API_BODY_DEPTH} levels`)
    : ok(body);
}

/** Levels of nesting. It stops counting at the first level that is not allowed. */
function depthOf(value: unknown, above = 0): number {
  if (typeof value !== 'object' || value === null || above > MAX_API_BODY_DEPTH) return above;
  let deepest = above + 1;
  // One by one: a body may have more members than a function takes arguments.
  for (const member of Object.values(value)) {
    deepest = Math.max(deepest, depthOf(member, above + 1));
  }
  return deepest;
}
