/**
 * Vault says in an answer which kind of mount it comes from, and Vault Proxy only caches secrets whose answer says `kv`. OpenBao
 * does not say it, so this adds it. No other byte of the answer changes.
 */

import { isJsonObject } from '../../lib/json.ts';
import type { Upstream } from '../../outbound/upstream/address.ts';
import type { AppContext } from '../context.ts';
import { tokenOf } from '../request/header.ts';
import { readJsonCopy } from './body-copy.ts';
import { askForMount, knownMount } from './mounts.ts';
import { upstreamNamespace } from './upstream-namespace.ts';

const KV = 'kv';

/** Where no secret of a kv mount is. */
const OTHERS = /^(sys|auth|identity|cubbyhole)\//;

/** @returns the answer; that to a read of a secret with the type */
export async function withMountType(
  c: AppContext,
  { method, headers }: Request,
  upstream: Upstream,
  answer: Response,
): Promise<Response> {
  const { whole } = c.get('path');
  const path = whole.slice('/v1/'.length);
  const token = tokenOf(headers);
  const namespace = upstreamNamespace(headers);
  if (method !== 'GET' || answer.status !== 200 || !isJson(answer.headers)) return answer;
  if (!whole.startsWith('/v1/') || OTHERS.test(path)) return answer;
  if (token === undefined) return answer;
  const body = await readJsonCopy(answer);
  if (!isJsonObject(body?.json) || !isJsonObject(body.json.data)) return answer;
  if (Object.hasOwn(body.json, 'mount_type')) return answer;
  const mount =
    knownMount(namespace, path) ?? (await askForMount(namespace, path, token, upstream));
  if (mount?.engine !== KV) return answer;
  const text = body.text.replace(/\}(\s*)$/, `,"mount_type":"${KV}"}$1`);
  const typed = new Response(text, answer);
  // Both are true of the upstream's bytes only.
  for (const name of ['Content-Length', 'ETag']) typed.headers.delete(name);
  return typed;
}

function isJson(headers: Headers): boolean {
  return /^application\/json\b/i.test(headers.get('content-type') ?? '');
}
