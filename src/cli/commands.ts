/**
 * Every command, in the groups of `carillon --help`. A command is loaded when it is called: all of them together take
 * longer to load than most take to run.
 */
import type { Command } from './command/command.ts';

export interface CommandEntry {
  /** The words that call the command. */
  readonly name: string;
  load(): Promise<Command>;
}

export type CommandGroup = readonly [heading: string, commands: readonly Command[]];

const GROUPS: readonly (readonly [heading: string, entries: readonly CommandEntry[]])[] = [
  [
    'Server',
    [
      entry('dev', async () => (await import('./dev/command.ts')).dev),
      entry('status', async () => (await import('./status/command.ts')).statusCommand),
    ],
  ],
  [
    'Events',
    [
      entry(
        'events subscribe',
        async () => (await import('./events/subscribe.ts')).eventsSubscribe,
      ),
      entry('events listen', async () => (await import('./listen/command.ts')).eventsListen),
      entry('events ticket', async () => (await import('./events/ticket.ts')).eventsTicket),
      entry('events publish', async () => (await import('./events/publish.ts')).eventsPublish),
      entry('events trigger', async () => (await import('./trigger/command.ts')).eventsTrigger),
      entry('events types', async () => (await import('./events/types.ts')).eventsTypes),
      entry('events explain', async () => (await import('./events/explain.ts')).eventsExplain),
      entry('relay', async () => (await import('./relay/command.ts')).relayCommand),
    ],
  ],
  [
    'Logins',
    [
      entry('login', async () => (await import('./auth/login.ts')).login),
      entry('auth list', async () => (await import('./auth/methods.ts')).authList),
      entry('auth enable', async () => (await import('./auth/methods.ts')).authEnable),
      entry('auth config', async () => (await import('./auth/config.ts')).authConfig),
      entry('auth role write', async () => (await import('./auth/roles.ts')).authRoleWrite),
      entry('auth role read', async () => (await import('./auth/roles.ts')).authRoleRead),
      entry('auth role list', async () => (await import('./auth/roles.ts')).authRoleList),
      entry('auth role delete', async () => (await import('./auth/roles.ts')).authRoleDelete),
      entry('auth role-id', async () => (await import('./auth/approle.ts')).authRoleId),
      entry('auth secret-id', async () => (await import('./auth/approle.ts')).authSecretId),
    ],
  ],
  [
    'Tokens',
    [
      entry('token create', async () => (await import('./tokens/create.ts')).tokenCreate),
      entry('token lookup', async () => (await import('./tokens/commands.ts')).tokenLookup),
      entry('token renew', async () => (await import('./tokens/commands.ts')).tokenRenew),
      entry('token revoke', async () => (await import('./tokens/commands.ts')).tokenRevoke),
      entry(
        'token capabilities',
        async () => (await import('./tokens/commands.ts')).tokenCapabilities,
      ),
    ],
  ],
  [
    'Policies',
    [
      entry('policy write', async () => (await import('./policies/commands.ts')).policyWrite),
      entry('policy read', async () => (await import('./policies/commands.ts')).policyRead),
      entry('policy list', async () => (await import('./policies/commands.ts')).policyList),
      entry('policy delete', async () => (await import('./policies/commands.ts')).policyDelete),
      entry('policy check', async () => (await import('./policies/check.ts')).policyCheck),
    ],
  ],
  [
    'Sources',
    [
      entry('source write', async () => (await import('./sources/write.ts')).sourceWrite),
      entry('source read', async () => (await import('./sources/commands.ts')).sourceRead),
      entry('source list', async () => (await import('./sources/commands.ts')).sourceList),
      entry('source test', async () => (await import('./sources/test.ts')).sourceTest),
      entry('source delete', async () => (await import('./sources/commands.ts')).sourceDelete),
      entry('forward audit', async () => (await import('./forward/command.ts')).forwardAudit),
    ],
  ],
  [
    'Destinations',
    [
      entry(
        'destination write',
        async () => (await import('./destinations/write.ts')).destinationWrite,
      ),
      entry(
        'destination read',
        async () => (await import('./destinations/commands.ts')).destinationRead,
      ),
      entry(
        'destination list',
        async () => (await import('./destinations/commands.ts')).destinationList,
      ),
      entry(
        'destination test',
        async () => (await import('./destinations/commands.ts')).destinationTest,
      ),
      entry(
        'destination pause',
        async () => (await import('./destinations/commands.ts')).destinationPause,
      ),
      entry(
        'destination resume',
        async () => (await import('./destinations/commands.ts')).destinationResume,
      ),
      entry(
        'destination replay',
        async () => (await import('./destinations/commands.ts')).destinationReplay,
      ),
      entry(
        'destination attempts',
        async () => (await import('./destinations/commands.ts')).destinationAttempts,
      ),
      entry(
        'destination delete',
        async () => (await import('./destinations/commands.ts')).destinationDelete,
      ),
    ],
  ],
  [
    'Namespaces',
    [
      entry(
        'namespace create',
        async () => (await import('./namespaces/commands.ts')).namespaceCreate,
      ),
      entry('namespace list', async () => (await import('./namespaces/commands.ts')).namespaceList),
      entry(
        'namespace lookup',
        async () => (await import('./namespaces/commands.ts')).namespaceLookup,
      ),
      entry(
        'namespace delete',
        async () => (await import('./namespaces/commands.ts')).namespaceDelete,
      ),
      entry('quota write', async () => (await import('./quotas/commands.ts')).quotaWrite),
      entry('quota read', async () => (await import('./quotas/commands.ts')).quotaRead),
      entry('quota list', async () => (await import('./quotas/commands.ts')).quotaList),
      entry('quota delete', async () => (await import('./quotas/commands.ts')).quotaDelete),
    ],
  ],
  [
    'Operation',
    [
      entry('doctor', async () => (await import('./doctor/command.ts')).doctor),
      entry('top', async () => (await import('./top/command.ts')).top),
      entry(
        'subscriptions list',
        async () => (await import('./subscriptions/list.ts')).subscriptionsList,
      ),
      entry(
        'subscriptions close',
        async () => (await import('./subscriptions/close.ts')).subscriptionsClose,
      ),
      entry('admin bookmark', async () => (await import('./admin/restore.ts')).adminBookmark),
      entry('admin restore', async () => (await import('./admin/restore.ts')).adminRestore),
      entry('admin move', async () => (await import('./admin/move.ts')).adminMove),
      entry(
        'admin delete-events',
        async () => (await import('./admin/delete-events.ts')).adminDeleteEvents,
      ),
    ],
  ],
  [
    'Configuration as files',
    [
      entry('diff', async () => (await import('./apply/command.ts')).diff),
      entry('apply', async () => (await import('./apply/command.ts')).apply),
    ],
  ],
  [
    'This command',
    [
      entry('completion', async () => (await import('./completion/command.ts')).completion),
      entry('version', async () => (await import('./version.ts')).version),
    ],
  ],
];

export const ENTRIES: readonly CommandEntry[] = GROUPS.flatMap(([, entries]) => entries);

/** Loads every command, for what shows more than their names. */
export function loadGroups(): Promise<readonly CommandGroup[]> {
  return Promise.all(
    GROUPS.map(async ([heading, entries]) => [heading, await loadAll(entries)] as const),
  );
}

export function loadCommands(): Promise<readonly Command[]> {
  return loadAll(ENTRIES);
}

function loadAll(entries: readonly CommandEntry[]): Promise<readonly Command[]> {
  return Promise.all(entries.map((each) => each.load()));
}

function entry(name: string, load: () => Promise<Command>): CommandEntry {
  return { name, load };
}
