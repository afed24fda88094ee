/** Which source a queue belongs to: the variable `QUEUE_SOURCES`. */

import { isJsonObject } from '../lib/json.ts';
import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { parseJson } from '../lib/text.ts';
import { parseNamespacePath } from '../namespace/namespace.ts';
import type { Variables } from './variables.ts';

export interface QueueSource {
  /** The path of its Vault namespace. */
  readonly namespace: string;
  readonly name: string;
}

/** By the name of the queue. */
export type QueueSources = ReadonlyMap<string, QueueSource>;

export function parseQueueSources({ QUEUE_SOURCES: text = '' }: Variables): Result<QueueSources> {
  const sources = new Map<string, QueueSource>();
  if (text.trim() === '') return ok(sources);
  const json = parseJson(text);
  if (!json.ok || !isJsonObject(json.value)) {
    return wrong(`is ${quote(text)}`);
  }
  for (const [queue, value] of Object.entries(json.value)) {
    const source = typeof value === 'string' ? sourceAt(value) : undefined;
    if (source === undefined) return wrong(`has ${quote(value)} for the queue ${quote(queue)}`);
    sources.set(queue, source);
  }
  return ok(sources);
}

/** @param path `team-a/orders` */
function sourceAt(path: string): QueueSource | undefined {
  const slash = path.lastIndexOf('/');
  const namespace = parseNamespacePath(path.slice(0, Math.max(0, slash)));
  const name = path.slice(slash + 1);
  return namespace === undefined || name === '' ? undefined : { namespace, name };
}

function wrong(what: string): Result<never> {
  return invalid(
    `the variable QUEUE_SOURCES ${what}; set it in wrangler.toml to JSON with the source of each queue, its name after the path of its Vault namespace, such as {"my-queue": "team-a/my-source"}, or to "" for none`,
  );
}
