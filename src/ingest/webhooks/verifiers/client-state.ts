/** Microsoft Graph sends the secret in each notification of a body, as `clientState`. */

import { Buffer } from 'node:buffer';
import { isJsonObject } from '../../../lib/json.ts';
import { invalid, ok } from '../../../lib/result.ts';
import { documentOf, listAt } from '../body/documents.ts';
import { stringAt } from '../pointer.ts';
import type { WebhookRequest } from '../request.ts';
import { isOneOf } from './sent-secret.ts';
import { type Proof, unverified, type Verifier } from './verifier.ts';

const MAX_STATE_CHARACTERS = 255;

const listIn = listAt('/value');

export const CLIENT_STATE: Verifier = {
  isSigned: false,
  evidence: 'clientState in each member of "value" of the body',
  isUsedBy: (request) => statesIn(request) !== undefined,
  claim: claimedProofOf,
  async verify(request, secrets) {
    // All notifications of a subscription have the same one.
    for (const state of new Set(statesIn(request))) {
      if (!(await isOneOf(state, secrets))) return unverified('a clientState is not the secret');
    }
    return ok(claimedProofOf(request));
  },
  checkSecret: (secret) =>
    secret.length > MAX_STATE_CHARACTERS
      ? invalid(`is a clientState, which has at most ${MAX_STATE_CHARACTERS} characters`)
      : ok(secret),
};

/** The notifications without their secret, which must not become part of an event or an id. */
export function notificationsIn(document: unknown): readonly unknown[] | undefined {
  return listIn(document)?.map((notification) => {
    if (!isJsonObject(notification)) return notification;
    const { clientState: _, ...rest } = notification;
    return rest;
  });
}

function claimedProofOf({ headers, body }: WebhookRequest): Proof {
  const notifications = notificationsIn(documentOf(headers, body));
  return { withoutSecret: Buffer.from(JSON.stringify(notifications ?? [])) };
}

/** @returns undefined if a notification has no state: anyone could have added it */
function statesIn({ headers, body }: WebhookRequest): string[] | undefined {
  const list = listIn(documentOf(headers, body));
  const states = list?.flatMap((each) => stringAt('/clientState', each) ?? []);
  return list !== undefined && list.length > 0 && states?.length === list.length
    ? states
    : undefined;
}
