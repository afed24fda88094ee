/**
 * What one isolate of the Worker caches between requests, bounded in number and age. A change only reaches the caches
 * of other isolates when their entries expire, so a request that must see every change does not use them.
 */

import { allowsLoopbackHttp, type Variables } from '../config/variables.ts';
import type { MountFacts } from '../ingest/exchange/mount-facts.ts';
import type { Source } from '../ingest/webhooks/source.ts';
import { LruCache, TtlCache } from '../lib/caches.ts';
import { MAX_CACHED_LOOKUPS } from '../lib/limits.ts';
import type { KeySource } from '../logins/jwt-token.ts';
import { LOOKUP_CACHE_MS } from '../objects/limits.ts';
import type { ShardDirectory } from '../objects/replica-contract.ts';
import type { KeyFetchOptions } from '../outbound/issuer-keys.ts';
import { keySource } from '../outbound/key-source.ts';
import {
  type VendorClient,
  type VendorClientFor,
  vendorClients,
} from '../outbound/vendor-client.ts';
import type { Access } from '../policy/access.ts';
import { MAX_CACHED_ACCESS_BYTES } from '../policy/limits.ts';
import type { Caller } from './authentication/caller.ts';
import {
  DIRECTORY_CACHE_MS,
  MOUNT_CACHE_MS,
  NAMESPACE_CACHE_MS,
  STRANGER_MS,
  UNKNOWN_TOKEN_MS,
} from './limits.ts';

/** More than are listed while the root token rotates. */
const MAX_CACHED_ROOT_TOKENS = 4;

export interface TokenDigest {
  readonly bytes: ArrayBuffer;
  /** As `digestOf` in `token/token-form.ts` writes it. */
  readonly hex: string;
}

class WorkerCaches {
  /** By the digest of their token. */
  readonly callers = new TtlCache<Caller>(LOOKUP_CACHE_MS);

  /** By the text that they are of: see `authentication/token-digest.ts`. */
  readonly tokenDigests = new LruCache<TokenDigest>(MAX_CACHED_LOOKUPS);

  /** By all that decides it, so callers with the same policies share it: a compiled policy set can be large. */
  readonly access = new LruCache<Access>(MAX_CACHED_ACCESS_BYTES, ({ memoryBytes }) => memoryBytes);

  /** The key of each Vault namespace, by its path. */
  readonly namespaceKeys = new TtlCache<string>(NAMESPACE_CACHE_MS);

  /** Paths of which there was no Vault namespace. Only the request that asked may rely on it. */
  readonly missingNamespaces = new TtlCache<true>(LOOKUP_CACHE_MS);

  /** The digests of tokens and tickets that no authority knows. */
  readonly strangers = new TtlCache<true>(STRANGER_MS);

  /** Compiled, by the key of their namespace and their name. */
  readonly sources = new TtlCache<Source>(LOOKUP_CACHE_MS);

  /**
   * The names of all sources of a namespace, by its key, once a name was asked for that it lacks. So a client that
   * tries many names does not ask the authority for each, and evicts no source.
   */
  readonly sourceNames = new TtlCache<ReadonlySet<string>>(LOOKUP_CACHE_MS);

  /** Tokens that the upstream does not know, by digest and namespace: it is asked once a second for each. */
  readonly unknownTokens = new TtlCache<true>(UNKNOWN_TOKEN_MS);

  /** The mounts of the upstream, by the namespace in the header and the path that they are called by. */
  readonly mounts = new TtlCache<MountFacts>(MOUNT_CACHE_MS);

  /** The digests with which every token is compared, by the values of the root token. */
  readonly rootTokenDigests = new LruCache<TokenDigest>(MAX_CACHED_ROOT_TOKENS);

  /** Which regions of a hub have shards, by the name of the hub. */
  readonly shardDirectories = new TtlCache<ShardDirectory>(DIRECTORY_CACHE_MS);

  #issuerKeys: KeySource | undefined;
  #vendorClientFor: VendorClientFor | undefined;

  /** The keys of the issuers of JWTs. */
  issuerKeys(variables: Variables): KeySource {
    this.#issuerKeys ??= keySource(keyFetchOptions(variables));
    return this.#issuerKeys;
  }

  /** @param source a name that is unique to the source */
  vendorClient(variables: Variables, source: string): VendorClient {
    this.#vendorClientFor ??= vendorClients(keyFetchOptions(variables));
    return this.#vendorClientFor(source);
  }

  tokenRevoked(): void {
    this.#forgetCallers();
  }

  policyChanged(): void {
    this.#forgetCallers();
  }

  /** A token whose id its maker chose. */
  tokenChosen(): void {
    this.strangers.clear();
  }

  namespaceCreated(): void {
    this.#forgetNamespaces();
  }

  namespaceDeleted(): void {
    this.#forgetNamespaces();
    this.#forgetCallers();
  }

  sourceChanged(): void {
    this.sources.clear();
    this.sourceNames.clear();
  }

  #forgetNamespaces(): void {
    this.namespaceKeys.clear();
    this.missingNamespaces.clear();
  }

  #forgetCallers(): void {
    this.callers.clear();
    this.tokenDigests.clear();
  }
}

export function keyFetchOptions(variables: Variables): KeyFetchOptions {
  return {
    allowLoopbackHttp: allowsLoopbackHttp(variables),
    fetch: (url, init) => fetch(url, init),
  };
}

/** One for the isolate. */
export const workerCaches = new WorkerCaches();
