/** The handshake of a subscriber, as it crosses from the Worker to a hub. */

import { invalid, ok, type Result } from '../lib/result.ts';
import type { Identity } from '../policy/identity.ts';
import type { Encoding } from '../wire/frame.ts';
import type { Since } from './since.ts';

/** What a subscriber asks for. */
export interface Subscription {
  /** Glob over event types. */
  readonly pattern: string;
  /** Globs over the paths of Vault namespaces. The first is the namespace of the request. */
  readonly namespaces: readonly string[];
  /** Filter expression; empty for none. */
  readonly filter: string;
  readonly protocol: Protocol;
  readonly encoding: Encoding;
}

/** `stock`: each frame is one event, as Vault sends them. */
export type Protocol = 'stock' | 'carillon.v1';

/** Whose policies decide what a subscriber sees. */
export interface Principal {
  /** The key of the Vault namespace whose authority knows the token. */
  readonly authority: string;
  /** Names, sorted. */
  readonly policies: readonly string[];
  readonly identity: Identity | undefined;
}

export interface HandshakeToken {
  /** The key of the Vault namespace whose authority knows the token. */
  readonly authority: string;
  readonly digest: string;
}

/** What the lease of a client that reconnects says: see `lease.ts`. */
export interface Lease {
  /** The key of the Vault namespace that the subscription was sent to. It and the subscription decide the hub. */
  readonly namespace: string;
  /** The key of the Vault namespace whose authority knows the token. */
  readonly authority: string;
  /** The id of the token there. */
  readonly token: number;
  /** When the client showed the token, or a ticket, last. Unix milliseconds. */
  readonly shownAt: number;
}

export interface Handshake {
  readonly subscription: Subscription;
  /** Undefined for the root token, which no authority knows, and for a lease. */
  readonly token: HandshakeToken | undefined;
  /**
   * Of the value of the root token that the subscriber came with (`token/root-mark.ts`). Undefined for another token, and
   * from a Worker of release 0.2.
   */
  readonly rootMark?: string | undefined;
  /** Where the subscriber starts; undefined for now. */
  readonly since: Since | undefined;
  /** Whether a Worker holds the socket, and passes the events on without a WebSocket. Missing from release 0.2. */
  readonly isStream?: boolean;
  /** Stands for the token of a client that reconnects. */
  readonly lease?: Lease;
  /**
   * The region of the client (`config/region.ts`): `any` if it is unknown, or may have no shards. Undefined from a Worker of an
   * earlier release, which knows no shards.
   */
  readonly region?: string;
  /** Whether the hub may give the client a lease: one with a token whose uses are limited shows it each time. */
  readonly mayLease?: boolean;
}

/**
 * The version of the handshake that a Worker sends to a hub. While a release is deployed the two are of different
 * releases: `docs/storage.md` says how to change it.
 */
const FORMAT = 1;

/** With a lease. A hub that does not know leases would take the subscriber for one with the root token. */
const FORMAT_WITH_LEASE = 2;

type SentHandshake = Handshake & { readonly format: number };

/** The Worker has made every check before it sends this request to a hub. */
export function encodeHandshake(handshake: Handshake): Request {
  const format = handshake.lease === undefined ? FORMAT : FORMAT_WITH_LEASE;
  const sent: SentHandshake = { format, ...handshake };
  const query = new URLSearchParams({ handshake: JSON.stringify(sent) });
  return new Request(`https://hub/?${query}`, { headers: { Upgrade: 'websocket' } });
}

/** Refuses the handshake of a release that is too new: what is not understood could be what restricts a subscriber. */
export function decodeHandshake(request: Request): Result<Handshake> {
  const sent = new URL(request.url).searchParams.get('handshake') ?? '';
  const { format, ...handshake } = JSON.parse(sent) as SentHandshake;
  const expected = handshake.lease === undefined ? FORMAT : FORMAT_WITH_LEASE;
  return format === expected
    ? ok(handshake)
    : invalid(
        `the hub does not know handshakes of format ${format}: another release is being deployed; try again`,
      );
}
