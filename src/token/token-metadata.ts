/** Names and values that are stored with a token, or with a namespace, for those who look at it. */

import type { Fields } from '../lib/fields.ts';
import { isJsonObject } from '../lib/json.ts';
import { kindOf, quote } from '../lib/quote.ts';
import { MAX_META_BYTES } from './limits.ts';

/** Reads an object of strings, or one string such as `a=1,b=2`, as Vault's CLI sends it. */
export function readMetadata(fields: Fields, name: string): Record<string, string> | undefined {
  const value = fields.raw(name);
  if (value === undefined) return undefined;
  const pairs = typeof value === 'string' ? parsePairs(value) : value;
  if (!isJsonObject(pairs)) {
    fields.reject(`${name} must be an object of strings, or key=value, not ${kindOf(value)}`);
    return undefined;
  }
  const metadata: Record<string, string> = {};
  for (const [key, member] of Object.entries(pairs)) {
    if (!['string', 'number', 'boolean'].includes(typeof member) || isForbiddenMetadataKey(key)) {
      fields.reject(`${name}[${quote(key)}] must be a string, not ${kindOf(member)}`);
    }
    metadata[key] = String(member);
  }
  const bytes = new TextEncoder().encode(JSON.stringify(metadata)).length;
  if (bytes > MAX_META_BYTES) {
    fields.reject(`${name} has ${bytes} bytes, at most ${MAX_META_BYTES} are allowed`);
  }
  return metadata;
}

/** Assigning this key to an object would set its prototype. */
export function isForbiddenMetadataKey(key: string): boolean {
  return key === '__proto__';
}

function parsePairs(text: string): Record<string, string> | undefined {
  const pairs: [string, string][] = [];
  for (const part of text.split(',')) {
    const [, key, value] = /^\s*([^=\s]+)=(.*)$/s.exec(part) ?? [];
    if (key === undefined || value === undefined) return undefined;
    pairs.push([key, value]);
  }
  return Object.fromEntries(pairs);
}
