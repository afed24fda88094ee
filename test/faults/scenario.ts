/** Who is there in a run: the hubs, what is published to them, and who listens to what. */
import type { PublishedEvent } from './history.ts';
import type { Random } from './random.ts';

/** A namespace below the root namespace, as its events carry it. */
export const CHILD = 'team-a/';

export interface RunEvent extends PublishedEvent {
  readonly namespace: string;
  readonly type: string;
  readonly path: string;
}

export type Drawn = Pick<RunEvent, 'namespace' | 'type' | 'path' | 'hub'>;

/** Event types with their namespaces, and how often each is drawn. */
const TYPES: readonly (readonly [{ namespace: string; type: string }, weight: number])[] = [
  [{ namespace: '', type: 'kv-alpha/write' }, 6],
  [{ namespace: '', type: 'kv-alpha/delete' }, 3],
  [{ namespace: '', type: 'kv-beta/write' }, 4],
  [{ namespace: '', type: 'deploy/finished' }, 3],
  [{ namespace: CHILD, type: 'kv-alpha/write' }, 4],
];

export function drawEvent(random: Random): Drawn {
  const { namespace, type } = random.pickWeighted(TYPES);
  const path = random.pick(['secret/red/one', 'secret/red/two', 'secret/blue']);
  return { namespace, type, path, hub: namespace + type.slice(0, type.indexOf('/')) };
}

export interface Audience {
  readonly name: string;
  /** The hub whose order its subscribers see; those of wildcard hubs end in `*`. */
  readonly hub: string;
  /** The namespace that the subscription is sent to. */
  readonly namespace: string;
  readonly pattern: string;
  readonly query: Readonly<Record<string, string>>;
  /** With a token of `RED_POLICY`. */
  readonly restricted: boolean;
  /** Said in the words of this test, not of the server. */
  readonly maySee: (event: Drawn) => boolean;
}

/** What holders of the restricted tokens see. */
export const RED_POLICY = `
path "sys/events/subscribe/*" { capabilities = ["read"] }
path "secret/red/*" {
  capabilities          = ["list", "subscribe"]
  subscribe_event_types = ["*"]
}`;

/** Those who may see everything, and are not root. */
export const READER_POLICY = ['', CHILD]
  .map(
    (namespace) => `
path "${namespace}sys/events/subscribe/*" { capabilities = ["read"] }
path "${namespace}secret/*" {
  capabilities          = ["list", "subscribe"]
  subscribe_event_types = ["*"]
}`,
  )
  .join('');

export const PUBLISHER_POLICY = `
path "sys/events/publish/*" { capabilities = ["update"] }
path "secret/*" { capabilities = ["update"] }
path "${CHILD}sys/events/publish/*" { capabilities = ["update"] }
path "${CHILD}secret/*" { capabilities = ["update"] }`;

const isRoot = ({ namespace }: Drawn) => namespace === '';
const isRed = ({ path }: Drawn) => path.startsWith('secret/red/');

function audience(
  name: string,
  hub: string,
  pattern: string,
  maySee: (event: Drawn) => boolean,
  members: Partial<Audience> = {},
): Audience {
  return { name, hub, pattern, maySee, namespace: '', query: {}, restricted: false, ...members };
}

/** Those that receive everything of their hub: they settle its order. */
const OBSERVERS: readonly Audience[] = [
  audience('kv-alpha', 'kv-alpha', 'kv-alpha/*', ({ hub }) => hub === 'kv-alpha'),
  audience('kv-beta', 'kv-beta', 'kv-beta/write', ({ hub }) => hub === 'kv-beta'),
  audience('deploy', 'deploy', 'deploy/*', ({ hub }) => hub === 'deploy'),
  audience('child-kv', `${CHILD}kv-alpha`, 'kv-alpha/*', ({ namespace }) => namespace === CHILD, {
    namespace: CHILD,
  }),
  audience('child-all', `${CHILD}*`, '*', ({ namespace }) => namespace === CHILD, {
    namespace: CHILD,
  }),
  audience('all', '*', '*', () => true, { query: { namespaces: '*' } }),
];

const OTHERS: readonly Audience[] = [
  audience('write', 'kv-alpha', 'kv-alpha/write', (event) => {
    return isRoot(event) && event.type === 'kv-alpha/write';
  }),
  audience('root-all', '*', '*', isRoot),
  audience('root-kv', '*', 'kv*', (event) => isRoot(event) && event.type.startsWith('kv')),
  audience('kv-and-child', '*', 'kv*', ({ type }) => type.startsWith('kv'), {
    query: { namespaces: CHILD },
  }),
  audience(
    'filtered',
    'kv-alpha',
    'kv-alpha/*',
    (event) => isRoot(event) && event.type === 'kv-alpha/delete',
    { query: { filter: 'event_type == "kv-alpha/delete"' } },
  ),
  audience('filtered-all', '*', '*', (event) => isRoot(event) && event.type !== 'kv-beta/write', {
    query: { filter: 'event_type != "kv-beta/write"' },
  }),
  audience('red', 'kv-alpha', 'kv-alpha/*', (event) => event.hub === 'kv-alpha' && isRed(event), {
    restricted: true,
  }),
  audience('red-all', '*', '*', (event) => isRoot(event) && isRed(event), { restricted: true }),
];

export const AUDIENCES: readonly Audience[] = [...OBSERVERS, ...OTHERS];
