/**
 * What the audited server of one source says about the mounts and secrets of its audit entries. It is asked with the read
 * token of the source, and an event never needs the answer: without one it lacks what the answer would add.
 */

import { type AuditEvent, eventsOfRequest } from '../../../ingest/audit/audit-entry.ts';
import type { AuditedRequest } from '../../../ingest/audit/audited-request.ts';
import { metadataPath } from '../../../ingest/audit/kv.ts';
import type { KvVersions } from '../../../ingest/audit/mount-path.ts';
import {
  canBeCompleted,
  completeEvent,
  readSecretFacts,
  type SecretAnswer,
} from '../../../ingest/audit/secret-facts.ts';
import { readMountFacts } from '../../../ingest/exchange/mount-facts.ts';
import type { AuditSource } from '../../../ingest/webhooks/source.ts';
import { LruCache, TtlCache } from '../../../lib/caches.ts';
import { MAX_CACHED_LOOKUPS } from '../../../lib/limits.ts';
import { log } from '../../../lib/log.ts';
import { ok, type Result } from '../../../lib/result.ts';
import { dotSegment } from '../../../lib/text.ts';
import { withSlash } from '../../../namespace/namespace.ts';
import type { Upstream } from '../../../outbound/upstream/address.ts';
import { inTime } from '../../../outbound/upstream/in-time.ts';
import { type ReadAnswer, readPath } from '../../../outbound/upstream/read-path.ts';
import {
  AUDIT_READ_PAUSE_MS,
  AUDIT_READ_TIMEOUT_MS,
  MAX_AUDIT_READS,
  MAX_CONCURRENT_AUDIT_READS,
  READ_MOUNT_MS,
} from '../../limits.ts';

type Ask = (path: string, namespace: string) => Promise<ReadAnswer | undefined>;
type Events = Result<readonly AuditEvent[]>;

/** The reads of this isolate with one token. */
export class ServerReads {
  readonly #token: string;
  /** The versions of kv mounts; 0 if the server does not say. By namespace path and mount path. */
  readonly #mounts = new TtlCache<0 | 1 | 2>(READ_MOUNT_MS);
  /** The newest deletion of a secret that had an event, and the id of that event, by namespace and path of the secret. */
  readonly #deletions = new LruCache<string>(MAX_CACHED_LOOKUPS);
  #pausedUntil = 0;
  /** What the log has said of the server, so that it says it once. */
  readonly #logged = new Set<string>();

  constructor(token: string) {
    this.#token = token;
  }

  /** Whether the server can add something to the events of a request. */
  canAdd(request: AuditedRequest, source: AuditSource): boolean {
    return (
      this.#needsMount(request, source) || pathToAsk(request, this.#mountsOf(source)) !== undefined
    );
  }

