/** The name of a destination, its path in the API, and what is said if there is none. */
import { checkDestinationName } from '../../destination/name.ts';
import { ok } from '../../lib/result.ts';
import { type CommandResult, wrongUse } from '../command/command.ts';
import type { Argument } from '../command/options.ts';

export const DESTINATIONS = 'sys/events/destinations';
export const NAME: Argument = { name: 'name', help: 'name of the destination' };

/** A name with a slash would reach another route, whose error does not say what is wrong. */
export function pathOf(name: string): CommandResult<string> {
  const checked = checkDestinationName(name);
  return checked.ok ? ok(`${DESTINATIONS}/${name}`) : wrongUse(checked.failure.message);
}

export function noDestination(name: string): string {
  return `there is no destination ${JSON.stringify(name)}`;
}
