/** `carillon destination read`, `list`, `attempts`, `pause`, `resume`, `replay`, `test` and `delete` */
import { ok } from '../../lib/result.ts';
import { type Command, wrongUse } from '../command/command.ts';
import { sinceOf } from '../events/since-option.ts';
import { apiCommand, listCall } from '../server/api-command.ts';
import { DESTINATIONS, NAME, noDestination, pathOf } from './name.ts';
import { attemptsText, attemptText, destinationText } from './tables.ts';

export const destinationRead = apiCommand({
  name: 'destination read',
  summary: 'Show a destination: its state, and all settings but its secrets',
  arguments: [NAME],
  examples: [
    'carillon destination read ci',
    'carillon destination read --format json ci | jq .data.state.lag',
  ],
  callOf(_values, [name = '']) {
    const path = pathOf(name);
    if (!path.ok) return path;
    return ok({
      method: 'GET',
      path: path.value,
      text: ({ data }) => destinationText(data),
      missing: noDestination(name),
    });
  },
});

export const destinationList = apiCommand({
  name: 'destination list',
  summary: 'List the names of the destinations',
  examples: ['carillon destination list'],
  callOf: () => ok(listCall(DESTINATIONS, 'there are no destinations')),
});

export const destinationAttempts = apiCommand({
  name: 'destination attempts',
  summary: 'List the last attempts to deliver, the newest first',
  arguments: [NAME],
  examples: [
    'carillon destination attempts ci',
    `carillon destination attempts --format json ci | jq '.data.attempts[] | select(.result != "delivered")'`,
  ],
  callOf(_values, [name = '']) {
    const path = pathOf(name);
    if (!path.ok) return path;
    return ok({
      method: 'GET',
      path: `${path.value}/attempts`,
      text: ({ data }) => attemptsText(data),
      missing: noDestination(name),
    });
  },
});

export const destinationTest = apiCommand({
  name: 'destination test',
  summary: 'Send a sample now, and show what the receiver answers',
  arguments: [NAME],
  notes:
    'The sample is an event of the type carillon/test, sent once, also while the destination is paused. Exits with 3 if the receiver did not take it.',
  examples: ['carillon destination test ci'],
  callOf(_values, [name = '']) {
    const path = pathOf(name);
    if (!path.ok) return path;
    return ok({
      method: 'POST',
      path: `${path.value}/test`,
      text: ({ data }) => attemptText(data),
      exitCode: ({ data }) => (data.result === 'delivered' ? 0 : 3),
      missing: noDestination(name),
    });
  },
});

export const destinationPause = order(
  'pause',
  'Deliver nothing until it is resumed; it keeps its place',
  'paused',
);

export const destinationResume = order('resume', 'Deliver again, from where it stopped', 'resumed');

export const destinationReplay = apiCommand({
  name: 'destination replay',
  summary: 'Deliver again what is retained since a time',
  arguments: [NAME],
  options: {
    since: {
      type: 'string',
      value: 'position',
      help: '"earliest", or a time: 2h, yesterday, 2026-11-22T14:30:00Z',
    },
  },
  notes:
    'It goes back, never forward: a time after its place changes nothing. What its policies allow now is delivered, with the ids that the events have, so a receiver recognises what it had.',
  examples: ['carillon destination replay --since 2h ci'],
  callOf(values, [name = '']) {
    const path = pathOf(name);
    if (!path.ok) return path;
    if (values.since === undefined) {
      return wrongUse('missing --since: "earliest", or a time such as 2h');
    }
    const since = sinceOf(values.since);
    if (!since.ok) return since;
    return ok({
      method: 'POST',
      path: `${path.value}/replay`,
      body: { since: since.value },
      done: () => `the destination ${JSON.stringify(name)} delivers again since ${since.value}`,
      missing: noDestination(name),
    });
  },
});

export const destinationDelete = apiCommand({
  name: 'destination delete',
  summary: 'Delete a destination, with what it has not delivered',
  arguments: [NAME],
  examples: ['carillon destination delete ci'],
  callOf(_values, [name = '']) {
    const path = pathOf(name);
    if (!path.ok) return path;
    return ok({
      method: 'DELETE',
      path: path.value,
      done: () => `deleted the destination ${JSON.stringify(name)}, if there was one`,
    });
  },
});

/** A command without options whose success has nothing to show. */
function order(verb: 'pause' | 'resume', summary: string, past: string): Command {
  return apiCommand({
    name: `destination ${verb}`,
    summary,
    arguments: [NAME],
    examples: [`carillon destination ${verb} ci`],
    callOf(_values, [name = '']) {
      const path = pathOf(name);
      if (!path.ok) return path;
      return ok({
        method: 'POST',
        path: `${path.value}/${verb}`,
        done: () => `${past} the destination ${JSON.stringify(name)}`,
        missing: noDestination(name),
      });
    },
  });
}
