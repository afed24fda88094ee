/**
 * `/v1/sys/events/hubs/{hub}/restore` and `/v1/sys/events/authority/restore`, for operators: the bookmark of the present
 * state of an object, and its restore to an earlier one.
 */

import { normalizeTimestamp } from '../../event/time.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import type {
  RestoreFailure,
  RestorePoint,
  StartedRestore,
} from '../../objects/restoration-contract.ts';
import {
  callAuthority,
  callAuthorityOnce,
  callSubscriberHub,
  callSubscriberHubOnce,
} from '../../objects/stubs.ts';
import { auditCall } from '../audit-log.ts';
import type { Call, Endpoint, Endpoints } from '../endpoint-types.ts';
import { refuse, succeed } from '../respond.ts';
import { workerCaches } from '../worker-caches.ts';
import { hubOf } from './hubs-api.ts';

const RESTORE: Partial<Endpoint> = { parameters: ['time', 'bookmark'], sudo: true };

export const RESTORE_ENDPOINTS: Endpoints = {
  'sys/events/hubs/:name/restore': { read: readHubBookmark, update: restoreHub, ...RESTORE },
  'sys/events/authority/restore': { read: readBookmark, update: restoreAuthority, ...RESTORE },
};

/** A bookmark of Cloudflare, as `0000007b-0000b26e-00001538-0c3e87bb37b3db5cc52eedb93cd3b96b`. */
const BOOKMARK = /^[0-9A-Za-z-]{1,200}$/;

/** Longer than an object needs to start again. */
const RESTART_WAIT_MS = 200;

async function readHubBookmark(call: Call): Promise<Response> {
  const hub = hubOf(call);
  if (!hub.ok) return refuse(hub.failure);
  const bookmark = await callSubscriberHub(call.env, hub.value, (stub) => stub.bookmark());
  return bookmark.ok ? succeed({ bookmark: bookmark.value }) : refuse(bookmark.failure);
}

async function restoreHub(call: Call): Promise<Response> {
  const { env } = call;
  const hub = hubOf(call);
  if (!hub.ok) return refuse(hub.failure);
  const point = pointOf(call.var.body);
  if (!point.ok) return refuse(point.failure);
  const started = await callSubscriberHubOnce(env, hub.value, (stub) => stub.restore(point.value));
  if (!started.ok) return refuse(started.failure);
  const { bookmark, undo } = started.value;
  auditCall(call, 'hub_restored', { hub: call.var.name, bookmark });
  await startAgain(() => callSubscriberHub(env, hub.value, (stub) => stub.state()));
  return succeed({ bookmark, undo_bookmark: undo });
}

async function readBookmark({ env, var: { namespace } }: Call): Promise<Response> {
  const bookmark = await callAuthority(env, namespace, (authority) => authority.bookmark());
  return bookmark.ok ? succeed({ bookmark: bookmark.value }) : refuse(bookmark.failure);
}

async function restoreAuthority(call: Call): Promise<Response> {
  const { namespace, body } = call.var;
  const { env } = call;
  const point = pointOf(body);
  if (!point.ok) return refuse(point.failure);
  let started: Result<StartedRestore, RestoreFailure>;
  try {
    started = await callAuthorityOnce(env, namespace, (each) => each.restore(point.value));
  } catch (error) {
    // Nobody knows how far it came.
    tokensEndedOnly(call);
    throw error;
  }
  if (!started.ok) {
    if (started.failure.tokensEnded === true) tokensEndedOnly(call);
    return refuse(started.failure);
  }
  workerCaches.tokenRevoked();
  const { bookmark, undo } = started.value;
  auditCall(call, 'authority_restored', { bookmark });
  await startAgain(() => callAuthority(env, namespace, (authority) => authority.policyNames()));
  return succeed({ bookmark, undo_bookmark: undo });
}

function tokensEndedOnly(call: Call): void {
  workerCaches.tokenRevoked();
  auditCall(call, 'authority_restore_failed');
}

/** The object takes its new generation when it starts. If this call fails, the next one starts it. */
async function startAgain(call: () => Promise<unknown>): Promise<void> {
  await scheduler.wait(RESTART_WAIT_MS);
  await call().catch(() => undefined);
}

function pointOf({ time, bookmark }: Readonly<Record<string, unknown>>): Result<RestorePoint> {
  if ((time === undefined) === (bookmark === undefined)) {
    return invalid('give either time or bookmark: the state to restore');
  }
  if (bookmark !== undefined) {
    return typeof bookmark === 'string' && BOOKMARK.test(bookmark)
      ? ok({ bookmark })
      : invalid('bookmark is no bookmark of Cloudflare: letters, digits and "-"');
  }
  const text = typeof time === 'string' ? normalizeTimestamp(time) : undefined;
  return text === undefined
    ? invalid('time must be a time such as "2026-11-30T12:00:00Z"')
    : ok({ time: Date.parse(text) });
}
