/** Warns about comparisons in a filter with values that no event of the pattern has. */

import { quote } from '../../lib/quote.ts';
import { CATALOG } from '../catalog.ts';
import { eventTypeNamespace, eventTypeNamespaceGlob, whyNothingMatches } from '../event-type.ts';
import { compileGlob } from '../glob.ts';
import { selectedField } from './fields.ts';
import { parseFilter } from './parser.ts';
import { type Comparison, comparisonsIn } from './syntax.ts';

/**
 * One sentence for each such comparison.
 *
 * @param text of a filter that compiles
 */
export function adviceOnFilter(text: string, pattern: string): string[] {
  const expression = parseFilter(text);
  if (!expression.ok) return [];
  // The other operators search for parts of a value.
  const equalities = comparisonsIn(expression.value).filter(({ operator }) => operator === '==');
  const advice = equalities.flatMap((comparison) => {
    const why = whyNeverEqual(comparison, pattern);
    if (why === undefined) return [];
    return `${comparison.selector.source} never is ${quote(comparison.value)}: ${why}`;
  });
  return [...new Set(advice)];
}

function whyNeverEqual({ selector, value }: Comparison, pattern: string): string | undefined {
  const field = selectedField(selector);
  if (!field.ok) return undefined;
  switch (field.value) {
    case 'namespace':
      return whyNoNamespace(value);
    case 'source_plugin_mount':
      return value === '' || value.endsWith('/')
        ? undefined
        : `a mount has a slash at its end, so write ${quote(`${value}/`)}`;
    case 'event_type':
      return whyNoEventType(value, pattern);
    case 'operation':
      return whyNoOperation(value, pattern);
    default:
      return undefined;
  }
}

function whyNoNamespace(value: string): string | undefined {
  if (value.includes('*')) return 'a filter reads no glob; use the namespaces parameter';
  if (value === '') return undefined;
  if (value === '/' || value === 'root' || value === 'root/') return 'the root namespace is ""';
  if (value.startsWith('/')) return 'a namespace has no slash at its beginning';
  return value.endsWith('/')
    ? undefined
    : `a namespace has a slash at its end, so write ${quote(`${value}/`)}`;
}

function whyNoEventType(value: string, pattern: string): string | undefined {
  if (value.includes('*')) return 'a filter reads no glob; the pattern of the subscription does';
  const why = whyNothingMatches(value);
  if (why !== undefined) return why;
  return compileGlob(pattern)(value)
    ? undefined
    : `the pattern ${quote(pattern)} lets no such event through`;
}

/** Only known if the pattern is for one catalogued event-type namespace. */
function whyNoOperation(value: string, pattern: string): string | undefined {
  if (value.includes('*')) return 'a filter reads no glob';
  const family = eventTypeNamespaceGlob(pattern);
  const types = [...CATALOG.keys()].filter((type) => eventTypeNamespace(type) === family);
  const matches = compileGlob(pattern);
  const operations = types.filter(matches).map((type) => type.slice(family.length + 1));
  // The operation of a lease event is not part of its type.
  if (operations.length === 0 || value === '' || family === 'lease') return undefined;
  return operations.includes(value)
    ? undefined
    : `the events of ${quote(pattern)} have ${operations.map(quote).join(', ')}`;
}
