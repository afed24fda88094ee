/** What an OpenBao or Vault says about the mount of a path: the answer of `sys/internal/ui/mounts/<path>`. */
import type { PluginInfo } from '../../event/event.ts';
import { isJsonObject } from '../../lib/json.ts';
import { withSlash } from '../../namespace/namespace.ts';

export interface MountFacts {
  /** The mount as the path of the request begins with it. */
  readonly prefix: string;
  /** The path of its Vault namespace; empty for root. */
  readonly namespace: string;
  /** Its path in the namespace, with a slash at the end: `secret/`. */
  readonly mount: string;
  /** Its type: `kv`. */
  readonly engine: string;
  /** The version of a kv mount. */
  readonly version: 1 | 2;
  readonly pluginInfo: PluginInfo;
}

/**
 * @param path decoded, below the namespace
 * @returns undefined if this is no such answer, or not about this path
 */
export function readMountFacts(
  answer: unknown,
  path: string,
  namespace: string,
): MountFacts | undefined {
  const { data } = isJsonObject(answer) ? answer : {};
  if (!isJsonObject(data)) return undefined;
  const { path: given, type: engine, accessor, running_plugin_version: version, options } = data;
  if (typeof given !== 'string' || typeof engine !== 'string') return undefined;
  // Of a mount in a namespace below, OpenBao gives the path from root on.
  const above = withSlash(namespace);
  const mount =
    !path.startsWith(given) && given.startsWith(above) ? given.slice(above.length) : given;
  if (!mount.endsWith('/') || !path.startsWith(mount)) return undefined;
  return {
    prefix: mount,
    namespace,
    mount,
    engine,
    version: isJsonObject(options) && options.version === '2' ? 2 : 1,
    pluginInfo: {
      mount_class: 'secret',
      ...(typeof accessor === 'string' && { mount_accessor: accessor }),
      mount_path: mount,
      plugin: engine,
      ...(typeof version === 'string' && version !== '' && { plugin_version: version }),
    },
  };
}
