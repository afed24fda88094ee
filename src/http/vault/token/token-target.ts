/** The token that a request is about: that of its caller, or one that the body names by itself or by its accessor. */

import { invalid } from '../../../lib/result.ts';
import { ROOT } from '../../../namespace/namespace.ts';
import { isRootToken } from '../../authentication/root-token.ts';
import {
  type TokenTarget,
  targetOfAccessor,
  targetOfToken,
} from '../../authentication/token-location.ts';
import { type Call, textOf } from '../../endpoint-types.ts';
import { refuse } from '../../respond.ts';

/** No authority knows the root token, and none is asked for a token of another namespace. */
export type Target =
  | { readonly kind: 'root' }
  | { readonly kind: 'unknown' }
  | (TokenTarget & {
      /** How the request names it. */
      readonly kind: 'token' | 'accessor';
      /** The token itself; empty if it is named by its accessor. */
      readonly secret: string;
    });

type Act = (call: Call, target: Target) => Promise<Response>;
type Run = (call: Call) => Promise<Response>;

export const INVALID_ACCESSOR = {
  reason: 'forbidden',
  message: '1 error occurred:\n\t* invalid accessor\n\n',
} as const;

export function onOwnToken(act: Act): Run {
  return (call) => {
    const { token, secret } = call.var.caller;
    if (token === undefined) return act(call, { kind: 'root' });
    const { authority, digest } = token;
    return act(call, { kind: 'token', authority, reference: { digest }, secret });
  };
}

/** On the token in the body. */
export function onToken(act: Act): Run {
  return async (call) => {
    const secret = textOf(call.var.body, 'token');
    if (!secret.ok) return refuse(invalid('missing token ID').failure);
    return act(call, await targetOf(call, secret.value));
  };
}

/** On the token whose accessor is in the body. */
export function onAccessor(act: Act): Run {
  return async (call) => {
    const accessor = textOf(call.var.body, 'accessor');
    if (!accessor.ok) return refuse(accessor.failure);
    const target = await targetOfAccessor(accessor.value, call.var.namespace, call.env);
    return target === undefined
      ? refuse(INVALID_ACCESSOR)
      : act(call, { kind: 'accessor', ...target, secret: '' });
  };
}

async function targetOf(
  { env, var: { config, namespace } }: Call,
  secret: string,
): Promise<Target> {
  // A namespace cannot look at the tokens of a namespace above it.
  if (namespace === ROOT && (await isRootToken(secret, config))) return { kind: 'root' };
  const target = await targetOfToken(secret, namespace, env);
  return target === undefined ? { kind: 'unknown' } : { kind: 'token', ...target, secret };
}
