/** `carillon admin bookmark` and `carillon admin restore` */
import { ok } from '../../lib/result.ts';
import { type CommandResult, wrongUse } from '../command/command.ts';
import type { Options } from '../command/options.ts';
import { tableOf } from '../command/output.ts';
import { apiCommand } from '../server/api-command.ts';
import { confirmed, YES } from './confirmed.ts';

const OBJECT = {
  hub: {
    type: 'string',
    value: 'hub',
    help: 'the hub of this event-type namespace, or "*" for the wildcard hub',
  },
  authority: { type: 'boolean', help: 'the tokens, policies, logins and sources of the namespace' },
} as const satisfies Options;

export const adminBookmark = apiCommand({
  name: 'admin bookmark',
  summary: 'Show the bookmark of the present state of a hub or an authority',
  description:
    'Show the bookmark of the present state of a hub or an authority, for "carillon admin restore". Needs "read" and "sudo" on sys/events/hubs/{hub}/restore or sys/events/authority/restore. The local server has no bookmarks.',
  options: OBJECT,
  examples: ['carillon admin bookmark --hub kv-v2'],
  callOf(values) {
    const path = pathOf(values);
    return path.ok
      ? ok({ method: 'GET', path: path.value, text: ({ data }) => tableOf(data) })
      : path;
  },
});

export const adminRestore = apiCommand({
  name: 'admin restore',
  summary: 'Restore a hub or an authority to an earlier state',
  description:
    'Restore a hub or an authority on Cloudflare to one of its states of the last 30 days, at least 10 minutes old. A hub loses the events since, closes its subscribers, and tells those that resume of the gap. An authority loses the changes since, and all its tokens, tickets and secret ids end. Needs "update" and "sudo" on sys/events/hubs/{hub}/restore or sys/events/authority/restore.',
  options: {
    ...OBJECT,
    time: { type: 'string', value: 'time', help: 'the state of this time: 2026-11-30T12:00:00Z' },
    bookmark: { type: 'string', value: 'bookmark', help: 'the state of this bookmark' },
    ...YES,
  },
  notes:
    'The answer has undo_bookmark, the state before the restore: note it. You can restore that after 10 minutes.',
  examples: [
    'carillon admin restore --hub kv-v2 --time 2026-11-30T12:00:00Z',
    'carillon admin restore --authority --time 2026-11-30T12:00:00Z --yes',
  ],
  async callOf(values) {
    const path = pathOf(values);
    if (!path.ok) return path;
    const { time, bookmark, authority, yes } = values;
    if ((time === undefined) === (bookmark === undefined)) {
      return wrongUse('give either --time or --bookmark: the state to restore');
    }
    const loss =
      authority === true
        ? 'Restore the authority? All its tokens, tickets and secret ids end, and changes since then are lost.'
        : `Restore the hub of ${values.hub}? Its events since then are lost.`;
    const agreed = await confirmed(loss, yes);
    if (!agreed.ok) return agreed;
    return ok({
      method: 'POST',
      path: path.value,
      body: time === undefined ? { bookmark } : { time },
      text: ({ data }) => tableOf(data),
    });
  },
});

function pathOf(values: {
  readonly hub?: string | undefined;
  readonly authority?: boolean | undefined;
}): CommandResult<string> {
  const { hub, authority } = values;
  if ((hub === undefined) !== (authority === true)) {
    return wrongUse('give either --hub or --authority: what to restore');
  }
  return ok(
    hub === undefined
      ? 'sys/events/authority/restore'
      : `sys/events/hubs/${encodeURIComponent(hub)}/restore`,
  );
}
