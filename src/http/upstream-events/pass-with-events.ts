/**
 * A write that passes through to the upstream and succeeds becomes the event of its audit entry. The server itself is the
 * publisher: the upstream has allowed the write, so the caller needs no right here.
 *
 * Bodies stream through. A copy is only read of a small one that the event needs.
 */

import { requestKeysOf } from '../../config/derived-keys.ts';
import { formatTimestamp } from '../../event/time.ts';
import {
  eventsOfExchange,
  isEventful,
  mayMakeEvents,
  needsRequest,
} from '../../ingest/exchange/exchange.ts';
import type { MountFacts } from '../../ingest/exchange/mount-facts.ts';
import { REFERENCE_HEADER, signReference } from '../../ingest/exchange/request-reference.ts';
import { logError } from '../../lib/log.ts';
import { withSlash } from '../../namespace/namespace.ts';
import type { Upstream } from '../../outbound/upstream/address.ts';
import type { AppContext } from '../context.ts';
import {
  MAX_WAITING_UPSTREAM_EVENTS,
  UPSTREAM_BODY_WAIT_MS,
  UPSTREAM_EVENT_WAIT_MS,
} from '../limits.ts';
import { tokenOf } from '../request/header.ts';
import { countUpstreamEvents } from '../worker-metrics.ts';
import { type ReadBody, readJsonCopy } from './body-copy.ts';
import { askForMount, knownMount } from './mounts.ts';
import { publishExchange } from './publish-exchange.ts';
import { upstreamNamespace } from './upstream-namespace.ts';
import { WaitingEvents } from './waiting-events.ts';
import { withWarning } from './warned-answer.ts';

/** What is known of a request before it is passed on. */
interface Expected {
  /** Decoded, below the namespace of the header. */
  readonly path: string;
  readonly mount: MountFacts | Promise<MountFacts | undefined> | undefined;
  /** Why nobody could be asked for the mount. */
  readonly unasked: string | undefined;
  /** Empty if there is none. */
  readonly token: string;
  /** What this server calls the request. */
  readonly reference: string;
  /** Undefined if there is no body, or if no event needs it. */
  readonly sent: Promise<ReadBody> | undefined;
}

/** @param send passes the request on, and returns the answer of the upstream */
export async function passWithEvents(
  c: AppContext,
  passed: Request,
  upstream: Upstream,
  send: (request: Request) => Promise<Response>,
): Promise<Response> {
  passed.headers.delete(REFERENCE_HEADER);
  const { upstreamEvents } = c.get('config');
  const expected = upstreamEvents === 'off' ? undefined : expect(c, passed, upstream);
  if (expected === undefined) return send(passed);
  const answering = send(passed).then((answer) => {
    const body = answer.ok ? readJsonCopy(answer) : undefined;
    return { answer, body };
  });
  // Also if the client leaves before the answer.
  const publishing = answering.then(({ answer, body }) =>
    body === undefined ? undefined : publish(c, passed.method, answer, body, expected),
  );
  c.executionCtx.waitUntil(publishing.catch(() => undefined));
  const { answer, body } = await answering;
  if (upstreamEvents === 'on' || body === undefined) return answer;
  const late = scheduler.wait(UPSTREAM_EVENT_WAIT_MS).then(() => LATE);
  const lost = await Promise.race([publishing, late]);
  return lost === undefined ? answer : withWarning(answer, await body, lost);
}

const LATE = `it was not stored within ${UPSTREAM_EVENT_WAIT_MS / 1000} s, which goes on`;

/** OpenBao logs in for one request, with what is in further headers. To ask for the mount with these would log in again. */
const INLINE_AUTH = 'X-Vault-Inline-Auth-Path';
const NO_TOKEN =
  'it logs in by its own headers (X-Vault-Inline-Auth-Path), and no request with a token has told which mount the path is in';

/** @returns undefined if no event can come of the request */
function expect(c: AppContext, passed: Request, upstream: Upstream): Expected | undefined {
  const { method, headers } = passed;
  const { whole } = c.get('path');
  const path = whole.slice('/v1/'.length);
  if (!whole.startsWith('/v1/') || !mayMakeEvents(method, path)) return undefined;
  // The parameter says nothing of a write.
  if (method === 'GET' && c.get('query').get('list') === 'true') return undefined;
  const token = tokenOf(headers);
  const namespace = upstreamNamespace(headers);
  const isInline = headers.has(INLINE_AUTH);
  if (token === undefined && !isInline) return undefined;
  const known = knownMount(namespace, path);
  if (known !== undefined && !isEventful(known, method)) return undefined;
  const reference = crypto.randomUUID();
  const [key] = requestKeysOf(c.env);
  if (key !== undefined) {
    const signed = signReference(reference, withSlash(namespace) + path, Date.now(), key);
    headers.set(REFERENCE_HEADER, signed);
  }
  return {
    path,
    reference,
    mount: known ?? (token === undefined ? token : askForMount(namespace, path, token, upstream)),
    unasked: token === undefined ? NO_TOKEN : undefined,
    token: token ?? '',
    sent: hasBody(passed) && needsRequest(method, path) ? readJsonCopy(passed) : undefined,
  };
}

/** The runtime gives a request without a body an empty one. */
function hasBody({ body, headers }: Request): boolean {
  return body !== null && headers.get('content-length') !== '0';
}

/** Of this isolate. */
const waiting = new WaitingEvents(MAX_WAITING_UPSTREAM_EVENTS);

/** @returns why an event was lost; undefined if none was */
async function publish(
  c: AppContext,
  method: string,
  answer: Response,
  body: Promise<ReadBody>,
  expected: Expected,
): Promise<string | undefined> {
  const time = formatTimestamp(Date.now());
  if (!waiting.add(expected.token)) {
    return lost(c, 'too many writes, of this token or of all together, wait for their events');
  }
  try {
    const { path, reference } = expected;
    const mount = await expected.mount;
    if (mount === undefined) {
      return lost(c, expected.unasked ?? 'the upstream does not say which mount the path is in');
    }
    if (!isEventful(mount, method)) return undefined;
    const sent = expected.sent === undefined ? {} : (await soon(expected.sent))?.json;
    const answered = await body;
    // Lets the answer go first: a hub may share the thread.
    if (c.get('config').upstreamEvents === 'on') await scheduler.wait(0);
    if (method === 'GET' && answered?.json === undefined) {
      return lost(c, 'the answer with the credentials could not be read');
    }
    const index = answer.headers.get('x-vault-index');
    const exchange = { method, path, mount, reference, time, index };
    const read = eventsOfExchange({ ...exchange, sent, answered: answered?.json });
    if (!read.ok) return lost(c, read.failure.message);
    if (read.value.length === 0) return undefined;
    const reasons = await publishExchange(c, read.value);
    countUpstreamEvents(c.env, read.value.length - reasons.length, 'accepted');
    for (const reason of reasons) lost(c, reason);
    return reasons[0];
  } catch (error) {
    return lost(c, 'a part of this server failed', error);
  } finally {
    waiting.remove(expected.token);
  }
}

/** The upstream has answered. A client must not hold up the event by not ending its request. */
function soon(sent: Promise<ReadBody>): Promise<ReadBody> {
  const late = scheduler.wait(UPSTREAM_BODY_WAIT_MS).then(() => undefined);
  return Promise.race([sent, late]);
}

/** One line a minute for each reason says how many there were. */
function lost({ env }: AppContext, reason: string, error?: unknown): string {
  countUpstreamEvents(env, 1, 'lost');
  logError(`the event of a write that passed through to the upstream is lost: ${reason}`, error);
  return reason;
}
