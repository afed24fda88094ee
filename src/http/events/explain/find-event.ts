/** Which event an explanation is about: one in the request, or a published one that the request names by its id. */

import { eventTypeNamespaceGlob } from '../../../event/event-type.ts';
import { type EventFacts, factsOf } from '../../../event/facts.ts';
import { MAX_EVENT_ID_CHARACTERS } from '../../../event/limits.ts';
import { rawEvent } from '../../../ingest/raw-event.ts';
import { readEvent } from '../../../ingest/read-events.ts';
import { quote } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { isWithin, pathOfKey, trimSlashes } from '../../../namespace/namespace.ts';
import { callEach } from '../../../objects/call.ts';
import { parseHubName, wildcardHubName } from '../../../objects/names.ts';
import { callHub, callWildcardHub } from '../../../objects/stubs.ts';
import { Matcher } from '../../../subscription/matcher.ts';
import { maySeeOthers } from '../../authorize.ts';
import type { Call } from '../../endpoint-types.ts';
import { MAX_EXPLAINED_HUBS } from '../../limits.ts';

export async function findEvent(
  body: Readonly<Record<string, unknown>>,
  pattern: string,
  call: Call,
): Promise<Result<EventFacts>> {
  if ((body.event === undefined) === (body.id === undefined)) {
    return invalid('give either the event, or the id of one that was published');
  }
  if (body.event !== undefined) return givenEvent(body.event, call);
  const { id } = body;
  if (typeof id !== 'string' || id === '' || id.length > MAX_EVENT_ID_CHARACTERS) {
    return invalid(`id must be a text of at most ${MAX_EVENT_ID_CHARACTERS} characters`);
  }
  const types = typeof body.event_type === 'string' ? body.event_type : pattern;
  const facts = (await recall(id, types, call)).find((each) => maySee(each, call));
  return facts === undefined
    ? invalid(
        `no event with the id ${quote(id)} is remembered that this token may see; give the event itself, or its event_type`,
      )
    : ok(facts);
}

function givenEvent(raw: unknown, call: Call): Result<EventFacts> {
  const { config, namespace } = call.var;
  const event = readEvent(rawEvent('event', raw), {
    newId: () => crypto.randomUUID(),
    now: Date.now(),
    source: `vault://${config.clusterName}`,
    namespace: pathOfKey(namespace),
  });
  return event.ok ? ok(factsOf(event.value.event)) : invalid(`event: ${event.failure.message}`);
}

/** An event that the caller may not see does not exist for it. */
function maySee(facts: EventFacts, call: Call): boolean {
  const { caller, namespace } = call.var;
  return (
    isWithin(trimSlashes(facts.namespace), pathOfKey(namespace)) &&
    (caller.access.mayReceive(facts).allowed || maySeeOthers(call))
  );
}

/** Asks the hubs whose events the pattern can match. */
async function recall(
  id: string,
  pattern: string,
  { env, var: { namespace } }: Call,
): Promise<EventFacts[]> {
  const types = eventTypeNamespaceGlob(pattern);
  const registered = await callWildcardHub(env, wildcardHubName(namespace), (stub) => stub.hubs());
  const anywhere = new Matcher({ pattern: types, namespaces: ['*'], filter: '' });
  const hubs = registered
    .filter((hub) => anywhere.mayMatchHub(parseHubName(hub)))
    .slice(0, MAX_EXPLAINED_HUBS);
  return (await callEach(hubs, (hub) => callHub(env, hub, (stub) => stub.recall(id)))).flat();
}
