/** Whether a connection on which nothing happens stays open: the edge, or a proxy, may close it. */
import type { Server } from '../../../client/options.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { pause } from '../../command/stopping.ts';
import { DOCTOR_HEARTBEAT_MS } from '../limits.ts';
import { Probe } from '../probe.ts';
import { broken, type Finding, passed } from '../report.ts';
import { publishOne } from '../requests.ts';

const TYPE = 'carillon-doctor/idle';

/** Two idle connections: one sends heartbeats as the clients do, the other sends nothing. */
export class IdleConnections {
  readonly #server: Server;
  readonly #beating: Probe;
  readonly #silent: Probe;
  readonly #openedAt = performance.now();
  /** Aborted when a heartbeat was not answered, or the connections were cut. */
  readonly #over = new AbortController();
  #answered = 0;

  private constructor(server: Server, beating: Probe, silent: Probe) {
    this.#server = server;
    this.#beating = beating;
    this.#silent = silent;
  }

  /** @param idleMs how old the connections are to become */
  static async open(server: Server, idleMs: number): Promise<Result<IdleConnections>> {
    const [beating, silent] = await Promise.all([
      Probe.open(server, TYPE),
      Probe.open(server, TYPE),
    ]);
    if (beating.ok && silent.ok) {
      const connections = new IdleConnections(server, beating.value, silent.value);
      void connections.#keepBeating(Math.min(idleMs / 3, DOCTOR_HEARTBEAT_MS));
      return ok(connections);
    }
    for (const probe of [beating, silent]) if (probe.ok) probe.value.cut();
    return invalid(!beating.ok ? beating.failure.message : 'only one connection could be opened');
  }

  /** Waits until the connections are so old. @param signal ends the wait */
  async check(idleMs: number, signal: AbortSignal): Promise<Finding> {
    const left = idleMs - (performance.now() - this.#openedAt);
    if (left > 0) await pause(left, AbortSignal.any([signal, this.#over.signal]));
    if (signal.aborted) return broken('interrupted');
    return this.#over.signal.aborted ? this.#broke() : this.#stayed();
  }

  cut(): void {
    this.#over.abort();
    this.#beating.cut();
    this.#silent.cut();
  }

  async #keepBeating(everyMs: number): Promise<void> {
    for (;;) {
      await pause(everyMs, this.#over.signal);
      if (this.#over.signal.aborted) return;
      if (!(await this.#beating.beat())) break;
      this.#answered++;
    }
    this.#over.abort();
  }

  async #broke(): Promise<Finding> {
    const after = await this.#lasted(this.#beating);
    return broken(
      after === undefined
        ? 'a heartbeat was not answered, though the connection is open'
        : `a connection with heartbeats ended ${after}`,
    );
  }

  async #stayed(): Promise<Finding> {
    const published = await publishOne(this.#server, TYPE);
    if (!published.ok) return broken(published.failure.message);
    const hears = (probe: Probe) => () => probe.received.some(({ id }) => id === published.value);
    const seconds = Math.round((performance.now() - this.#openedAt) / 1000);
    if (!(await this.#beating.until(hears(this.#beating)))) {
      return broken(`after ${seconds} s the connection is open, but an event did not arrive on it`);
    }
    const silent = (await this.#silent.until(hears(this.#silent)))
      ? 'so did one that sent nothing'
      : `one that sent nothing ended ${(await this.#lasted(this.#silent)) ?? 'without a word'}: stock clients must ping`;
    return passed(
      `a connection stayed open for ${seconds} s, answered ${this.#answered} heartbeats and then delivered; ${silent}`,
    );
  }

  /** When a connection ended, and how; undefined if it is open. */
  async #lasted(probe: Probe): Promise<string | undefined> {
    if (probe.isOpen) return undefined;
    const { how, at } = await probe.ended;
    return `after ${Math.round((at - this.#openedAt) / 1000)} s: ${how}`;
  }
}
