import type { Identity } from '../policy/identity.ts';
import type { Encoding } from '../wire/frame.ts';
import type { Since } from './since.ts';

/** What a subscriber asked for at the handshake. */
export interface Subscription {
  /** Glob over event types. */
  readonly pattern: string;
  /** Globs over the paths of namespaces. The first is that of the request itself. */
  readonly namespaces: readonly string[];
  /** Filter expression; empty for none. */
  readonly filter: string;
  readonly protocol: Protocol;
  readonly encoding: Encoding;
}

/** `stock`: one event a frame and nothing else, as Vault sends them. */
export type Protocol = 'stock' | 'carillon.v1';

/** Whose a subscription is, as far as it decides what the subscriber sees. */
export interface Principal {
  /** The key of the namespace whose authority knows the token. */
  readonly authority: string;
  /** Names, in order. */
  readonly policies: readonly string[];
  readonly identity: Identity | undefined;
}

/** The token of a handshake; none stands for the root token, which no authority knows. */
export interface HandshakeToken {
  readonly authority: string;
  readonly digest: string;
}

export interface Handshake {
  readonly subscription: Subscription;
  readonly token: HandshakeToken | undefined;
  /** From where on; undefined: from now on. */
  readonly since: Since | undefined;
}

/** The handshake as the Worker hands it to a hub, every check already made. */
export function requestOf(handshake: Handshake): Request {
  const query = new URLSearchParams({ handshake: JSON.stringify(handshake) });
  return new Request(`https://hub/?${query}`, { headers: { Upgrade: 'websocket' } });
}

export function handshakeOf(request: Request): Handshake {
  return JSON.parse(new URL(request.url).searchParams.get('handshake') ?? '') as Handshake;
}
