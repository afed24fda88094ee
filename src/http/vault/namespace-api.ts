/** `/v1/sys/namespaces/…`: the Vault namespaces below that of the request. */

import { Fields } from '../../lib/fields.ts';
import { quote } from '../../lib/quote.ts';
import { MAX_NAMESPACE_DEPTH } from '../../namespace/limits.ts';
import {
  checkNamespacePath,
  childKey,
  namespaceDepth,
  parseNamespacePath,
  pathFrom,
  pathOfKey,
  ROOT,
  trimSlashes,
  withSlash,
} from '../../namespace/namespace.ts';
import type { ChildNamespace } from '../../objects/authority-contract.ts';
import { callAuthority, callAuthorityOnce } from '../../objects/stubs.ts';
import type { Operation } from '../../policy/acl.ts';
import { readMetadata } from '../../token/token-metadata.ts';
import { auditCall } from '../audit-log.ts';
import { deny, isAllowed } from '../authorize.ts';
import type { Call, Endpoints } from '../endpoint-types.ts';
import { findNamespace } from '../namespace-lookup.ts';
import { done, list, refuse, succeed } from '../respond.ts';
import { workerCaches } from '../worker-caches.ts';

export const NAMESPACE_ENDPOINTS: Endpoints = {
  'sys/namespaces': { list: listNamespaces },
  'sys/namespaces/:names': {
    read: readNamespace,
    update: createNamespace,
    delete: deleteNamespace,
    parameters: ['custom_metadata'],
  },
};

async function listNamespaces({ env, var: { namespace } }: Call): Promise<Response> {
  const children = await callAuthority(env, namespace, (authority) => authority.children());
  const info = children.map((child) => [withSlash(child.name), describe(namespace, child)]);
  return list(
    children.map(({ name }) => withSlash(name)),
    Object.fromEntries(info),
  );
}

async function readNamespace(call: Call): Promise<Response> {
  const target = await targetOf(call);
  if (target === undefined) return refuse({ reason: 'not_found' });
  if (!mayDo('read', call, target)) return deny(call, pathOfKey(target.above), 'read');
  const { above, name } = target;
  const child = await callAuthority(call.env, above, (authority) => authority.child(name));
  return child ? succeed(describe(above, child)) : refuse({ reason: 'not_found' });
}

async function createNamespace(call: Call): Promise<Response> {
  const path = checkNamespacePath(call.var.name);
  if (!path.ok) return refuse(path.failure);
  const target = await targetOf(call);
  if (target === undefined) return refuse({ reason: 'not_found', message: noParent(path.value) });
  const { above, name } = target;
  if (!mayDo('update', call, target)) return deny(call, pathOfKey(above), 'update');
  if (namespaceDepth(above) >= MAX_NAMESPACE_DEPTH) {
    return refuse({
      reason: 'invalid',
      message: `namespaces are nested at most ${MAX_NAMESPACE_DEPTH} deep`,
    });
  }
  const fields = new Fields(call.var.body);
  const metadata = fields.result(readMetadata(fields, 'custom_metadata'));
  if (!metadata.ok) return refuse(metadata.failure);
  const created = await callAuthority(call.env, above, (authority) =>
    authority.createChild(name, metadata.value),
  );
  if (!created.ok) return refuse(created.failure);
  workerCaches.namespaceCreated();
  const key = childKey(above, name, created.value.id);
  auditCall(call, 'namespace_created', { namespace: pathOfKey(key) });
  return succeed(describe(above, created.value));
}

async function deleteNamespace(call: Call): Promise<Response> {
  const target = await targetOf(call);
  if (target === undefined) return refuse({ reason: 'not_found' });
  if (!mayDo('delete', call, target)) {
    return deny(call, pathOfKey(target.above), 'delete');
  }
  const deleted = await callAuthorityOnce(call.env, target.above, (authority) =>
    authority.deleteChild(target.name),
  );
  if (!deleted.ok) return refuse(deleted.failure);
  if (!deleted.value) {
    return done([`requested namespace ${quote(target.name)} does not exist`]);
  }
  workerCaches.namespaceDeleted();
  const namespace = pathFrom(ROOT, pathOfKey(target.above), target.name);
  auditCall(call, 'namespace_deleted', { namespace });
  return done();
}

function noParent(path: string): string {
  const above = path.slice(0, path.lastIndexOf('/'));
  return `there is no namespace ${quote(above)} to create ${quote(path)} in; create it first`;
}

/** The namespace that the path names. It may not exist. */
interface Target {
  /** The key of the namespace above. */
  readonly above: string;
  readonly name: string;
}

/** @returns undefined if the namespace above does not exist */
async function targetOf({ env, var: { namespace, name } }: Call): Promise<Target | undefined> {
  const names = trimSlashes(name).split('/');
  const last = names.pop() ?? '';
  if (names.length === 0) return { above: namespace, name: last };
  const base = pathOfKey(namespace);
  const path = parseNamespacePath(`${base}/${names.join('/')}`);
  const above = path === undefined ? undefined : await findNamespace(path, env);
  return above === undefined || above === ROOT ? undefined : { above, name: last };
}

/** Policies are asked about the path directly below the namespace above, however the request wrote it. */
function mayDo(operation: Operation, call: Call, { above, name }: Target): boolean {
  return isAllowed(call, pathOfKey(above), {
    operation,
    path: `sys/namespaces/${name}`,
    sudo: false,
  });
}

/** @param above the key of the namespace above */
function describe(above: string, { name, id, metadata }: ChildNamespace): Record<string, unknown> {
  return {
    id,
    path: withSlash(pathFrom(ROOT, pathOfKey(above), name)),
    custom_metadata: metadata,
  };
}
