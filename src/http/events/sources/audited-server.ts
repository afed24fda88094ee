/**
 * The server whose audit entries a source has, if the source may ask it (`read`). Entries wait for its answer, but the server
 * never waits for them: its device was answered before. Entries of the source that come meanwhile wait as well, so events
 * keep their order, and one read serves all entries of a secret (`http/shared-calls.ts`).
 */

import { waitUntil } from 'cloudflare:workers';
import type { EventDefaults } from '../../../event/event.ts';
import { MAX_DELIVERY_BYTES } from '../../../ingest/limits.ts';
import type { ReadSettings } from '../../../ingest/webhooks/settings/read-settings.ts';
import type { AuditSource } from '../../../ingest/webhooks/source.ts';
import { LruCache } from '../../../lib/caches.ts';
import { isWithinShare } from '../../../lib/fair-share.ts';
import { MAX_CACHED_LOOKUPS } from '../../../lib/limits.ts';
import { MAX_PUBLISH_NAMESPACES } from '../../../wire/limits.ts';
import type { NamespaceContext } from '../../context.ts';
import {
  AUDIT_READ_LINGER_MS,
  AUDIT_READ_TIMEOUT_MS,
  MAX_AUDIT_GROUP,
  MAX_WAITING_AUDIT_BYTES,
} from '../../limits.ts';
import { sendToHubs } from '../../publishing/publish-events.ts';
import { type SharedCallKind, SharedCalls } from '../../shared-calls.ts';
import { type AuditedEvents, type AuditedRequests, checkAuditEvents } from './delivery-events.ts';
import { type AuditPublishing, answerFailed, publishAudited } from './publish-audited.ts';
import { ServerReads } from './server-reads.ts';
import { serverToRead } from './server-to-read.ts';

/** The entries of one delivery. */
interface WaitingEntries extends AuditedRequests {
  readonly source: AuditSource;
  /** The key of the namespace of the source. */
  readonly namespace: string;
  readonly defaults: EventDefaults;
  readonly bytes: number;
}

interface Numbered extends WaitingEntries {
  /** The order in which entries came. */
  readonly number: number;
}

/** By source, address and token. */
const servers = new LruCache<AuditedServer>(MAX_CACHED_LOOKUPS);

/** Of all sources of this isolate. */
let waitingBytes = 0;
let nextNumber = 0;

/** @returns undefined if the source may not ask */
export function auditedServer(source: AuditSource, namespace: string): AuditedServer | undefined {
  const { name, read } = source;
  if (read === undefined) return undefined;
  const key = [namespace, name, read.address, read.token].join('\n');
  return servers.getOrMake(key, () => new AuditedServer(read));
}

class AuditedServer {
  readonly #settings: ReadSettings;
  readonly #reads: ServerReads;
  readonly #calls = new SharedCalls(this.#kind());
  #bytes = 0;

  constructor(read: Required<AuditSource>['read']) {
    this.#settings = read;
    this.#reads = new ServerReads(read.token);
  }

  /** The events of entries, with what the server adds to them. */
  async ask(
    { requests, dropped }: AuditedRequests,
    source: AuditSource,
    defaults: EventDefaults,
    env: Env,
  ): Promise<AuditedEvents> {
    const server = serverToRead(this.#settings, env);
    const told = await this.#reads.eventsOf(requests, source, server);
    return checkAuditEvents(source.settings, told, dropped, defaults);
  }

  /** @returns whether the entries wait, and are published then. Otherwise they need not, or there is no room for them. */
  takes(entries: WaitingEntries, { env, executionCtx }: NamespaceContext): boolean {
    const { requests, source, bytes, dropped } = entries;
    const needs = this.#bytes > 0 || requests.some((each) => this.#reads.canAdd(each, source));
    if (!needs) return false;
    const hasRoom = isWithinShare(bytes, waitingBytes, MAX_WAITING_AUDIT_BYTES, () => this.#bytes);
    if (!hasRoom) return false;
    this.#add(bytes);
    const scope = { env, executionCtx, leadsOn: true };
    const published = this.#calls
      .ask({ ...entries, number: nextNumber++ }, scope)
      .catch((error: unknown) => answerFailed(source, error, dropped, requests))
      .finally(() => this.#add(-bytes));
    executionCtx.waitUntil(published);
    return true;
  }

  #add(bytes: number): void {
    this.#bytes += bytes;
    waitingBytes += bytes;
  }

  #kind(): SharedCallKind<Numbered, true> {
    return {
      call: async (env, waiting) => {
        await this.#publish(
          waiting.toSorted((a, b) => a.number - b.number),
          env,
        );
        return waiting.map(() => true);
      },
      noAnswer: true,
      again: () => true,
      room: roomInGroup,
      slowCallMs: Number.POSITIVE_INFINITY,
      maxWaitMs: 2 * AUDIT_READ_TIMEOUT_MS,
      pauseMs: () => 0,
      lingerMs: () => AUDIT_READ_LINGER_MS,
    };
  }

  /** Publishes the entries of several deliveries of the source, in the order in which they came. */
  async #publish(waiting: readonly Numbered[], env: Env): Promise<void> {
    const newest = waiting.at(-1);
    if (newest === undefined) return;
    const { source, namespace, defaults } = newest;
    const entries = {
      requests: waiting.flatMap(({ requests }) => requests),
      dropped: waiting.flatMap(({ dropped }) => dropped),
    };
    const events = await this.ask(entries, source, defaults, env);
    const publishing = {
      source,
      namespace,
      env,
      mayBlock: false,
      send: (known, publisher, keys) =>
        sendToHubs(known, publisher, keys, { env, executionCtx: { waitUntil } }),
    } satisfies AuditPublishing;
    await publishAudited(publishing, events);
  }
}

/** Events of kv are of a hub for each version, those of other engines of their own and that of leases. */
const HUBS_OF_ENGINE = 2;

/** The events of a group are sent together, and so to no more hubs than those of one request. */
function roomInGroup(): (entries: Numbered) => boolean {
  let requestsLeft = MAX_AUDIT_GROUP;
  let bytesLeft = MAX_DELIVERY_BYTES;
  const engines = new Set<string>();
  return ({ requests, bytes }) => {
    if (requests.length > requestsLeft || bytes > bytesLeft) return false;
    const all = new Set(engines);
    for (const { namespace, engine } of requests) all.add(`${namespace}\n${engine}`);
    if (all.size * HUBS_OF_ENGINE > MAX_PUBLISH_NAMESPACES) return false;
    for (const each of all) engines.add(each);
    requestsLeft -= requests.length;
    bytesLeft -= bytes;
    return true;
  };
}
