/** What goes wrong in a run, and when. */
import { type Disturbance, NATURAL } from './disturbances.ts';
import { kindOf, type ObjectKind, type OtherKind, parseOther } from './object-kind.ts';
import type { TcpProxy } from './proxy.ts';
import type { Publisher } from './publisher.ts';
import type { Random } from './random.ts';
import type { ServerUnderTest } from './server.ts';
import type { Subscription } from './subscription.ts';

/** Faults other than kills, and how often each is drawn. */
const WEIGHTS = [
  ['hub aborted', 4],
  ['all hubs aborted', 1],
  ['answers lost', 4],
  ['half-open', 5],
  ['reset', 4],
  ['reader stalled', 4],
  ['flood', 2],
  ['idle', 0.5],
] as const;

/** Those of region heads and shards, in addition. */
const REPLICA_WEIGHTS = [
  ['head aborted', 4],
  ['shard aborted', 4],
  ['head disturbed', 4],
  ['shard disturbed', 4],
] as const;

/** Those of a run of destinations, which has no subscribers. */
const DESTINATION_WEIGHTS = [
  ['hub aborted', 4],
  ['all objects aborted', 1],
  ['answers lost', 2],
  ['flood', 1],
  ['hub disturbed', 4],
  ['destination aborted', 6],
  ['destination disturbed', 4],
  ['dispatcher aborted', 3],
  ['dispatcher disturbed', 4],
  ['authority aborted', 2],
  ['authority disturbed', 3],
] as const;

/** Not faults but losses, which the run has to find. */
const SABOTAGE = 'page emptied';
const SABOTAGE_OF_DESTINATIONS = 'answer emptied';

export type FaultKind =
  | 'killed'
  | typeof SABOTAGE
  | typeof SABOTAGE_OF_DESTINATIONS
  | (typeof WEIGHTS | typeof REPLICA_WEIGHTS | typeof DESTINATION_WEIGHTS)[number][0];

export interface Fault {
  readonly kind: FaultKind;
  /** Milliseconds from the beginning of the run. */
  readonly at: number;
}

const MAX_DOWN_MS = 1500;
/** workerd evicts an object 10 s after its last work. */
const IDLE_MS = 13_000;
/** Within which every hub is published to again. */
const REVIVAL_MS = 1500;
const SHORT_STALL_MS = 12_000;
/** Longer than the server waits for an acknowledgement. */
const LONG_STALL_MS = 65_000;

interface Plan {
  readonly milliseconds: number;
  readonly kills: number;
  /** From one other fault to the next, on average. */
  readonly everyMs: number;
  readonly has: 'subscribers' | 'shards' | 'destinations';
  readonly isSabotaged?: boolean;
}

const WEIGHTS_OF = {
  subscribers: WEIGHTS,
  shards: [...WEIGHTS, ...REPLICA_WEIGHTS],
  destinations: DESTINATION_WEIGHTS,
} as const;

/** The faults of a run. */
export function schedule(random: Random, plan: Plan): Fault[] {
  const { milliseconds, kills, everyMs, has, isSabotaged = false } = plan;
  const weights: readonly (readonly [FaultKind, number])[] = WEIGHTS_OF[has];
  const sabotage = has === 'destinations' ? SABOTAGE_OF_DESTINATIONS : SABOTAGE;
  const faults: Fault[] = Array.from({ length: kills }, () => ({
    kind: 'killed',
    at: random.between(0.05, 0.95) * milliseconds,
  }));
  for (let at = 0; ; ) {
    at += random.between(0.1, 1.9) * everyMs;
    if (at > milliseconds) return faults.sort((a, b) => a.at - b.at);
    faults.push({ kind: isSabotaged ? sabotage : random.pickWeighted(weights), at });
  }
}

export interface Scene {
  readonly server: ServerUnderTest;
  /** Between the server and its subscribers, and its publishers. */
  readonly proxies: readonly TcpProxy[];
  readonly publishers: readonly Publisher[];
  readonly subscriptions: ReadonlySet<Subscription>;
  readonly random: Random;
  /** Told of each moment from which on the run has to recover. */
  readonly note: (kind: FaultKind) => void;
  /** Whether nobody publishes, comes or goes at present. */
  isIdle: boolean;
  /** Evictions that were seen. */
  evictions: number;
}

/** Does all of them, each at its time. @param say is told of each */
export async function inflictAll(
  faults: readonly Fault[],
  milliseconds: number,
  scene: Scene,
  say: (line: string) => void,
): Promise<void> {
  let begun = performance.now();
  for (const { kind, at } of faults) {
    await sleep(begun + at - performance.now());
    const inflicted = performance.now();
    say(`${((inflicted - begun) / 1000).toFixed(1).padStart(6)} s  ${kind}`);
    await inflict(kind, scene);
    // The others are for times with load.
    if (kind === 'idle') begun += performance.now() - inflicted;
  }
  await sleep(begun + milliseconds - performance.now());
}

