/** `carillon events listen` */

import { parseDuration } from '../../lib/duration.ts';
import { quote } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { parseNamespacePath } from '../../namespace/namespace.ts';
import { type CommandResult, command, failed, status, wrongUse } from '../command/command.ts';
import { FORMAT_OPTIONS } from '../command/format.ts';
import { stopOnSignals } from '../command/stopping.ts';
import { openSubscription } from '../events/open-subscription.ts';
import { sinceOf } from '../events/since-option.ts';
import { SUBSCRIBE_OPTIONS } from '../events/subscribe-options.ts';
import { checkPath } from '../server/api.ts';
import { PositionFile } from '../server/position-file.ts';
import { SERVER_OPTIONS, serverOf } from '../server/server.ts';
import { listen } from './listen.ts';
import { Report } from './report.ts';
import { signingSecret } from './secret.ts';
import { Sender } from './sender.ts';

const { filter, namespaces, since } = SUBSCRIBE_OPTIONS;

export const eventsListen = command({
  name: 'events listen',
  summary: 'Send events to a local program as signed webhooks',
  description:
    'Subscribe to events, and send each to a program as a webhook, in order: a POST with the event as CloudEvents JSON, signed as Standard Webhooks define it. For programs that receive webhooks, while you write them.',
  arguments: [
    {
      name: 'pattern',
      help: 'event type; "*" stands for any text',
      optional: true,
      defaultHelp: '*',
      completes: 'event-type',
    },
  ],
  options: {
    'forward-to': {
      type: 'string',
      value: 'url',
      help: 'address of the program: http://localhost:3000/hook',
    },
    'secret-file': {
      type: 'string',
      value: 'file',
      help: 'secret that signs, whsec_…; "-" for standard input',
      defaultHelp: 'a new one, which is printed',
      completes: 'file',
    },
    'state-file': {
      type: 'string',
      value: 'file',
      help: 'keeps the position: a listener that is started again resumes there, and no event is lost',
      completes: 'file',
    },
    'retry-for': {
      type: 'string',
      value: 'duration',
      help: 'how long one event is sent again before the command gives up',
      default: '10m',
    },
    filter,
    namespaces,
    since,
    ...SERVER_OPTIONS,
    ...FORMAT_OPTIONS,
  },
  notes:
    'Headers: webhook-id (the id of the event), webhook-timestamp and webhook-signature. A 2xx moves on to the next event. If nobody answers, or the answer is a 5xx, 408, 425 or 429, the event is sent again, after 0.5 to 10 seconds, until the command gives up. Any other answer, such as 400 or a redirect, is reported and the next event follows. After a broken connection the subscription resumes: no event is lost. Prints a line for each event; with --format json, ndjson or yaml, an object.',
  ends: 'Ends with 0 on Ctrl-C or SIGTERM, 1 if it gives up, and 4 when the token is revoked or expires, its policies no longer allow the subscription, or the namespace is deleted. It says how to resume.',
  acts: true,
  examples: [
    "carillon events listen --forward-to http://localhost:3000/hook 'kv-v2/*'",
    'carillon events listen --forward-to http://localhost:3000/hook --secret-file hook.secret --state-file hook.state.json',
  ],
  tooMany: ({ length }) => `one pattern is enough, ${length} were given (quote "*")`,
  async run(values, [given = '*']) {
    const pattern = given.trim();
    const path = checkPath('the pattern', pattern);
    if (!path.ok) return path;
    const url = targetUrl(values['forward-to']);
    if (!url.ok) return url;
    const retryFor = parseDuration(values['retry-for'], '--retry-for');
    if (!retryFor.ok) return wrongUse(retryFor.failure.message);
    const start = sinceOf(values.since);
    if (!start.ok) return start;
    const server = serverOf(values);
    if (!server.ok) return server;
    const state = openState(values['state-file'], {
      command: 'events listen',
      server: server.value.url.href,
      namespace: parseNamespacePath(server.value.namespace) ?? '',
      pattern,
      namespaces: values.namespaces ?? [],
    });
    if (!state.ok) return state;
    const secret = await signingSecret(values['secret-file']);
    if (!secret.ok) return secret;

    const kept = state.value?.found?.cursor;
    if (kept !== undefined) {
      status(
        `resuming from ${values['state-file']}${values.since === undefined ? '' : '; --since is not used'}`,
      );
    }
    const stopping = stopOnSignals();
    const { stop } = stopping;
    const subscription = openSubscription(pattern, values, server.value, {
      since: kept ?? start.value,
      reconnect: true,
      signal: stop,
    });
    const target = {
      url: url.value,
      secret: secret.value,
      retryForMs: retryFor.value * 1000,
    };
    const sender = new Sender(target, stopping, status);
    const report = new Report(values.format);
    const { namespace } = server.value;
    return ok(await listen({ subscription, namespace, sender, report, state: state.value, stop }));
  },
});

function targetUrl(text: string | undefined): CommandResult<URL> {
  if (text === undefined) {
    return wrongUse(
      '--forward-to is missing: the address of the program, such as http://localhost:3000/hook',
    );
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return wrongUse(
      `--forward-to is ${quote(text)}; give a URL such as http://localhost:3000/hook`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    return wrongUse(
      '--forward-to has a user name or a password; the signature identifies the sender',
    );
  }
  return ok(url);
}

function openState(
  path: string | undefined,
  subscription: Parameters<typeof PositionFile.open>[2],
): CommandResult<PositionFile | undefined> {
  if (path === undefined) return ok(undefined);
  const state = PositionFile.open(path, 'events listen', subscription);
  return state.ok ? state : failed(state.failure.message);
}
