/** Which Vault namespace a request is sent to. */
import { parseNamespacePath } from '../../namespace/namespace.ts';
import { firstValue } from './header.ts';

/** What the paths of the API begin with; a namespace cannot have these names. */
const ROUTES = ['sys', 'auth'];

/**
 * Divides a path into the namespace that stands before the route, and the route.
 *
 * @example
 * divide('/v1/team-a/sys/health') // { namespace: 'team-a', route: '/v1/sys/health' }
 */
export function divide(path: string): { readonly namespace: string; readonly route: string } {
  const [, version, ...segments] = path.split('/');
  const start = segments.findIndex((segment) => ROUTES.includes(segment));
  if (version !== 'v1' || start < 1) return { namespace: '', route: path };
  return {
    namespace: segments.slice(0, start).join('/'),
    route: `/v1/${segments.slice(start).join('/')}`,
  };
}

/**
 * The path of the namespace that a request is sent to: the header's, and below it the one that stands in
 * the URL. Undefined where no namespace can have this path.
 */
export function namespaceOf(headers: Headers, inUrl: string): string | undefined {
  const header = parseNamespacePath(firstValue(headers.get('x-vault-namespace')));
  if (header === undefined || inUrl === '') return header;
  return parseNamespacePath(`${header}${header && '/'}${inUrl}`);
}
