/** Parameters of a subscription that nothing reads. Vault passes over them without a word. */
import { quote } from '../event/quote.ts';

/** Those that are read in lower case alone. */
const READ = new Set(['filter', 'json', 'limit', 'namespaces', 'since', 'ticket', 'wait']);

/** What was meant by those that are not, where that is known. */
export function adviceOnParameters(query: URLSearchParams): string[] {
  return [...new Set(query.keys())].flatMap((name) => {
    const meant = meantBy(name);
    return meant === undefined ? [] : `the parameter ${quote(name)} is not read: ${meant}`;
  });
}

function meantBy(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (lower === 'namespace') {
    return '"namespaces" reaches namespaces below, and X-Vault-Namespace chooses one';
  }
  if (lower === 'filters') return 'it is "filter"';
  return lower !== name && READ.has(lower) ? `it is ${quote(lower)}` : undefined;
}
