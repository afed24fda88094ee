/** What the path of a file in the folder says about its content. Pure. */

export type Layout =
  | { readonly content: 'documents'; readonly namespace: string }
  | { readonly content: 'policy'; readonly namespace: string; readonly name: string }
  | { readonly content: 'nothing' }
  | { readonly content: 'misplaced'; readonly message: string };

const DOCUMENTS = /\.(?:ya?ml|json)$/i;
const POLICY = /\.hcl$/i;

/**
 * `policies/` has policies, `namespaces/<name>/` has the same layout for a namespace below, and every other folder is
 * only for order.
 *
 * @param path from the folder, with slashes
 * @example
 * layoutOf('namespaces/team-a/policies/reader.hcl') // a policy `reader` in the namespace `team-a`
 */
export function layoutOf(path: string): Layout {
  const segments = path.split('/');
  const names: string[] = [];
  while (segments[0] === 'namespaces' && segments.length > 2) {
    names.push(...segments.splice(0, 2).slice(1));
  }
  const namespace = names.join('/');
  if (DOCUMENTS.test(path)) return { content: 'documents', namespace };
  if (!POLICY.test(path)) return { content: 'nothing' };
  const [first, ...rest] = segments;
  if (first === 'policies' && rest.length > 0) {
    return { content: 'policy', namespace, name: rest.join('/').replace(POLICY, '') };
  }
  const where = names.map((name) => `namespaces/${name}/`).join('');
  return {
    content: 'misplaced',
    message: `policies are read from ${where}policies/ only; move the file there, or give --folder the folder above`,
  };
}
