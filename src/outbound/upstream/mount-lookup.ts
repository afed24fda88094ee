/**
 * Asks the upstream which mount a path is in, with the token and the namespace of the request. OpenBao and Vault take no use of
 * a token for this path.
 */
import { type MountFacts, readMountFacts } from '../../ingest/exchange/mount-facts.ts';
import { parseNamespacePath } from '../../namespace/namespace.ts';
import { UPSTREAM_LOOKUP_TIMEOUT_MS } from '../limits.ts';
import type { Upstream } from './address.ts';
import { readPath } from './read-path.ts';

export interface PathInMount {
  readonly token: string;
  /** The path of the Vault namespace in the header. */
  readonly namespace: string;
  /** Below that namespace: `secret/data/app`. It may begin with the path of a namespace below. */
  readonly path: string;
}

/**
 * @param signal from `inTime`
 * @returns undefined if the upstream does not say
 */
export async function lookUpMount(
  asked: PathInMount,
  upstream: Upstream,
  signal: AbortSignal,
): Promise<MountFacts | undefined> {
  const found = await ask(asked, upstream, signal);
  if (found === undefined) return undefined;
  const segments = found.mount.slice(0, -1).split('/');
  // The first segments may be a namespace. Then the rest is a mount there, and the same one.
  for (let length = segments.length - 1; length > 0; length--) {
    const below = segments.slice(0, length).join('/');
    const namespace = parseNamespacePath(`${asked.namespace}/${below}`);
    if (namespace === undefined) continue;
    const path = asked.path.slice(below.length + 1);
    const there = await ask({ ...asked, namespace, path }, upstream, signal);
    if (there?.pluginInfo.mount_accessor === found.pluginInfo.mount_accessor) {
      return there && { ...there, prefix: found.prefix };
    }
  }
  return found;
}

async function ask(
  { token, namespace, path }: PathInMount,
  upstream: Upstream,
  signal: AbortSignal,
): Promise<MountFacts | undefined> {
  const asked = { token, namespace, path: `sys/internal/ui/mounts/${path}` };
  const rules = { signal, timeoutMs: UPSTREAM_LOOKUP_TIMEOUT_MS, setting: 'UPSTREAM_ADDR' };
  const answer = await readPath(asked, upstream, rules);
  return answer.ok && answer.value.status === 200
    ? readMountFacts(answer.value.body, path, namespace)
    : undefined;
}
