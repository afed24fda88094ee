/** Every command, in the groups of `carillon --help`. */
import { login } from './auth/login.ts';
import type { Command } from './command/command.ts';
import { dev } from './dev/command.ts';
import { eventsExplain } from './events/explain.ts';
import { eventsPublish } from './events/publish.ts';
import { eventsSubscribe } from './events/subscribe.ts';
import { eventsTypes } from './events/types.ts';
import { forwardAudit } from './forward/command.ts';
import {
  namespaceCreate,
  namespaceDelete,
  namespaceList,
  namespaceLookup,
} from './namespaces/commands.ts';
import { policyCheck } from './policies/check.ts';
import { policyDelete, policyList, policyRead, policyWrite } from './policies/commands.ts';
import { relayCommand } from './relay/command.ts';
import {
  sourceDelete,
  sourceList,
  sourceRead,
  sourceTest,
  sourceWrite,
} from './sources/commands.ts';
import { tokenCapabilities, tokenLookup, tokenRenew, tokenRevoke } from './tokens/commands.ts';
import { tokenCreate } from './tokens/create.ts';

export const GROUPS: readonly (readonly [heading: string, commands: readonly Command[]])[] = [
  ['Server', [dev]],
  ['Events', [eventsSubscribe, eventsPublish, eventsTypes, eventsExplain, relayCommand]],
  [
    'Logins and tokens',
    [login, tokenCreate, tokenLookup, tokenRenew, tokenRevoke, tokenCapabilities],
  ],
  ['Policies', [policyWrite, policyRead, policyList, policyDelete, policyCheck]],
  ['Sources', [sourceWrite, sourceRead, sourceList, sourceTest, sourceDelete, forwardAudit]],
  ['Namespaces', [namespaceCreate, namespaceList, namespaceLookup, namespaceDelete]],
];

export const COMMANDS: readonly Command[] = GROUPS.flatMap(([, commands]) => commands);
