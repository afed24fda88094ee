/** The destinations of a run: what each wants, how it delivers, and how its receiver fails. */
import { CHILD, READER_POLICY, RED_POLICY, type RunEvent } from '../scenario.ts';
import type { Kind } from './incoming.ts';
import type { Behaviour, Manners } from './receiver.ts';

/** Where the dead letters of a destination are to arrive. */
type DeadLetters = 'event' | 'pause' | { readonly to: string };

export interface Planned {
  readonly name: string;
  readonly kind: Kind;
  /** The path of the Vault namespace in which it is written. */
  readonly namespace: string;
  readonly pattern: string;
  /** Whether it hears the namespace below, too. */
  readonly hasChildren: boolean;
  readonly policy: PolicyName;
  readonly format: 'cloudevents-structured' | 'cloudevents-binary' | 'cloudevents-batch' | 'vault';
  readonly concurrency: number;
  readonly maxEvents: number;
  readonly maxAttempts: number;
  readonly deadLetter: DeadLetters;
  readonly manners: Omit<Manners, 'kind'>;
  /** Whether it is there for the dead letters of the others, and has no events of its own. */
  readonly isForDeadLetters: boolean;
  /** Said in the words of this test, not of the server. Before a right is lost. */
  readonly wants: (event: RunEvent) => boolean;
}

/** `losing` is changed in the middle of the run: from `reader` to `red`. */
type PolicyName = 'reader' | 'red' | 'losing';

export const POLICIES: Readonly<Record<PolicyName, string>> = {
  reader: READER_POLICY,
  red: RED_POLICY,
  losing: READER_POLICY,
};

/** Of the namespace below, as its own policies say it. */
export const CHILD_POLICY = `
path "secret/*" {
  capabilities          = ["list", "subscribe"]
  subscribe_event_types = ["*"]
}`;

/** What `losing` becomes, and which events need what it loses. */
export const LOST_POLICY = RED_POLICY;
export const needsLostRight = ({ path }: { readonly path: string }) => path === 'secret/blue';

/** Those that get what others could not deliver: handed over by another destination, or as events of the server. */
export const LETTERS = 'hook-letters';
export const UNDELIVERED = 'hook-undelivered';

/** So many attempts nobody makes in a run: a receiver that fails by chance takes each event before. */
const MANY_ATTEMPTS = 100;

const STEADY: readonly (readonly [Behaviour, number])[] = [['take', 1]];

function failing(
  ...behaviours: readonly (readonly [Behaviour, number])[]
): readonly (readonly [Behaviour, number])[] {
  return [['take', 10], ...behaviours];
}

const isRoot = ({ namespace }: RunEvent) => namespace === '';
const isRed = ({ path }: RunEvent) => path.startsWith('secret/red/');

type Members = Partial<Omit<Planned, 'name' | 'kind' | 'pattern' | 'wants' | 'manners'>> &
  Partial<Omit<Manners, 'kind'>>;

function planned(kind: Kind, name: string, pattern: string, members: Members = {}): Planned {
  const { behaviours = STEADY, largest, refuses, ...others } = members;
  const { policy = 'reader', namespace = '', hasChildren = false, maxEvents = 20 } = members;
  const [eventTypeNamespace = ''] = pattern.split('/');
  const prefix = eventTypeNamespace.replace('*', '');
  const isPrefix = eventTypeNamespace.endsWith('*');
  const alone = kind === 'webhook' ? 'cloudevents-batch' : 'cloudevents-structured';
  return {
    name,
    kind,
    pattern,
    namespace,
    hasChildren,
    policy,
    maxEvents,
    format: alone,
    concurrency: 1,
    maxAttempts: MANY_ATTEMPTS,
    deadLetter: 'event',
    isForDeadLetters: false,
    ...others,
    manners: { behaviours, largest, refuses },
    wants: (event) => {
      const [own = ''] = event.type.split('/');
      const isHeard = isPrefix ? own.startsWith(prefix) : own === prefix;
      if (!isHeard) return false;
      if (namespace === CHILD) return event.namespace === CHILD;
      return (hasChildren || isRoot(event)) && (policy !== 'red' || isRed(event));
    },
  };
}

