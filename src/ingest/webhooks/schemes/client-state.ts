/** Microsoft Graph sends the secret along in each notification of a body, as `clientState`. */
import { Buffer } from 'node:buffer';
import { isJsonObject } from '../../../lib/json.ts';
import { ok } from '../../../lib/result.ts';
import { documentOf } from '../documents.ts';
import { textAt } from '../handshake.ts';
import { listAt } from '../lists.ts';
import { doubt, type Proof, type Scheme, type Sent } from '../scheme.ts';
import { isSecret } from './sent-secret.ts';

const MAX_STATE_CHARACTERS = 255;

const listIn = listAt('/value');

export const CLIENT_STATE: Scheme = {
  isSigned: false,
  evidence: 'clientState in each member of "value" of the body',
  isUsedBy: (sent) => statesIn(sent) !== undefined,
  claim: claimOf,
  async verify(sent, secrets) {
    // A subscription has one, and many notifications have few.
    for (const state of new Set(statesIn(sent))) {
      if (!(await isSecret(state, secrets))) return doubt('a clientState is not the secret');
    }
    return ok(claimOf(sent));
  },
  problemOfSecret: (secret) =>
    secret.length > MAX_STATE_CHARACTERS
      ? `is a clientState, which has at most ${MAX_STATE_CHARACTERS} characters`
      : undefined,
};

/** The notifications in a body, without the secret: neither a rule nor an id is made of it. */
export function notificationsIn(document: unknown): readonly unknown[] | undefined {
  return listIn(document)?.map((notification) => {
    if (!isJsonObject(notification)) return notification;
    const { clientState: _, ...rest } = notification;
    return rest;
  });
}

function claimOf({ headers, body }: Sent): Proof {
  const notifications = notificationsIn(documentOf(headers, body));
  return { said: Buffer.from(JSON.stringify(notifications ?? [])) };
}

/** Undefined where a notification has none: it may be anybody's. */
function statesIn({ headers, body }: Sent): string[] | undefined {
  const list = listIn(documentOf(headers, body));
  const states = list?.flatMap((each) => textAt(each, '/clientState') ?? []);
  return list !== undefined && list.length > 0 && states?.length === list.length
    ? states
    : undefined;
}
