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

export interface Handshake {
  readonly subscription: Subscription;
  /** Undefined for the root token, which no authority knows. */
  readonly token: HandshakeToken | undefined;
  /** Where the subscriber starts; undefined for now. */
  readonly since: Since | undefined;
  /** Whether a Worker holds the socket, and passes the events on without a WebSocket. Missing from release 0.2. */
  readonly isStream?: boolean;
}

/**
 * The version of the handshake that a Worker sends to a hub. While a release is deployed the two are of different
 * releases: `docs/storage.md` says how to change it.
 */
const FORMAT = 1;

type SentHandshake = Handshake & { readonly format: number };

/** The Worker has made every check before it sends this request to a hub. */
export function encodeHandshake(handshake: Handshake): Request {
  const sent: SentHandshake = { format: FORMAT, ...handshake };
  const query = new URLSearchParams({ handshake: JSON.stringify(sent) });
  return new Request(`https://hub/?${query}`, { headers: { Upgrade: 'websocket' } });
}

/** Refuses the handshake of a release that is too new: what is not understood could be what restricts a subscriber. */
export function decodeHandshake(request: Request): Result<Handshake> {
  const sent = new URL(request.url).searchParams.get('handshake') ?? '';
  const { format, ...handshake } = JSON.parse(sent) as SentHandshake;
  return format === FORMAT
    ? ok(handshake)
    : invalid(
        `the hub does not know handshakes of format ${format}: another release is being deployed; try again`,
      );
}