const refusesBlue = ({ path }: { readonly path: string }) => path === 'secret/blue';

export const DESTINATIONS: readonly Planned[] = [
  planned('worker', 'worker-all', '*', { hasChildren: true, maxEvents: 100 }),
  planned('worker', 'worker-single', 'deploy/*', { maxEvents: 1, format: 'vault' }),
  planned('worker', 'worker-four', 'kv-alpha/*', {
    concurrency: 4,
    behaviours: failing(['fail', 2], ['reset', 1]),
  }),
  planned('worker', 'worker-lies', 'kv-beta/*', {
    behaviours: failing(['half', 1], ['late', 0.3]),
  }),
  planned('worker', 'worker-hangs', 'kv*', { maxEvents: 100, behaviours: failing(['hang', 1]) }),
  planned('worker', 'worker-loses', 'kv-alpha/*', {
    policy: 'losing',
    maxEvents: 5,
    behaviours: failing(['fail', 5]),
  }),

  planned('queue', 'queue-all', '*', { hasChildren: true, maxEvents: 100 }),
  planned('queue', 'queue-four', 'kv-alpha/*', {
    concurrency: 4,
    maxEvents: 50,
    behaviours: failing(['fail', 2], ['reset', 1]),
  }),
  planned('queue', 'queue-lies', 'deploy/*', { behaviours: failing(['half', 1]) }),
  planned('queue', 'queue-red', 'kv*', { policy: 'red', maxEvents: 100, format: 'vault' }),

  planned('webhook', 'hook-all', '*', { hasChildren: true, maxEvents: 100 }),
  planned('webhook', 'hook-child', 'kv-alpha/*', {
    namespace: CHILD,
    behaviours: failing(['fail', 2]),
  }),
  planned('webhook', 'hook-four', 'kv-alpha/*', {
    concurrency: 4,
    behaviours: failing(['fail', 1], ['redirect', 1], ['reset', 1]),
  }),
  planned('webhook', 'hook-busy', 'kv-beta/*', { maxEvents: 50, behaviours: failing(['busy', 2]) }),
  planned('webhook', 'hook-gone', 'deploy/*', { maxEvents: 50, behaviours: failing(['gone', 1]) }),
  planned('webhook', 'hook-small', 'kv-alpha/*', { maxEvents: 100, largest: 10 }),
  planned('webhook', 'hook-lies', 'kv*', {
    maxEvents: 50,
    behaviours: failing(['half', 1], ['endless', 1], ['late', 0.5]),
  }),
  planned('webhook', 'hook-hangs', 'kv-beta/*', {
    concurrency: 4,
    behaviours: failing(['hang', 1]),
  }),
  planned('webhook', 'hook-loses', 'kv-alpha/*', {
    policy: 'losing',
    maxEvents: 10,
    format: 'vault',
    behaviours: failing(['fail', 5], ['busy', 1]),
  }),
  planned('webhook', 'hook-single', 'kv-beta/*', {
    policy: 'red',
    maxEvents: 1,
    format: 'cloudevents-binary',
    behaviours: failing(['fail', 1]),
  }),
  planned('webhook', 'hook-dies', 'deploy/*', {
    maxEvents: 1,
    maxAttempts: 2,
    format: 'cloudevents-structured',
    refuses: refusesBlue,
  }),
  planned('webhook', 'hook-hands-over', 'kv-beta/*', {
    maxEvents: 5,
    maxAttempts: 2,
    deadLetter: { to: LETTERS },
    refuses: refusesBlue,
  }),
  planned('webhook', LETTERS, 'handed-over/*', {
    isForDeadLetters: true,
    maxEvents: 50,
    behaviours: failing(['fail', 2]),
  }),
  planned('webhook', 'hook-pauses', 'deploy/*', {
    maxAttempts: 1,
    deadLetter: 'pause',
    behaviours: failing(['fail', 1]),
  }),
  // The events of the server that say what could not be delivered.
  planned('webhook', UNDELIVERED, 'carillon/undelivered', {
    isForDeadLetters: true,
    maxEvents: 100,
  }),
];
