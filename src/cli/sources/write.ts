/** `carillon source write` */
import type { Server } from '../../client/options.ts';
import { findKind } from '../../ingest/webhooks/settings/settings.ts';
import { isJsonObject } from '../../lib/json.ts';
import { kindOf } from '../../lib/quote.ts';
import { ok } from '../../lib/result.ts';
import { parseNamespacePath } from '../../namespace/namespace.ts';
import { failed } from '../command/command.ts';
import { readSecret } from '../input/input.ts';
import { objectFrom } from '../input/json-file.ts';
import { apiCommand } from '../server/api-command.ts';
import { noteOnAddress, sourceAddress, sourcePath } from './address.ts';
import { pathOf } from './name.ts';

export const sourceWrite = apiCommand({
  name: 'source write',
  summary: 'Make a source of events, or replace it: who sends, and which events that makes',
  arguments: [{ name: 'name', help: 'what the source is called; its address ends in it' }],
  options: {
    kind: {
      type: 'string',
      value: 'kind',
      help: 'github, stripe, slack, … (docs/sources.md has all), standard-webhooks, hmac, token, queue or vault-audit',
    },
    'secret-file': {
      type: 'string',
      value: 'file',
      help: 'file with one secret, or "-" for standard input; several while the secret changes',
      multiple: true,
      defaultHelp: 'those it has',
      completes: 'file',
    },
    'read-token-file': {
      type: 'string',
      value: 'file',
      help: 'file with the token with which the audited server is asked, or "-"; for kind vault-audit',
      defaultHelp: 'the one it has',
      completes: 'file',
    },
    'event-type': {
      type: 'string',
      value: 'rule',
      help: "event type, such as 'ci/{header:X-Event}'",
      defaultHelp: 'that of the kind',
    },
    path: {
      type: 'string',
      value: 'rule',
      help: 'metadata "path", by which policies decide, such as \'ci/{/job/name}\'',
    },
    id: { type: 'string', value: 'rule', help: "id, such as '{/delivery}'" },
    settings: {
      type: 'string',
      value: 'file',
      help: 'JSON with these and all others, as the API has them: signature, url, mapping, tolerance, namespace, mounts, on_overload, upstream, read, rotations; the other options override it',
      completes: 'file',
    },
  },
  examples: [
    'carillon source write --kind github --secret-file ~/github-secret github',
    'carillon source write --settings ci.json --secret-file ~/ci-secret ci',
  ],
  async callOf(values, [name = '']) {
    const path = pathOf(name);
    if (!path.ok) return path;
    const settings = await objectFrom(values.settings);
    if (!settings.ok) return settings;
    const files = values['secret-file'];
    const secrets: string[] = [];
    for (const file of files ?? []) {
      const secret = await readSecret(file);
      if (!secret.ok) return secret;
      secrets.push(secret.value);
    }
    const { read = {} } = settings.value;
    if (!isJsonObject(read)) return failed(`read must be a JSON object, not ${kindOf(read)}`);
    const tokenFile = values['read-token-file'];
    const token = tokenFile === undefined ? undefined : await readSecret(tokenFile);
    if (token?.ok === false) return token;
    const mapping = settings.value.mapping ?? {};
    if (!isJsonObject(mapping)) {
      return failed(`mapping must be a JSON object, not ${kindOf(mapping)}`);
    }
    const rules = {
      ...(values.path !== undefined && { path: values.path }),
      ...(values.id !== undefined && { id: values.id }),
    };
    const kind = values.kind ?? settings.value.kind;
    const isOfQueue = typeof kind === 'string' && findKind(kind)?.arrivesBy === 'queue';
    const hasRules = Object.keys(rules).length > 0;
    return ok({
      method: 'PUT',
      path: path.value,
      body: {
        ...settings.value,
        ...(values.kind !== undefined && { kind: values.kind }),
        ...(values['event-type'] !== undefined && { event_type: values['event-type'] }),
        ...(hasRules && { mapping: { ...mapping, ...rules } }),
        ...(files && { secrets }),
        ...(token && { read: { ...read, token: token.value } }),
      },
      done: (server) =>
        `wrote the source ${JSON.stringify(name)}; ${isOfQueue ? needsQueue(server, name) : addressOf(server, name)}`,
      ...(!isOfQueue && { note: noteOnAddress }),
    });
  },
});

function addressOf(server: Server, name: string): string {
  return `its address is ${sourceAddress(server, sourcePath(server, name))}`;
}

/** What is left to do: only the deployment can say which queue it consumes. */
function needsQueue({ namespace }: Server, name: string): string {
  const path = parseNamespacePath(namespace) ?? '';
  const value = JSON.stringify({ 'my-queue': `${path}${path && '/'}${name}` });
  return `set QUEUE_SOURCES in wrangler.toml to the queue that it has, such as ${value}, and deploy with that queue's consumer (docs/sources.md)`;
}
