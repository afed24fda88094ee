/** What the API lets a token see: itself, the catalog, the namespaces below, the hubs. */
import type { Server } from '../../client/options.ts';
import { DESTINATIONS } from '../destinations/name.ts';
import { requestApi } from '../server/api.ts';
import { type ListedDestination, readDestinations } from './destinations.ts';
import { MAX_STATUS_HUBS, STATUS_TIMEOUT_MS } from './limits.ts';

interface TokenState {
  /** Where the command has it from. */
  readonly source: string;
  readonly accessor: string;
  readonly display_name: string;
  readonly policies: readonly string[];
  /** Seconds; 0 if the token does not expire. */
  readonly ttl: number;
}

/** A region of a hub, as the server shows it. What does not answer has a problem, and no subscribers. */
export interface RegionState {
  readonly region: string;
  /** With those of the head. */
  readonly subscribers?: number;
  readonly lag?: number;
  readonly head: { readonly subscribers?: number };
  readonly problem?: string;
  readonly shards: readonly {
    readonly shard: number;
    readonly subscribers?: number;
    readonly lag?: number;
    readonly problem?: string;
  }[];
}

interface HubState {
  /** An event-type namespace, or `*` for the wildcard hub. */
  readonly hub: string;
  /** Absent if it was not asked for. */
  readonly state?: string;
  readonly subscribers?: number;
  /** Which release runs it. Absent: 0.2.0, or it was not asked for. */
  readonly release?: string;
  /** The region of the hub itself, if it is known. */
  readonly home?: string;
  /** Absent if the hub serves all of its subscribers itself. */
  readonly regions?: readonly RegionState[];
  /** Why its state is not shown, or what is wrong with it. */
  readonly problem?: string;
}

/** A part that the token does not show is null, and its problem says why. */
export interface View {
  readonly token: TokenState | null;
  readonly event_types: number | null;
  readonly namespaces: readonly string[] | null;
  readonly hubs: readonly HubState[] | null;
  readonly destinations: readonly ListedDestination[] | null;
  /** By the name of the part. A problem of one hub is with the hub. */
  readonly problems: Readonly<Record<string, string>>;
}

export function viewWithoutToken(problem: string): View {
  return {
    token: null,
    event_types: null,
    namespaces: null,
    hubs: null,
    destinations: null,
    problems: { token: problem },
  };
}

export async function readView(server: Server): Promise<View> {
  const problems: Record<string, string> = {};
  const part = async <T>(name: string, read: Promise<Part<T>>): Promise<T | null> => {
    const { value, problem } = await read;
    if (problem !== undefined) problems[name] = problem;
    return value ?? null;
  };
  const token = await part('token', readToken(server));
  if (token === null) return viewWithoutToken(problems.token ?? '');
  const [event_types, namespaces, hubs, destinations] = await Promise.all([
    part('event_types', readEventTypes(server)),
    part('namespaces', readKeys(server, 'sys/namespaces', 'the token may not list them')),
    part('hubs', readHubs(server)),
    part('destinations', readAllDestinations(server)),
  ]);
  return { token, event_types, namespaces, hubs, destinations, problems };
}

interface Part<T> {
  readonly value?: T | undefined;
  readonly problem?: string | undefined;
}

async function readToken(server: Server): Promise<Part<TokenState>> {
  const answer = await get(server, 'auth/token/lookup-self');
  if (!answer.ok) return { problem: answer.failure.message };
  const { accessor, policies, ttl, display_name } = answer.value.data;
  return {
    value: {
      source: process.env.VAULT_TOKEN?.trim() ? 'VAULT_TOKEN' : 'the last login',
      accessor: String(accessor ?? ''),
      display_name: String(display_name ?? ''),
      policies: Array.isArray(policies) ? policies.map(String) : [],
      ttl: Number(ttl ?? 0),
    },
  };
}

async function readEventTypes(server: Server): Promise<Part<number>> {
  const keys = await readKeys(server, 'sys/events/types', 'the token may not list them');
  return keys.value?.length === 0
    ? { problem: 'the server has no sys/events/types: it is no Carillon' }
    : { ...keys, value: keys.value?.length };
}

/** The hubs of the namespace that have events, with the state of each, after the wildcard hub. */
async function readHubs(server: Server): Promise<Part<readonly HubState[]>> {
  const names = await readKeys(
    server,
    'sys/events/hubs',
    'the token may not list them: that needs sudo on sys/events/hubs',
  );
  if (names.value === undefined) return { problem: names.problem };
  const asked = ['*', ...names.value.slice(0, MAX_STATUS_HUBS)];
  const states = await Promise.all(asked.map((hub) => readHub(server, hub)));
  return { value: [...states, ...names.value.slice(MAX_STATUS_HUBS).map((hub) => ({ hub }))] };
}

async function readHub(server: Server, hub: string): Promise<HubState> {
  const answer = await get(server, `sys/events/hubs/${hub}`);
  if (!answer.ok) return { hub, problem: answer.failure.message };
  const { state, subscribers, release, home, regions, problem } = answer.value.data;
  return {
    hub,
    state: String(state),
    subscribers: Number(subscribers ?? 0),
    ...(typeof release === 'string' && { release }),
    ...(typeof home === 'string' && { home }),
    ...(Array.isArray(regions) && { regions: regions as RegionState[] }),
    ...(typeof problem === 'string' && { problem }),
  };
}

async function readAllDestinations(server: Server): Promise<Part<readonly ListedDestination[]>> {
  const names = await readKeys(server, DESTINATIONS, 'the token may not list them');
  return names.value === undefined
    ? { problem: names.problem }
    : { value: await readDestinations(server, names.value) };
}

/** The keys of a list; none if it is empty. */
async function readKeys(
  server: Server,
  path: string,
  forbidden: string,
): Promise<Part<readonly string[]>> {
  const answer = await get(server, path, 'list=true');
  if (answer.ok) {
    const { keys } = answer.value.data;
    return { value: Array.isArray(keys) ? keys.map(String) : [] };
  }
  const { reason, status, message } = answer.failure;
  if (reason === 'not_found') return { value: [] };
  return { problem: status === 403 ? forbidden : message };
}

function get(server: Server, path: string, query = '') {
  return requestApi(server, path, { query, timeoutMs: STATUS_TIMEOUT_MS });
}
