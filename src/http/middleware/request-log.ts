/**
 * The log of requests: one line of JSON for each, if the variable `REQUEST_LOG` is "on". A line never has a query, a
 * header or a body, and `lib/log.ts` masks secrets in the path.
 */

import type { Context, Next } from 'hono';
import { isJsonObject } from '../../lib/json.ts';
import { hideSecretsOf, log } from '../../lib/log.ts';
import { parseJson } from '../../lib/text.ts';
import { actorOf } from '../authentication/caller.ts';
import type { AppEnv, CallerEnv, MiddlewareResult } from '../context.ts';
import { RequestRecord } from '../request-record.ts';

export function logRequests(c: Context<AppEnv>, next: Next): MiddlewareResult {
  return c.env.REQUEST_LOG === 'on' ? logged(c, next) : next();
}

async function logged(c: Context<AppEnv>, next: Next): Promise<void> {
  hideSecretsOf(c.env);
  const begin = Date.now();
  const record = new RequestRecord();
  c.set('record', record);
  await next();
  const { status } = c.res;
  const { path, namespacePath } = c.var as Partial<AppEnv['Variables']>;
  const { caller } = c.var as Partial<CallerEnv['Variables']>;
  log('log', {
    request: path?.apiPath ?? writtenPath(c.req.raw.url),
    time: new Date(begin).toISOString(),
    method: c.req.method,
    namespace: namespacePath || undefined,
    status,
    ms: Date.now() - begin,
    accessor: caller && actorOf(caller),
    refused: status >= 400 && !record.isPassedOn ? await reasonIn(c.res) : undefined,
    ...record.members(),
  });
}

/** The path of a URL that cannot be parsed, as the client wrote it. */
function writtenPath(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/?#]*\/?/i, '').replace(/[?#].*$/s, '');
}

/** The message of a refusal, on one line. */
async function reasonIn(response: Response): Promise<string | undefined> {
  const text = await response.clone().text();
  const json = parseJson(text);
  const { errors = [text] } = json.ok && isJsonObject(json.value) ? json.value : {};
  const [first] = Array.isArray(errors) ? errors : [];
  return typeof first === 'string' ? oneLine(first) : undefined;
}

/** Vault's list of errors, `1 error occurred:\n\t* permission denied\n\n`, becomes `permission denied`. */
function oneLine(message: string): string {
  return message
    .replace(/^\d+ errors? occurred:/, '')
    .split(/\s*\n\s*(?:\* )?/)
    .filter((line) => line !== '')
    .join('; ');
}
