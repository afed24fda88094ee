/** `carillon events ticket` */
import {
  requestInOrAbove,
  socketUrl,
  subscriptionUrl,
  withTicket,
} from '../../client/handshake.ts';
import { ok } from '../../lib/result.ts';
import { parseNamespacePath } from '../../namespace/namespace.ts';
import { command, failed } from '../command/command.ts';
import { FORMAT_OPTIONS } from '../command/format.ts';
import { print, table } from '../command/output.ts';
import { checkPath, requestApi } from '../server/api.ts';
import { SERVER_OPTIONS, serverOf } from '../server/server.ts';

export const eventsTicket = command({
  name: 'events ticket',
  summary: 'Request a ticket, and print the URL that uses it',
  description:
    'Request a ticket: it stands for your token in the URL of one subscription, for pages and programs that cannot set a header. The first request that sends it uses it up.',
  arguments: [
    {
      name: 'pattern',
      help: 'event types of the URL; the ticket itself is for any that the token may subscribe to',
      optional: true,
      defaultHelp: '*',
      completes: 'event-type',
    },
  ],
  options: { ...SERVER_OPTIONS, ...FORMAT_OPTIONS },
  notes:
    'If the token may not request tickets in the namespace of --namespace, it is requested in a namespace above, where the token may belong. The URL is for the namespace that you name.',
  examples: [
    "carillon events ticket 'kv-v2/*'",
    'curl -N "$(carillon events ticket --format json | jq -r .stream_url)" -H \'Accept: text/event-stream\'',
  ],
  async run(values, [pattern = '*']) {
    const path = checkPath('the pattern', pattern);
    if (!path.ok) return path;
    const server = serverOf(values);
    if (!server.ok) return server;
    const namespace = parseNamespacePath(server.value.namespace) ?? '';
    const answer = await requestInOrAbove(
      namespace,
      (each) =>
        requestApi({ ...server.value, namespace: each }, 'sys/events/ticket', {
          method: 'POST',
          expects: { what: 'a ticket', isMet: ({ data }) => typeof data.ticket === 'string' },
        }),
      (each) => !each.ok && each.failure.status === 403,
    );
    if (!answer.ok) return failed(answer.failure.message);
    const { ttl, expires_at } = answer.value.data;
    const ticket = String(answer.value.data.ticket);
    const stream = subscriptionUrl({ ...server.value, namespace }, pattern, {}, undefined);
    const frames = new URL(stream);
    frames.searchParams.set('json', 'true');
    const issued = {
      ticket,
      ttl,
      expires_at,
      websocket_url: socketUrl(frames, ticket),
      stream_url: withTicket(stream, ticket).href,
    };
    print({ ...answer.value, body: issued }, table(Object.entries(issued)), values);
    return ok(0);
  },
});
