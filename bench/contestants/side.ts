import type { Bundle } from '../../src/cli/dev/bundle.ts';
import type { Peer } from './peers/peer.ts';
import type { Sharding, Targets } from './server.ts';

/** What is measured. */
export interface Side {
  readonly name: string;
  readonly kind: 'carillon' | 'raw' | 'ws' | 'party' | 'peer';
  /** Of what runs in workerd. */
  readonly bundle?: Bundle;
  /** If it is one. */
  readonly peer?: Peer;
  /** If absent, its hubs have no shards. */
  readonly sharding?: Sharding;
  /** If absent, nothing can be delivered to. */
  readonly targets?: Targets;
}
