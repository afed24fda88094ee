/** `/v1/sys/namespaces/…`: the namespaces below that of the request. */
import { callWithRetry } from '../call.ts';
import { isJsonObject } from '../event/json.ts';
import { quote } from '../event/quote.ts';
import { MAX_NAMESPACE_DEPTH } from '../limits.ts';
import {
  checkNamespaceName,
  childKey,
  depthOf,
  idOfKey,
  parseNamespacePath,
  pathFrom,
  pathOfKey,
  ROOT,
  trimSlashes,
  withSlash,
} from '../namespace.ts';
import type { Operation } from '../policy/acl.ts';
import type { Result } from '../result.ts';
import { done, list, refuse, succeed } from './answer.ts';
import { authorityOf, type Call, deny, type Endpoint, isAllowed } from './api.ts';
import { audit } from './audit.ts';
import { findNamespace, forgetNamespaces } from './namespace.ts';
import { actorOf } from './token.ts';

export const listNamespaces: Endpoint = {
  operation: 'list',
  run: async ({ env, namespace }) => {
    const children = await callWithRetry(() => authorityOf(env, namespace).children());
    const info = children.map(({ name, id }) => [
      withSlash(name),
      describe(childKey(namespace, name, id)),
    ]);
    return list(
      children.map(({ name }) => withSlash(name)),
      Object.fromEntries(info),
    );
  },
};

export const readNamespace: Endpoint = {
  operation: 'read',
  run: async (call) => {
    const place = await placeOf(call);
    if (place === undefined) return refuse({ reason: 'not_found' });
    if (!mayDo('read', call, place)) return deny(call, pathOfKey(place.above), 'read', call.path);
    const key = await findNamespace(
      call.env,
      pathFrom(ROOT, pathOfKey(place.above), place.name),
      true,
    );
    return key ? succeed(describe(key)) : refuse({ reason: 'not_found' });
  },
};

export const createNamespace: Endpoint = {
  operation: 'update',
  run: async (call) => {
    const place = await placeOf(call);
    if (place === undefined) return refuse({ reason: 'not_found' });
    const { above, name } = place;
    if (!mayDo('update', call, place)) return deny(call, pathOfKey(above), 'update', call.path);
    const checked = checkNamespaceName(name);
    if (!checked.ok) return refuse(checked.failure);
    if (depthOf(above) >= MAX_NAMESPACE_DEPTH) {
      return refuse({
        reason: 'invalid',
        message: `namespaces are nested at most ${MAX_NAMESPACE_DEPTH} deep`,
      });
    }
    const id: Result<string> = await authorityOf(call.env, above).createChild(name);
    if (!id.ok) return refuse(id.failure);
    forgetNamespaces();
    const key = childKey(above, name, id.value);
    audited('namespace_created', call, pathOfKey(key));
    const { custom_metadata: metadata } = call.body;
    return succeed(
      describe(key),
      isJsonObject(metadata) && Object.keys(metadata).length > 0
        ? ['custom_metadata is not kept by this server']
        : [],
    );
  },
};

export const deleteNamespace: Endpoint = {
  operation: 'delete',
  run: async (call) => {
    const place = await placeOf(call);
    if (place === undefined) return refuse({ reason: 'not_found' });
    if (!mayDo('delete', call, place)) {
      return deny(call, pathOfKey(place.above), 'delete', call.path);
    }
    const deleted: Result<boolean> = await authorityOf(call.env, place.above).deleteChild(
      place.name,
    );
    if (!deleted.ok) return refuse(deleted.failure);
    if (!deleted.value) {
      return done([`requested namespace ${quote(place.name)} does not exist`]);
    }
    forgetNamespaces();
    audited('namespace_deleted', call, pathFrom(ROOT, pathOfKey(place.above), place.name));
    return done();
  },
};

interface Place {
  /** The key of the namespace above. */
  readonly above: string;
  readonly name: string;
}

/** The namespace above the one that the request names, and the name of that. */
async function placeOf({ env, namespace, name }: Call): Promise<Place | undefined> {
  const names = trimSlashes(name).split('/');
  const last = names.pop() ?? '';
  if (names.length === 0) return { above: namespace, name: last };
  const base = pathOfKey(namespace);
  const path = parseNamespacePath(`${base}/${names.join('/')}`);
  const above = path === undefined ? undefined : await findNamespace(env, path, true);
  return above === undefined || above === ROOT ? undefined : { above, name: last };
}

/**
 * Whether the caller may do this to the namespace by the path that is its own: the one directly below
 * the namespace above it, however the request wrote it.
 */
function mayDo(operation: Operation, call: Call, { above, name }: Place): boolean {
  return isAllowed(call, pathOfKey(above), {
    operation,
    path: `sys/namespaces/${name}`,
    sudo: false,
  });
}

function describe(key: string): Record<string, unknown> {
  return { id: idOfKey(key), path: withSlash(pathOfKey(key)), custom_metadata: {} };
}

function audited(
  action: 'namespace_created' | 'namespace_deleted',
  { caller }: Call,
  namespace: string,
): void {
  audit(action, { namespace, by: actorOf(caller) });
}
