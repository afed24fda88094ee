/** Every command, in the groups of `carillon --help`. */

import { apply, diff } from './apply/command.ts';
import { authRoleId, authSecretId } from './auth/approle.ts';
import { authConfig } from './auth/config.ts';
import { login } from './auth/login.ts';
import { authEnable, authList } from './auth/methods.ts';
import { authRoleDelete, authRoleList, authRoleRead, authRoleWrite } from './auth/roles.ts';
import type { Command } from './command/command.ts';
import { completion } from './completion/command.ts';
import { dev } from './dev/command.ts';
import { eventsExplain } from './events/explain.ts';
import { eventsPublish } from './events/publish.ts';
import { eventsSubscribe } from './events/subscribe.ts';
import { eventsTicket } from './events/ticket.ts';
import { eventsTypes } from './events/types.ts';
import { forwardAudit } from './forward/command.ts';
import { eventsListen } from './listen/command.ts';
import {
  namespaceCreate,
  namespaceDelete,
  namespaceList,
  namespaceLookup,
} from './namespaces/commands.ts';
import { policyCheck } from './policies/check.ts';
import { policyDelete, policyList, policyRead, policyWrite } from './policies/commands.ts';
import { relayCommand } from './relay/command.ts';
import { sourceDelete, sourceList, sourceRead } from './sources/commands.ts';
import { sourceTest } from './sources/test.ts';
import { sourceWrite } from './sources/write.ts';
import { statusCommand } from './status/command.ts';
import { tokenCapabilities, tokenLookup, tokenRenew, tokenRevoke } from './tokens/commands.ts';
import { tokenCreate } from './tokens/create.ts';
import { eventsTrigger } from './trigger/command.ts';
import { version } from './version.ts';

export const GROUPS: readonly (readonly [heading: string, commands: readonly Command[]])[] = [
  ['Server', [dev, statusCommand]],
  [
    'Events',
    [
      eventsSubscribe,
      eventsListen,
      eventsTicket,
      eventsPublish,
      eventsTrigger,
      eventsTypes,
      eventsExplain,
      relayCommand,
    ],
  ],
  [
    'Logins',
    [
      login,
      authList,
      authEnable,
      authConfig,
      authRoleWrite,
      authRoleRead,
      authRoleList,
      authRoleDelete,
      authRoleId,
      authSecretId,
    ],
  ],
  ['Tokens', [tokenCreate, tokenLookup, tokenRenew, tokenRevoke, tokenCapabilities]],
  ['Policies', [policyWrite, policyRead, policyList, policyDelete, policyCheck]],
  ['Sources', [sourceWrite, sourceRead, sourceList, sourceTest, sourceDelete, forwardAudit]],
  ['Namespaces', [namespaceCreate, namespaceList, namespaceLookup, namespaceDelete]],
  ['Configuration as files', [diff, apply]],
  ['This command', [completion, version]],
];

export const COMMANDS: readonly Command[] = GROUPS.flatMap(([, commands]) => commands);
