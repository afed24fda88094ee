/**
 * Asks an authority about a request: who its token or ticket stands for, and which namespace is below. Requests that an
 * isolate has at the same time are asked about together (`http/shared-calls.ts`), so when all clients reconnect at once,
 * few calls ask about many.
 */

import { waitUntil } from 'cloudflare:workers';
import { LruCache, TtlCache } from '../lib/caches.ts';
import { MAX_CACHED_LOOKUPS } from '../lib/limits.ts';
import { RecentCount } from '../lib/recent-count.ts';
import type {
  FoundToken,
  LookedUp,
  LookUp,
  LookUpAnswers,
  TokenState,
} from '../objects/authority-contract.ts';
import { isMethodMissing } from '../objects/call.ts';
import { LOOK_UP_PAUSE_MS, MAX_LOOK_UPS } from '../objects/limits.ts';
import { type AuthorityStub, callAuthority } from '../objects/stubs.ts';
import type { PolicyText } from '../policy/policy-set.ts';
import { MAX_LOOK_UP_WAIT_MS, OLDER_OBJECT_MS } from './limits.ts';
import { type SharedCallKind, SharedCalls } from './shared-calls.ts';

/** What an authority says of one request. */
export interface Found {
  readonly token?: TokenState;
  readonly ticket?:
    | { readonly kind: 'root'; readonly proof: string }
    | { readonly kind: 'token'; readonly digest: string; readonly state: TokenState };
  readonly childId?: string;
}

/** By the key of the namespace. */
const sharedCalls = new LruCache<SharedCalls<LookUp, Found>>(MAX_CACHED_LOOKUPS);

/** Authorities of release 0.2, by the keys of their namespaces. */
const olderAuthorities = new TtlCache<true>(OLDER_OBJECT_MS);

/**
 * @param authority the key of its namespace
 * @throws if the namespace was deleted, or the call fails
 */
export function lookUp(authority: string, asked: LookUp, env: Env): Promise<Found> {
  const calls = sharedCalls.getOrMake(authority, () => new SharedCalls(looksUpAt(authority)));
  return calls.ask(asked, { env, executionCtx: { waitUntil }, leadsOn: true });
}

function looksUpAt(authority: string): SharedCallKind<LookUp, Found> {
  const recent = new RecentCount();
  const pause = () => LOOK_UP_PAUSE_MS * recent.at(Date.now());
  return {
    call: (env, asked) => {
      recent.add(Date.now());
      return findAll(authority, asked, env);
    },
    noAnswer: {},
    again: (found) => found,
    room: () => {
      let taken = 0;
      return () => taken++ < MAX_LOOK_UPS;
    },
    // An authority that is far away gets fewer calls, not more.
    slowCallMs: Number.POSITIVE_INFINITY,
    maxWaitMs: MAX_LOOK_UP_WAIT_MS,
    // A program that sends one request after the other would wait in vain. A herd subscribes.
    pauseMs: ({ token, ticket }) =>
      token?.use === 'subscription' || ticket !== undefined ? pause() : 0,
    lingerMs: pause,
  };
}

/** If not all fit one answer, the rest is asked for again. */
async function findAll(authority: string, asked: readonly LookUp[], env: Env): Promise<Found[]> {
  const found: Found[] = [];
  while (found.length < asked.length) {
    const { answers, texts } = await ask(authority, asked.slice(found.length), env);
    if (answers.length === 0) break;
    const byName = new Map(texts.map((text) => [text.name, text]));
    for (const each of answers) found.push(withTexts(each, byName));
  }
  return found;
}

async function ask(authority: string, asked: readonly LookUp[], env: Env): Promise<LookUpAnswers> {
  if (olderAuthorities.get(authority, Date.now()) === undefined) {
    try {
      return await callAuthority(env, authority, (stub) => stub.lookUp(asked));
    } catch (error) {
      if (!isMethodMissing(error)) throw error;
      olderAuthorities.set(authority, true, Date.now());
    }
  }
  const found = await Promise.all(asked.map((each) => askOlder(authority, each, env)));
  return {
    answers: found.map(({ answer }) => answer),
    texts: found.flatMap(({ texts }) => texts),
  };
}

interface OlderAnswer {
  readonly answer: LookedUp;
  readonly texts: readonly PolicyText[];
}

async function askOlder(authority: string, asked: LookUp, env: Env): Promise<OlderAnswer> {
  const { token, ticket, child } = asked;
  const call = <T>(run: (stub: AuthorityStub) => Promise<T>) => callAuthority(env, authority, run);
  const state = token && (await call((stub) => stub.lookupToken(token.digest, token.use)));
  const taken = ticket === undefined ? undefined : await call((stub) => stub.takeTicket(ticket));
  const isKnown = (token ?? ticket) === undefined || (state ?? taken) !== undefined;
  const childId =
    child !== undefined && isKnown ? await call((stub) => stub.childId(child)) : undefined;
  return {
    answer: {
      ...(state && { token: state }),
      ...(taken && { ticket: taken }),
      ...(childId !== undefined && { childId }),
    },
    texts: state?.texts ?? (taken?.kind === 'token' ? taken.state.texts : []),
  };
}

/** The texts are in the order of the policies, so that equal tokens get equal answers. */
function withTexts(
  { token, ticket, childId }: LookedUp,
  byName: ReadonlyMap<string, PolicyText>,
): Found {
  const whole = (state: FoundToken): TokenState => ({
    ...state,
    texts: state.policies.flatMap((name) => byName.get(name) ?? []),
  });
  return {
    ...(token && { token: whole(token) }),
    ...(ticket && {
      ticket: ticket.kind === 'root' ? ticket : { ...ticket, state: whole(ticket.state) },
    }),
    ...(childId !== undefined && { childId }),
  };
}
