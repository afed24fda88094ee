/** A contestant that is ready to be measured: its server runs, its subscribers are there. */

import type { Context } from '../context.ts';
import type { Run, RunResult, SocketSet } from '../load/protocol.ts';
import { cpuMicroseconds } from '../measure/accounting.ts';
import {
  type ClassOf,
  EVENT_TYPE,
  eventTemplate,
  frameTemplate,
  type Protocol,
  publisherToken,
  socketSets,
} from './carillon.ts';
import type { StartedPeer } from './peers/peer.ts';
import { type Server, startWorkerd, startWsServer } from './server.ts';
import type { Side } from './side.ts';

/** What its subscribers are. Only Carillon has classes: to the others every socket is due everything. */
export interface Subscribers {
  readonly sockets: number;
  readonly classes: readonly ClassOf[];
  readonly protocol: Protocol;
}

export interface Slice extends RunResult {
  /** Of the process of the server. */
  readonly cpuMicroseconds: number;
}

/** After the last delivery, for what a server does behind it. */
const SETTLING_MS = 60;

const PATHS = {
  carillon: `/v1/sys/events/publish/${EVENT_TYPE}`,
  raw: '/broadcast',
  ws: '/',
  party: '/parties/room/bench',
  peer: '',
} as const;

export type Pace = Pick<Run, 'pace'> &
  Partial<Pick<Run, 'alone' | 'batch' | 'path' | 'template' | 'noise' | 'audience'>>;

/** A contestant that cannot do what is measured: a commit of before, for instance. */
export class Incapable extends Error {
  /** The name of its side. */
  readonly side: string;

  constructor(side: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.side = side;
  }
}

export class Stage {
  readonly name: string;
  readonly server: Server;
  /** Of the publisher; empty where there are no tokens. */
  readonly token: string;
  readonly #context: Context;
  readonly #kind: Side['kind'];
  readonly #peer: StartedPeer | undefined;
  /** Who is listening, in the load process. */
  #audience: number | 'nobody' = 'nobody';

  private constructor(
    context: Context,
    side: Side,
    server: Server,
    token: string,
    peer?: StartedPeer,
  ) {
    this.name = side.name;
    this.server = server;
    this.#context = context;
    this.#kind = side.kind;
    this.token = token;
    this.#peer = peer;
  }

  /**
   * Starts the server and opens its sockets; without `subscribers` there are none.
   *
   * @throws Incapable
   */
  static async open(context: Context, side: Side, subscribers?: Subscribers): Promise<Stage> {
    try {
      return await Stage.#open(context, side, subscribers);
    } catch (error) {
      throw new Incapable(side.name, error);
    }
  }

  static async #open(context: Context, side: Side, subscribers?: Subscribers): Promise<Stage> {
    context.progress(
      `${side.name}: starting${subscribers ? `, ${subscribers.sockets} sockets` : ''}`,
    );
    const peer = await side.peer?.start();
    const server =
      peer?.server ??
      (await (side.bundle
        ? startWorkerd(side.bundle, { sharding: side.sharding, targets: side.targets })
        : startWsServer()));
    const token = side.kind === 'carillon' ? await publisherToken(server) : '';
    const stage = new Stage(context, side, server, token, peer);
    if (subscribers !== undefined) stage.#audience = await stage.seat(subscribers);
    return stage;
  }

  /** Opens sockets. */
  async seat({ sockets, classes, protocol }: Subscribers): Promise<number> {
    const sets =
      this.#kind === 'carillon'
        ? await socketSets(this.server, classes, sockets, protocol)
        : [
            {
              ...(this.#peer?.subscriber ?? { path: PATHS[this.#kind], headers: {} }),
              count: sockets,
              expects: true,
              acknowledges: false,
            },
          ];
    return this.seatSets(sets);
  }

  seatSets(sets: readonly SocketSet[]): Promise<number> {
    return this.#context.load.open({ port: this.server.port, sets });
  }

  async run(given: Pace): Promise<Slice> {
    const { pace, alone = false, batch = 1, path, template, noise, audience } = given;
    const isCarillon = this.#kind === 'carillon';
    return this.#accounted(() =>
      this.#context.load.run({
        port: this.server.port,
        path: path ?? PATHS[this.#kind],
        headers: {
          'Content-Type': batch > 1 ? 'application/x-ndjson' : 'application/json',
          ...(this.token !== '' && { 'X-Vault-Token': this.token }),
        },
        template: template ?? (isCarillon ? eventTemplate() : frameTemplate()),
        ...(noise !== undefined && { noise }),
        ...this.#peer?.publishing,
        batch,
        audience: audience ?? this.#audience,
        pace,
        alone,
      }),
    );
  }

  /** Opens sockets that are sent what is retained, and closes them. */
  replay(set: SocketSet, events: number): Promise<Slice> {
    return this.#accounted(() =>
      this.#context.load.replay({ port: this.server.port, set, events }),
    );
  }

  async #accounted(work: () => Promise<RunResult>): Promise<Slice> {
    const before = cpuMicroseconds(this.server.pid);
    const result = await work().catch((error) => {
      throw new Incapable(this.name, error);
    });
    await new Promise((resolve) => setTimeout(resolve, SETTLING_MS));
    return { ...result, cpuMicroseconds: cpuMicroseconds(this.server.pid) - before };
  }

  /** Ends the server; its subscribers are cut off. */
  async stop(): Promise<void> {
    await this.server.stop();
  }
}
