/** `/v1/sys/events/destinations/…`: durable subscriptions that the server delivers to. */

import { checkDestinationName } from '../../../destination/name.ts';
import { parseStart } from '../../../destination/parse-settings.ts';
import { formatTimestamp } from '../../../event/time.ts';
import { pathOfKey } from '../../../namespace/namespace.ts';
import type {
  CommandAnswer,
  DestinationCommand,
  DestinationDescription,
} from '../../../objects/destination-contract.ts';
import { callDestination, callDispatcher } from '../../../objects/stubs.ts';
import { auditCall } from '../../audit-log.ts';
import type { AuditedAction } from '../../audited-actions.ts';
import { type Call, type Endpoints, textOf } from '../../endpoint-types.ts';
import { done, list, refuse, succeed } from '../../respond.ts';
import { checkTarget } from './check-target.ts';
import { describedAttempt, describedDestination } from './description.ts';
import { writeDestination } from './write-destination.ts';

export const DESTINATION_ENDPOINTS: Endpoints = {
  'sys/events/destinations': { list: listDestinations },
  'sys/events/destinations/:name': {
    read: readDestination,
    update: writeDestination,
    delete: deleteDestination,
    exists: async (call) => (await descriptionOf(call)) !== undefined,
  },
  'sys/events/destinations/:name/attempts': { read: readAttempts },
  'sys/events/destinations/:name/test': { update: testDestination, parameters: [] },
  'sys/events/destinations/:name/pause': { update: pauseDestination, parameters: [] },
  'sys/events/destinations/:name/resume': { update: resumeDestination, parameters: [] },
  'sys/events/destinations/:name/replay': { update: replayDestination, parameters: ['since'] },
};

async function listDestinations({ env, var: { namespace } }: Call): Promise<Response> {
  return list(await callDispatcher(env, namespace, (dispatcher) => dispatcher.names()));
}

/** Undefined if there is no such destination. */
async function descriptionOf({
  env,
  var: { namespace, name },
}: Call): Promise<DestinationDescription | undefined> {
  if (!checkDestinationName(name).ok) return undefined;
  return callDestination(env, namespace, name, (destination) => destination.describe());
}

async function readDestination(call: Call): Promise<Response> {
  const description = await descriptionOf(call);
  if (description === undefined) return refuse({ reason: 'not_found' });
  const { data, warnings } = describedDestination(description, pathOfKey(call.var.namespace));
  return succeed(data, warnings);
}

async function readAttempts(call: Call): Promise<Response> {
  const { env } = call;
  const { namespace, name } = call.var;
  if ((await descriptionOf(call)) === undefined) return refuse({ reason: 'not_found' });
  const attempts = await callDestination(env, namespace, name, (stub) => stub.attempts());
  return succeed({ attempts: attempts.map(describedAttempt) });
}

async function deleteDestination(call: Call): Promise<Response> {
  const { namespace, name } = call.var;
  if (!checkDestinationName(name).ok) return done();
  const deleted = await callDispatcher(call.env, namespace, (dispatcher) =>
    dispatcher.delete(name),
  );
  if (!deleted.ok) return refuse(deleted.failure);
  if (deleted.value) auditCall(call, 'destination_deleted', { destination: name });
  return done();
}

/** Whether the sample arrived is what was asked, so a receiver that refuses it is no error. */
async function testDestination(call: Call): Promise<Response> {
  return commanded(call, { kind: 'test' }, 'destination_tested', {}, ({ attempt }) =>
    succeed(attempt === undefined ? {} : describedAttempt(attempt)),
  );
}

function pauseDestination(call: Call): Promise<Response> {
  return commanded(call, { kind: 'pause' }, 'destination_paused');
}

async function resumeDestination(call: Call): Promise<Response> {
  const description = await descriptionOf(call);
  if (description?.state.reason === 'gone') {
    // The receiver asked for nothing more, so it has to agree again.
    const checked = await checkTarget(call, description.settings.target);
    if (!checked.ok) return refuse(checked.failure);
  }
  return commanded(call, { kind: 'resume' }, 'destination_resumed');
}

async function replayDestination(call: Call): Promise<Response> {
  const since = textOf(call.var.body, 'since');
  if (!since.ok) return refuse(since.failure);
  const from = parseStart(since.value, Date.now());
  if (!from.ok) return refuse(from.failure);
  if (from.value === undefined) {
    return refuse({ reason: 'invalid', message: 'since is blank; give a time, or "earliest"' });
  }
  const at = from.value.kind === 'time' ? formatTimestamp(from.value.at) : from.value.kind;
  return commanded(call, { kind: 'replay', from: from.value }, 'destination_replayed', {
    since: at,
  });
}

async function commanded(
  call: Call,
  command: DestinationCommand,
  action: AuditedAction,
  members: Readonly<Record<string, string>> = {},
  answer: (answer: CommandAnswer) => Response = () => done(),
): Promise<Response> {
  const { namespace, name } = call.var;
  if (!checkDestinationName(name).ok) return refuse({ reason: 'not_found' });
  const result = await callDispatcher(call.env, namespace, (dispatcher) =>
    dispatcher.command(name, command),
  );
  if (result === undefined) return refuse({ reason: 'not_found' });
  if (!result.ok) return refuse(result.failure);
  auditCall(call, action, { destination: name, ...members });
  return answer(result.value);
}
