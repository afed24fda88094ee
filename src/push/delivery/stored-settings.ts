/** What a destination was told: its settings, and whether it pauses. */

import type { Agreement } from '../../destination/agreement.ts';
import type { DestinationSettings } from '../../destination/settings.ts';
import type { DestinationState } from '../../objects/destination-contract.ts';

/** The entry with what the dispatcher has given. Without it, the object is no destination. */
export const SETTINGS_KEY = 'settings';

/** The entry with the reason why it pauses; missing if it does not. */
const PAUSED_KEY = 'paused';

export interface Told {
  readonly settings: DestinationSettings;
  /** Whose share of reading it uses. */
  readonly owner: string;
  readonly agreement?: Agreement | undefined;
}

export type PauseReason = NonNullable<DestinationState['reason']>;

export class StoredSettings {
  readonly #kv: DurableObjectStorage['kv'];
  #told: Told;
  #paused: PauseReason | undefined;

  /** @param told what is stored */
  constructor(kv: DurableObjectStorage['kv'], told: Told) {
    this.#kv = kv;
    this.#told = told;
    this.#paused = kv.get<PauseReason>(PAUSED_KEY);
  }

  get told(): Told {
    return this.#told;
  }

  get current(): DestinationSettings {
    return this.#told.settings;
  }

  get paused(): PauseReason | undefined {
    return this.#paused;
  }

  put(told: Told): void {
    this.#kv.put(SETTINGS_KEY, told);
    this.#told = told;
  }

  pause(reason: PauseReason): void {
    this.#kv.put(PAUSED_KEY, reason);
    this.#paused = reason;
  }

  resume(): void {
    this.#kv.delete(PAUSED_KEY);
    this.#paused = undefined;
  }
}