/** Does it, and returns when the next fault may follow. */
async function inflict(kind: FaultKind, scene: Scene): Promise<void> {
  const { server, random, note } = scene;
  switch (kind) {
    case 'killed':
      note(kind);
      return server.kill(random.between(0, MAX_DOWN_MS));
    case 'all hubs aborted':
    case 'all objects aborted': {
      const isAll = kind === 'all objects aborted';
      const objects = await objectsOf(isAll ? 'any' : 'with subscribers', server);
      if (objects.length === 0) return;
      note(kind);
      await Promise.all(objects.map((object) => server.abort(object)));
      return;
    }
    case 'hub aborted':
      return abortOne(kind, 'hub', scene);
    case 'head aborted':
      return abortOne(kind, 'head', scene);
    case 'shard aborted':
      return abortOne(kind, 'shard', scene);
    case 'destination aborted':
      return abortOne(kind, 'destination', scene);
    case 'dispatcher aborted':
      return abortOne(kind, 'dispatcher', scene);
    case 'authority aborted':
      return abortOne(kind, 'authority', scene);
    case 'answers lost':
      return disturb(kind, 'hub', ['answer lost'], scene);
    case 'hub disturbed':
      return disturb(kind, 'hub', NATURAL, scene);
    case 'destination disturbed':
      return disturb(kind, 'destination', NATURAL, scene);
    case 'dispatcher disturbed':
      return disturb(kind, 'dispatcher', NATURAL, scene);
    case 'authority disturbed':
      return disturb(kind, 'authority', NATURAL, scene);
    case 'head disturbed':
      return disturb(kind, 'head', NATURAL, scene);
    case 'shard disturbed':
      return disturb(kind, 'shard', NATURAL, scene);
    case SABOTAGE:
      return disturb(kind, 'shard', [SABOTAGE], scene);
    case SABOTAGE_OF_DESTINATIONS:
      return disturb(kind, 'hub', [SABOTAGE_OF_DESTINATIONS], scene);
    case 'half-open':
    case 'reset':
      return breakConnections(kind, scene);
    case 'reader stalled':
      return stall(scene);
    case 'flood':
      note(kind);
      return random.pick(scene.publishers).flood();
    case 'idle':
      return idle(scene);
  }
}

/** The names of those that were made since the server started. */
async function objectsOf(
  kind: ObjectKind | OtherKind | 'with subscribers' | 'any',
  server: ServerUnderTest,
): Promise<string[]> {
  const names = Object.keys(await server.made());
  if (kind === 'any') return names;
  return names.filter((name) => {
    const other = parseOther(name)?.kind;
    if (other !== undefined) return other === kind;
    return kind === 'with subscribers' || kindOf(name) === kind;
  });
}

async function abortOne(
  kind: FaultKind,
  of: ObjectKind | OtherKind,
  { server, random, note }: Scene,
): Promise<void> {
  const objects = await objectsOf(of, server);
  if (objects.length === 0) return;
  note(kind);
  await server.abort(random.pick(objects));
}

async function disturb(
  kind: FaultKind,
  of: ObjectKind | OtherKind,
  ways: readonly Disturbance[],
  { server, random, note }: Scene,
): Promise<void> {
  const objects = await objectsOf(of, server);
  if (objects.length === 0) return;
  note(kind);
  await server.disturb(random.pick(objects), random.pick(ways), random.integer(1, 4));
}

function breakConnections(kind: FaultKind, { proxies, random, note }: Scene): void {
  const links = proxies.flatMap((proxy) => proxy.links);
  const count = random.pick([1, 5, 50]);
  note(kind);
  for (let broken = 0; broken < count && links.length > 0; broken++) {
    const [link] = links.splice(random.integer(0, links.length - 1), 1);
    if (kind === 'reset') link?.cut();
    else random.pick([() => link?.freeze(), () => link?.cutClient(), () => link?.cutServer()])();
  }
}

function stall({ subscriptions, random, note }: Scene): void {
  const readers = [...subscriptions].filter(({ isStalled }) => !isStalled);
  const milliseconds = random.chance(0.1) ? LONG_STALL_MS : random.between(500, SHORT_STALL_MS);
  for (let stalled = 0; stalled < 5 && readers.length > 0; stalled++) {
    const [reader] = readers.splice(random.integer(0, readers.length - 1), 1);
    reader?.stall();
    setTimeout(() => {
      if (reader?.isStalled) reader.goOn();
    }, milliseconds);
  }
  setTimeout(() => note('reader stalled'), milliseconds);
}

/** Lets the hubs hibernate: nothing is published for longer than they stay in memory. */
async function idle(scene: Scene): Promise<void> {
  const { server, publishers, note } = scene;
  const before = await server.made();
  const over = new Promise<void>((resolve) => setTimeout(resolve, IDLE_MS));
  for (const publisher of publishers) publisher.pause(over);
  scene.isIdle = true;
  await over;
  scene.isIdle = false;
  note('idle');
  // Whoever was evicted is made again by what is published now.
  await new Promise((resolve) => setTimeout(resolve, REVIVAL_MS));
  const after = await server.made();
  for (const [object, made] of Object.entries(after)) {
    if (made.length > (before[object] ?? made).length) scene.evictions++;
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
}
