/** A shard of a region of a hub of either kind: it is fed by the head of its region, and serves subscribers. */
import { DurableObject } from 'cloudflare:workers';
import type { HubState } from '../objects/hub-contract.ts';
import { stateOf } from './composed-hub.ts';

export class Shard extends DurableObject<Env> {
  state(): HubState {
    return stateOf(undefined, 0, undefined);
  }

  async wipe(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }
}
