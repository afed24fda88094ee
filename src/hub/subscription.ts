import type { Encoding } from '../wire/frame.ts';

/** What a subscriber asked for at the handshake. Subscribers with equal subscriptions are one class. */
export interface Subscription {
  /** Glob over event types. */
  readonly pattern: string;
  readonly encoding: Encoding;
}

/** The handshake as the Worker hands it to a hub, every check already made. */
export function handshakeOf(subscription: Subscription): Request {
  const query = new URLSearchParams({ ...subscription });
  return new Request(`https://hub/?${query}`, { headers: { Upgrade: 'websocket' } });
}

export function subscriptionOf(handshake: Request): Subscription {
  const query = new URL(handshake.url).searchParams;
  return {
    pattern: query.get('pattern') ?? '',
    encoding: query.get('encoding') === 'json' ? 'json' : 'protobuf',
  };
}
