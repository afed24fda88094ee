/** Which Vault namespace a request is sent to, by its URL and its header. */
import { parseNamespacePath } from '../../namespace/namespace.ts';
import { firstValue } from './header.ts';

/** The first segments of all routes. No namespace can have these names. */
const FIRST_SEGMENTS = ['sys', 'auth'];

/**
 * Divides a path into the namespace in front of the route, and the route.
 *
 * @example
 * divide('/v1/team-a/sys/health') // { namespace: 'team-a', route: '/v1/sys/health' }
 */
export function divide(path: string): { readonly namespace: string; readonly route: string } {
  const [, version, ...segments] = path.split('/');
  const start = segments.findIndex((segment) => FIRST_SEGMENTS.includes(segment));
  if (version !== 'v1' || start < 1) return { namespace: '', route: path };
  return {
    namespace: segments.slice(0, start).join('/'),
    route: `/v1/${segments.slice(start).join('/')}`,
  };
}

/** The path of the namespace: that of the header, and the one in the URL below it. Undefined if none can have it. */
export function namespaceOf(headers: Headers, inUrl: string): string | undefined {
  const header = parseNamespacePath(firstValue(headers.get('x-vault-namespace')));
  if (header === undefined || inUrl === '') return header;
  return parseNamespacePath(`${header}${header && '/'}${inUrl}`);
}
