/** The `read` of a source for audit entries: where the audited server is asked, and with which token. */
import type { Fields } from '../../../lib/fields.ts';
import { MAX_SOURCE_OPTION_CHARACTERS } from '../../limits.ts';

/** The token is stored apart. */
export interface ReadSettings {
  /** Without a slash at its end; empty for the upstream of this server. */
  readonly address: string;
}

export function readReadSettings(fields: Fields): ReadSettings | undefined {
  if (fields.raw('read') === undefined) return undefined;
  const read = fields.object('read');
  read.rejectUnknown(['address', 'token']);
  const address = read.string('address', MAX_SOURCE_OPTION_CHARACTERS) ?? '';
  return { address: address.replace(/\/+$/, '') };
}
