/** The name of a source, its path in the API, and what is said if there is none. */
import { checkSourceName } from '../../ingest/webhooks/settings/settings.ts';
import { ok } from '../../lib/result.ts';
import { type CommandResult, wrongUse } from '../command/command.ts';
import type { Argument } from '../command/options.ts';

export const SOURCES = 'sys/events/sources';
export const NAME: Argument = { name: 'name', help: 'name of the source' };

/** A name with a slash would reach another route, whose error does not say what is wrong. */
export function pathOf(name: string): CommandResult<string> {
  const checked = checkSourceName(name);
  return checked.ok ? ok(`${SOURCES}/${name}`) : wrongUse(checked.failure.message);
}

export function noSource(name: string): string {
  return `there is no source ${JSON.stringify(name)}`;
}
