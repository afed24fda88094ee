/** The paths of roles. */
import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { type CommandResult, wrongUse } from '../command/command.ts';
import type { Method } from './auth-methods.ts';

/** Refuses a slash, with which the path would be that of something else: `web/secret-id` makes a secret id. */
export function rolePath(method: Method, name: string, below = ''): CommandResult<string> {
  return name.includes('/')
    ? wrongUse(`the name of a role has no slash: ${quote(name)}`)
    : ok(`auth/${method}/role/${name}${below && `/${below}`}`);
}
