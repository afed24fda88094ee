/** Parameters of a subscription that nothing reads. Vault ignores them silently. */
import { nearest } from '../../../lib/nearest.ts';
import { quote } from '../../../lib/quote.ts';
import { MAX_NAMED_PARAMETERS } from '../../limits.ts';

/** These are only read in lower case. */
const READ = ['filter', 'json', 'limit', 'namespaces', 'since', 'ticket', 'wait'];

/** Names that other servers have for the same parameters. */
const ELSEWHERE = new Map([
  ['namespace', '"namespaces" reaches namespaces below, and X-Vault-Namespace chooses one'],
  ...['after', 'cursor', 'from'].map((name) => [name, 'it is "since"'] as const),
  ['timeout', 'it is "wait"'],
]);

/** Names the parameters that are not read, with what the client may have meant, and repeated ones. */
export function adviceOnParameters(query: URLSearchParams): string[] {
  const names = [...new Set(query.keys())];
  const unread = names.filter((name) => !READ.includes(name) && !isLastEventId(name));
  const advice = unread.slice(0, MAX_NAMED_PARAMETERS).map((name) => {
    const meant = meantBy(name.toLowerCase());
    return `the parameter ${quote(name)} is not read${meant === undefined ? '' : `: ${meant}`}`;
  });
  if (unread.length > MAX_NAMED_PARAMETERS) {
    advice.push(`${unread.length - MAX_NAMED_PARAMETERS} further parameters are not read`);
  }
  for (const name of READ) {
    const values = query.getAll(name);
    if (name !== 'namespaces' && values.length > 1) {
      advice.push(
        `of the parameter ${quote(name)}, which is given ${values.length} times, only the first is read`,
      );
    }
  }
  return advice;
}

function meantBy(name: string): string | undefined {
  const elsewhere = ELSEWHERE.get(name);
  if (elsewhere !== undefined) return elsewhere;
  const known = READ.includes(name) ? name : nearest(name, READ);
  return known === undefined ? undefined : `it is ${quote(known)}`;
}

/** Replacements of EventSource send `lastEventId`, clients of Mercure `lastEventID` or `Last-Event-ID`. */
export function isLastEventId(parameter: string): boolean {
  return parameter.toLowerCase().replaceAll('-', '') === 'lasteventid';
}
