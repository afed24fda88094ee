/** Warns about a pattern that probably matches no event, and suggests another one. Pure. */

import { quote } from '../lib/quote.ts';
import { CATALOG, nearestCatalogued } from './catalog.ts';
import { whyNothingMatches } from './event-type.ts';
import { compileGlob } from './glob.ts';

/** The path of a kv secret: `secret/data/app`. No event type of Vault has such a second segment. */
const KV_PATH = /^[^/*]+\/(?:data|metadata)(?:\/|$)/;

/**
 * @param pattern of a subscription, or a glob of `subscribe_event_types`
 * @example
 * adviceOnPattern('KV-V2/*') // ['"KV-V2/*": event types are case-sensitive; Vault\'s are matched by "kv-v2/*"']
 */
export function adviceOnPattern(pattern: string): string[] {
  const unmatched = whyNothingMatches(pattern);
  if (unmatched !== undefined) return [`no event type can match ${quote(pattern)}: ${unmatched}`];
  const lower = pattern.toLowerCase();
  if (lower !== pattern && !matchesVault(pattern) && matchesVault(lower)) {
    return [
      `${quote(pattern)}: event types are case-sensitive; Vault's are matched by ${quote(lower)}`,
    ];
  }
  const glob = pattern.replaceAll('.*', '*');
  if (glob !== pattern && !matchesVault(pattern) && matchesVault(glob)) {
    return [
      `${quote(pattern)} is no regular expression: "*" stands for any text, so Vault's event types are matched by ${quote(glob)}`,
    ];
  }
  if (!pattern.includes('*')) {
    const suggestion = suggestionForExact(pattern);
    if (suggestion !== undefined) {
      return [`${quote(pattern)} is one event type, which Vault does not have; ${suggestion}`];
    }
  }
  if (KV_PATH.test(pattern)) {
    return [
      `${quote(pattern)} looks like the path of a secret; subscribe to an event type such as "kv-v2/*" with the filter data_path == ${quote(pattern)}`,
    ];
  }
  return [];
}

/** Other publishers may have their own types, so only a type that is near one of Vault's is suspicious. */
function suggestionForExact(pattern: string): string | undefined {
  if (CATALOG.has(pattern)) return undefined;
  if (matchesVault(`${pattern}/*`)) return `all below it are matched by ${quote(`${pattern}/*`)}`;
  const type = nearestCatalogued(pattern);
  return type && `nearest to it is ${quote(type)}`;
}

function matchesVault(pattern: string): boolean {
  return [...CATALOG.keys()].some(compileGlob(pattern));
}
