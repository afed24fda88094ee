/** All peers, with what is known of them here. */
import { centrifugo } from './centrifugo.ts';
import { mercure } from './mercure.ts';
import { nats } from './nats.ts';
import { nchan } from './nchan.ts';
import type { PeerKind } from './peer.ts';

export function peerKinds(): readonly PeerKind[] {
  return [centrifugo(), mercure(), nats(), nchan()];
}
