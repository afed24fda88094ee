/**
 * The namespace of a request that the server does not have. Vault's answer is that of a path without a handler, whose
 * name then begins with the namespace.
 */
import { trimSlashes } from '../../namespace/namespace.ts';

/**
 * Says in place of such a message that there is no namespace.
 *
 * @param message with the server's answer
 * @returns any other message as it is
 */
export function orMissingNamespace(namespace: string, message: string): string {
  const name = trimSlashes(namespace);
  const isMissing =
    name !== '' &&
    message.includes(`no handler for route "${name}/`) &&
    // The server says something else if the cause is another.
    /route entry not found\.?(?:$|; |:? There is no namespace )/.test(message);
  if (!isMissing) return message;
  const above = name.split('/').slice(0, -1).join('/');
  const list = `carillon namespace list${above && ` --namespace ${above}`}`;
  return `there is no namespace ${JSON.stringify(name)}; "${list}" shows which there are`;
}
