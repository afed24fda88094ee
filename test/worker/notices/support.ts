/** Dispatchers that the test stands in for, and hubs that were told what destinations want. */
import { env } from 'cloudflare:workers';
import { onTestFinished } from 'vitest';
import type { Notice } from '../../../src/objects/destination-contract.ts';
import { interestIn } from '../../../src/subscription/interest.ts';
import { Dispatcher } from '../../../src/worker.ts';

/** A notice, and the key of the Vault namespace whose dispatcher was told. */
interface Told extends Notice {
  readonly by: string;
}

type Answer = () => Promise<void>;

const PROMPTLY: Answer = async () => undefined;

/**
 * Stands in for all dispatchers.
 *
 * @returns what they were told, and how they answer from now on
 */
export function theDispatchers() {
  const told: Told[] = [];
  const state = { answer: PROMPTLY };
  const dispatchers = Dispatcher.prototype as unknown as { notify?: unknown };
  const real = dispatchers.notify;
  dispatchers.notify = function (this: Dispatcher, notice: Notice): Promise<void> {
    const { ctx } = this as unknown as { ctx: DurableObjectState };
    told.push({ ...notice, by: ctx.id.name?.slice(1) ?? '' });
    return state.answer();
  };
  onTestFinished(() => {
    dispatchers.notify = real;
  });
  // A call that is never answered would keep its hub awake.
  onTestFinished(() => {
    state.answer = PROMPTLY;
  });
  return {
    told,
    answer(answer: Answer) {
      state.answer = answer;
    },
  };
}

let version = Date.now();

/** @param pattern of event types; empty for nothing */
export function announcementOf(pattern: string, namespaces: readonly string[] = ['']) {
  return {
    version: ++version,
    interest: pattern === '' ? [] : interestIn([{ pattern, namespaces }]),
  };
}

/** Tells a hub that destinations of the root namespace want events. @returns where its journal ends */
export async function announce(hub: string, pattern: string, namespaces?: readonly string[]) {
  return await env.HUB.getByName(hub).announce('', announcementOf(pattern, namespaces));
}
