/** The destinations of the namespace, with the state of each, and their rows for people. */
import type { Server } from '../../client/options.ts';
import { isJsonObject } from '../../lib/json.ts';
import { DESTINATIONS } from '../destinations/name.ts';
import { requestApi } from '../server/api.ts';
import { counted } from './counted.ts';
import { MAX_STATUS_DESTINATIONS, STATUS_TIMEOUT_MS } from './limits.ts';

export interface ListedDestination {
  readonly destination: string;
  /** `active`, `failing` or `paused`. Absent if it was not asked for. */
  readonly status?: string;
  /** Why it is paused. */
  readonly reason?: string;
  /** Events of its hubs that it has not looked at. */
  readonly lag?: number;
  /** Attempts that failed since the last success. */
  readonly failures?: number;
  /** Why its state is not shown, or what keeps it from delivering. */
  readonly problem?: string;
}

/** @param names of all destinations of the namespace */
export function readDestinations(
  server: Server,
  names: readonly string[],
): Promise<ListedDestination[]> {
  return Promise.all(
    names.map(async (destination, index) =>
      index < MAX_STATUS_DESTINATIONS ? readDestination(server, destination) : { destination },
    ),
  );
}

async function readDestination(server: Server, destination: string): Promise<ListedDestination> {
  const path = `${DESTINATIONS}/${destination}`;
  const answer = await requestApi(server, path, { timeoutMs: STATUS_TIMEOUT_MS });
  if (!answer.ok) return { destination, problem: answer.failure.message };
  const state = isJsonObject(answer.value.data.state) ? answer.value.data.state : {};
  const { status, reason, lag, failures, problem } = state;
  return {
    destination,
    status: String(status),
    ...(typeof reason === 'string' && { reason }),
    lag: Number(lag ?? 0),
    failures: Number(failures ?? 0),
    ...(typeof problem === 'string' && { problem }),
  };
}

export function destinationRow(listed: ListedDestination): [label: string, text: string] {
  const { destination, status, reason, lag = 0, failures = 0, problem } = listed;
  const parts = [
    status === undefined ? undefined : reason === undefined ? status : `${status} (${reason})`,
    failures > 0 ? `${counted(failures, 'failure')} in a row` : undefined,
    lag > 0 ? `lag ${lag}` : undefined,
    problem,
  ];
  const text = parts.filter((part) => part !== undefined).join(', ');
  return [`destination ${destination}`, text === '' ? 'not asked' : text];
}