  /** @returns the events of each request */
  async eventsOf(
    requests: readonly AuditedRequest[],
    source: AuditSource,
    server: Result<Upstream>,
  ): Promise<Events[]> {
    const answers = new Map<string, SecretAnswer>();
    if (!server.ok) this.#log(source, server.failure.message);
    else if (Date.now() >= this.#pausedUntil)
      await this.#ask(requests, source, server.value, answers);
    const mounts = this.#mountsOf(source);
    return requests.map((request) => this.#complete(request, mounts, answers));
  }

  /** Asks about the mounts first, because a secret of version 1 can be what looks like the settings of one. */
  #ask(
    requests: readonly AuditedRequest[],
    source: AuditSource,
    server: Upstream,
    answers: Map<string, SecretAnswer>,
  ): Promise<void> {
    let left = MAX_AUDIT_READS;
    return inTime(async (signal) => {
      const ask: Ask = async (path, namespace) => {
        if (left === 0 || Date.now() < this.#pausedUntil) return undefined;
        left--;
        const read = { token: this.#token, path, namespace };
        const rules = { signal, timeoutMs: AUDIT_READ_TIMEOUT_MS, setting: 'read.address' };
        const answer = await readPath(read, server, rules);
        if (!answer.ok) {
          this.#pausedUntil = Date.now() + AUDIT_READ_PAUSE_MS;
          this.#log(source, `the audited server cannot be asked: ${answer.failure}`);
          return undefined;
        }
        if (answer.value.status === 403) this.#log(source, REFUSED);
        return answer.value;
      };
      const unknown = new Map<string, AuditedRequest>();
      for (const each of requests) {
        if (this.#needsMount(each, source)) unknown.set(mountKey(each), each);
      }
      await forEach(unknown, async ([key, { mount, namespace }]) => {
        const answer = await ask(`sys/internal/ui/mounts/${mount}`, namespace);
        if (answer !== undefined) this.#mounts.set(key, versionIn(answer, mount), Date.now());
      });
      const mounts = this.#mountsOf(source);
      const secrets = new Map<string, readonly [path: string, namespace: string]>();
      for (const each of requests) {
        const path = pathToAsk(each, mounts);
        if (path !== undefined) secrets.set(secretKey(each), [path, each.namespace]);
      }
      await forEach(secrets, async ([key, [path, namespace]]) => {
        const answer = await ask(path, namespace);
        if (answer?.status === 404) answers.set(key, 'missing');
        const facts = answer?.status === 200 ? readSecretFacts(answer.body) : undefined;
        if (facts !== undefined) answers.set(key, facts);
      });
    }, AUDIT_READ_TIMEOUT_MS);
  }

  #complete(
    request: AuditedRequest,
    mounts: KvVersions,
    answers: ReadonlyMap<string, SecretAnswer>,
  ): Events {
    const events = eventsOfRequest(request, mounts);
    const key = secretKey(request);
    const answer = events.ok ? answers.get(key) : undefined;
    if (!events.ok || answer === undefined) return events;
    return ok(
      events.value.flatMap((event) => {
        if (!canBeCompleted(event)) return [event];
        const completed = completeEvent(event, answer, Date.now());
        if (completed === undefined) return [];
        if (completed.deletion === undefined) return [completed.event];
        const [deletion, id] = this.#deletions.get(key)?.split('\n') ?? [];
        if (deletion === completed.deletion && id !== event.id) return [];
        this.#deletions.set(key, `${completed.deletion}\n${event.id}`);
        return [completed.event];
      }),
    );
  }

  #needsMount(request: AuditedRequest, { mounts }: AuditSource): boolean {
    if (request.engine !== 'kv' || request.failed || request.operation === 'read') return false;
    if (dotSegment(request.mount) !== undefined) return false;
    const key = mountKey(request);
    return !mounts.has(key) && this.#mounts.get(key, Date.now()) === undefined;
  }

  /** The versions that are configured, and those that the server has told. */
  #mountsOf({ mounts }: AuditSource): KvVersions {
    return {
      get: (key) => mounts.get(key) ?? (this.#mounts.get(key, Date.now()) || undefined),
    };
  }

  #log({ name }: AuditSource, why: string): void {
    if (this.#logged.has(why)) return;
    this.#logged.add(why);
    log('warn', { source: name, read: why });
  }
}

const REFUSED =
  'the audited server refuses the token of "read" (403) for a secret or a mount: the token has ended, or its policies do not allow it; events go without what it would add';

/** Where the server tells about the secret of a request; undefined if it can add nothing. */
function pathToAsk(request: AuditedRequest, mounts: KvVersions): string | undefined {
  if (request.engine !== 'kv' || mounts.get(mountKey(request)) !== 2) return undefined;
  const events = eventsOfRequest(request, mounts);
  const path = metadataPath(request);
  const canAsk = events.ok && events.value.some(canBeCompleted) && dotSegment(path) === undefined;
  return canAsk ? path : undefined;
}

/** A mount that the token may not see, or that is gone, stays unknown for a while. */
function versionIn(answer: ReadAnswer, mount: string): 0 | 1 | 2 {
  const facts = answer.status === 200 ? readMountFacts(answer.body, mount, '') : undefined;
  return facts?.engine === 'kv' ? facts.version : 0;
}

function mountKey({ namespace, mount }: AuditedRequest): string {
  return withSlash(namespace) + mount;
}

function secretKey(request: AuditedRequest): string {
  return withSlash(request.namespace) + metadataPath(request);
}

/** Runs a few at a time. */
async function forEach<T>(all: Iterable<T>, run: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const work = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await run(one);
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENT_AUDIT_READS }, work));
}
