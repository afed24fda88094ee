/**
 * `/v1/sys/events/hubs/{hub}/move`, for operators: moves a hub to the object of another place, ends the move after
 * `MOVED_HUBS` names that place, or cancels it.
 */
import { MAX_HUB_PLACE } from '../../config/limits.ts';
import { movedHubsText } from '../../config/moved-hubs.ts';
import { LOCATIONS, type Location } from '../../config/placement.ts';
import { kindOf, quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';
import { movedHubs, placeOfHub } from '../../objects/places.ts';
import { callHub, callHubAt } from '../../objects/stubs.ts';
import { auditCall } from '../audit-log.ts';
import type { Call, Endpoints } from '../endpoint-types.ts';
import { done, refuse, succeed } from '../respond.ts';
import { WILDCARD } from './hub-in-request.ts';
import { hubOf } from './hubs-api.ts';

export const MOVE_ENDPOINTS: Endpoints = {
  'sys/events/hubs/:name/move': {
    update: moveHub,
    delete: cancelMove,
    parameters: ['place', 'location', 'finish'],
    sudo: true,
  },
};

/** What a request asks for: a place, or the end of the move. */
type Target = { readonly place: number; readonly location: Location | undefined } | 'finish';

async function moveHub(call: Call): Promise<Response> {
  const { env } = call;
  const hub = movableHubOf(call);
  if (!hub.ok) return refuse(hub.failure);
  const target = targetOf(call.var.body);
  if (!target.ok) return refuse(target.failure);
  if (target.value === 'finish') return finishMove(call, hub.value);
  const { place, location } = target.value;
  const from = placeOfHub(env, hub.value);
  if (place <= from) {
    return refuse(
      invalid(
        `place is ${place}, and MOVED_HUBS says that the hub is at ${from}; choose a higher one`,
      ).failure,
    );
  }
  const left = await callHub(env, hub.value, (stub) => stub.move({ step: 'leave', to: place }));
  if (!left.ok) return refuse(left.failure);
  const arrived = await callHubAt(
    env,
    hub.value,
    place,
    (stub) => stub.move({ step: 'arrive', from }),
    location,
  );
  if (!arrived.ok) return refuse(arrived.failure);
  const { isDone, events, copied } = arrived.value;
  if (isDone) auditCall(call, 'hub_moved', { hub: call.var.name, place });
  const moved = new Map(movedHubs(env)).set(hub.value, place);
  return succeed({
    hub: call.var.name,
    place,
    done: isDone,
    events,
    copied,
    ...(isDone && { moved_hubs: movedHubsText(moved) }),
  });
}

async function finishMove(call: Call, hub: string): Promise<Response> {
  const finished = await callHub(call.env, hub, (stub) => stub.move({ step: 'finish' }));
  if (!finished.ok) return refuse(finished.failure);
  const place = placeOfHub(call.env, hub);
  auditCall(call, 'hub_move_finished', { hub: call.var.name, place });
  return succeed({ hub: call.var.name, place, done: true });
}

async function cancelMove(call: Call): Promise<Response> {
  const hub = movableHubOf(call);
  if (!hub.ok) return refuse(hub.failure);
  const returned = await callHub(call.env, hub.value, (stub) => stub.move({ step: 'return' }));
  if (!returned.ok) return refuse(returned.failure);
  auditCall(call, 'hub_move_cancelled', { hub: call.var.name });
  return done();
}

function movableHubOf(call: Call): Result<string> {
  return call.var.name === WILDCARD
    ? invalid('a wildcard hub does not move: move the hubs that it gets its events from')
    : hubOf(call);
}

function targetOf({
  place,
  location,
  finish = false,
}: Readonly<Record<string, unknown>>): Result<Target> {
  if (typeof finish !== 'boolean') {
    return invalid(`finish must be true or false, not ${kindOf(finish)}`);
  }
  if (finish) {
    return place === undefined && location === undefined
      ? ok('finish')
      : invalid('finish goes without place and location: it ends the move that was made');
  }
  if (typeof place !== 'number' || !Number.isInteger(place) || place < 2 || place > MAX_HUB_PLACE) {
    return invalid(
      `place must be a whole number from 2 to ${MAX_HUB_PLACE}: the number of the place to which the hub moves`,
    );
  }
  const hint = LOCATIONS.find((each) => each === location);
  if (location !== undefined && hint === undefined) {
    return invalid(`location must be one of ${LOCATIONS.map(quote).join(', ')}, or absent`);
  }
  return ok({ place, location: hint });
}
