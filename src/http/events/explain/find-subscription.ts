/** An open subscription that a request names by its id: what it is subscribed to, and whose rights it has. */

import { quote } from '../../../lib/quote.ts';
import { invalid, ok, type Result } from '../../../lib/result.ts';
import { isWithin, pathOfKey } from '../../../namespace/namespace.ts';
import type { OpenSubscription } from '../../../objects/hub-contract.ts';
import { callAuthority, callSubscriberHub } from '../../../objects/stubs.ts';
import { Access } from '../../../policy/access.ts';
import { accessOfToken } from '../../authentication/token-caller.ts';
import { auditDenial, maySeeOthers } from '../../authorize.ts';
import { type Call, textOf } from '../../endpoint-types.ts';
import { type Refusal, refused } from '../../respond.ts';
import { type Holder, objectOfHolder } from '../holder.ts';
import { type ListPosition, parsePosition } from '../subscriptions/subscription-id.ts';
import type { ExplainedSubscription } from './decide.ts';
import type { Subject } from './find-subject.ts';

export interface Subscriber {
  readonly subscription: ExplainedSubscription;
  readonly subject: Subject;
  /** The objects that hold the subscriber, if that is known. */
  readonly heldBy: readonly Holder[] | undefined;
}

/** What the subscription says itself. */
const GIVEN = ['pattern', 'filter', 'namespaces', 'token', 'accessor', 'policies'];

/** Keys end with a hexadecimal digit, so these are all that begin like one. */
const MAX_SIMILAR_KEYS = 16;

export async function findSubscription(
  body: Readonly<Record<string, unknown>>,
  call: Call,
): Promise<Result<Subscriber, Refusal>> {
  const { namespace } = call.var;
  const given = GIVEN.filter((key) => body[key] !== undefined);
  if (given.length > 0) return invalid(`a subscription has its own ${given.join(', ')}`);
  const id = textOf(body, 'subscription');
  const position = id.ok ? parsePosition(id.value) : id;
  if (!position.ok) return position;
  if (!maySeeOthers(call)) {
    auditDenial(call, pathOfKey(namespace), 'update');
    return refused({ reason: 'denied' });
  }
  const { holder } = position.value;
  const open = await openSubscription(call, position.value);
  if (open === undefined) {
    return invalid(
      `no open subscription has the id ${quote(id.ok ? id.value : '')}: it may have ended meanwhile`,
    );
  }
  const subject = await subjectOf(open, call);
  if (!subject.ok) return subject;
  const heldBy = [{ namespace: pathOfKey(namespace), ...holder }];
  return ok({ subscription: open.subscription, subject: subject.value, heldBy });
}

async function openSubscription(
  { env, var: { namespace } }: Call,
  { holder, position }: ListPosition,
): Promise<OpenSubscription | undefined> {
  if (position === undefined) return undefined;
  const { key } = position;
  const before = { class: position.class, key: key.slice(0, -1) };
  const { subscriptions } = await callSubscriberHub(
    env,
    objectOfHolder(namespace, holder),
    (stub) => stub.subscriptions(before, MAX_SIMILAR_KEYS),
  );
  return subscriptions.find((each) => each.class === position.class && each.key === key);
}

async function subjectOf(
  { token }: OpenSubscription,
  { env, var: { namespace } }: Call,
): Promise<Result<Subject, Refusal>> {
  if (token === undefined) return ok({ access: Access.root, isGiven: false });
  const { authority, id } = token;
  if (!isWithin(authority, namespace)) return refused({ reason: 'denied' });
  const state = await callAuthority(env, authority, (stub) => stub.tokenState({ id }));
  return state === undefined
    ? invalid('the token of the subscription has ended')
    : ok({ access: accessOfToken(authority, state), isGiven: false });
}
