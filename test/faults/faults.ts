/** What goes wrong in a run, and when. */
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

export type FaultKind = 'killed' | (typeof WEIGHTS)[number][0];

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

/** The faults of a run of so many milliseconds: so many kills, and the others so often on average. */
export function schedule(
  random: Random,
  milliseconds: number,
  kills: number,
  everyMs: number,
): Fault[] {
  const faults: Fault[] = Array.from({ length: kills }, () => ({
    kind: 'killed',
    at: random.between(0.05, 0.95) * milliseconds,
  }));
  for (let at = 0; ; ) {
    at += random.between(0.1, 1.9) * everyMs;
    if (at > milliseconds) return faults.sort((a, b) => a.at - b.at);
    faults.push({ kind: random.pickWeighted(WEIGHTS), at });
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

/** Does it, and returns when the next fault may follow. */
export async function inflict(kind: FaultKind, scene: Scene): Promise<void> {
  const { server, random, note } = scene;
  switch (kind) {
    case 'killed':
      note(kind);
      return server.kill(random.between(0, MAX_DOWN_MS));
    case 'hub aborted':
    case 'all hubs aborted': {
      const hubs = Object.keys(await server.made());
      if (hubs.length === 0) return;
      const chosen = kind === 'hub aborted' ? [random.pick(hubs)] : hubs;
      note(kind);
      await Promise.all(chosen.map((hub) => server.abort(hub)));
      return;
    }
    case 'answers lost': {
      const hubs = Object.keys(await server.made());
      if (hubs.length === 0) return;
      note(kind);
      return server.loseAnswers(random.pick(hubs), random.integer(1, 4));
    }
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
  for (const [hub, made] of Object.entries(after)) {
    if (made > (before[hub] ?? made)) scene.evictions++;
  }
}
