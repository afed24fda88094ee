/** The head of a region of a hub of either kind: it is fed by the hub, serves subscribers of its region, and feeds its shards. */
import { DurableObject } from 'cloudflare:workers';
import type { HubState } from '../objects/hub-contract.ts';
import { stateOf } from './composed-hub.ts';

export class RegionHead extends DurableObject<Env> {
  state(): HubState {
    return stateOf(undefined, 0, undefined);
  }

  async wipe(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }
}
