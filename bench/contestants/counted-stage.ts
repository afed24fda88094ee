/** A Carillon that counts what the platform charges for, as `counting.ts` does. */
import type { Bundle } from '../../src/cli/dev/bundle.ts';
import type { Context } from '../context.ts';
import type { SocketSet } from '../load/protocol.ts';
import { type Counts, since } from '../measure/counts.ts';
import { faultsOf } from '../measure/row.ts';
import type { Sharding, Targets } from './server.ts';
import { type Pace, Stage } from './stage.ts';

/** What is done behind the answers is over when nothing was counted for so long. */
const RESTING_MS = 300;
const MAX_LOOKS = 100;

/** The counts of one run. */
export interface CountedRun extends Counts {
  readonly faults: readonly string[];
}

export class CountedStage {
  readonly #context: Context;
  readonly #stage: Stage;

  private constructor(context: Context, stage: Stage) {
    this.#context = context;
    this.#stage = stage;
  }

  /** @param bundle built from `counting.ts` */
  static async open(
    context: Context,
    bundle: Bundle,
    sharding?: Sharding,
    targets?: Targets,
  ): Promise<CountedStage> {
    const side = {
      name: 'counting',
      kind: 'carillon',
      bundle,
      ...(sharding && { sharding }),
      ...(targets && { targets }),
    } as const;
    return new CountedStage(context, await Stage.open(context, side));
  }

  get server() {
    return this.#stage.server;
  }

  seat(sets: readonly SocketSet[]): Promise<number> {
    return this.#stage.seatSets(sets);
  }

  async run(pace: Pace): Promise<CountedRun> {
    this.#context.progress(`counted: ${pace.pace.requests} requests`);
    const before = await this.atRest();
    const slice = await this.#stage.run(pace);
    const after = await this.atRest();
    return {
      ...since(before, after),
      faults: faultsOf({ slices: new Map([[this.#stage.name, [slice]]]), dropped: 0 }),
    };
  }

  async atRest(): Promise<Counts> {
    let before = (await this.#ask('counts')) as Counts;
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      await new Promise((resolve) => setTimeout(resolve, RESTING_MS));
      const after = (await this.#ask('counts')) as Counts;
      if (after.calls === before.calls && after.rows === before.rows) return after;
      before = after;
    }
    throw new Error('the server goes on writing rows or calling objects with nothing to do');
  }

  /** Bytes of the hub's database. */
  async size(): Promise<number> {
    return (await this.#ask('size')) as number;
  }

  stop(): Promise<void> {
    return this.#stage.stop();
  }

  async #ask(what: 'counts' | 'size'): Promise<unknown> {
    return (await fetch(`http://127.0.0.1:${this.server.port}/${what}`)).json();
  }
}
