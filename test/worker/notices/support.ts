/** Dispatchers that the test stands in for, and hubs that were told what destinations want. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { onTestFinished } from 'vitest';
import { NOTICE_GUARD_MS } from '../../../src/hub/limits.ts';
import type { Announcement } from '../../../src/objects/announcement.ts';
import type { Notice } from '../../../src/objects/destination-contract.ts';
import { interestIn } from '../../../src/subscription/interest.ts';
import { Dispatcher } from '../../../src/worker.ts';
import { elapse } from '../security-support.ts';

/** A notice, and the key of the Vault namespace whose dispatcher was told. */
interface Told extends Notice {
  readonly by: string;
}

/** What a test replaces. */
interface Answers {
  notify(): Promise<void>;
  announcement(): Promise<Announcement>;
}

/**
 * Stands in for all dispatchers.
 *
 * @returns what they were told, how often they were asked what they have announced, and what they answer from now on
 */
export function theDispatchers() {
  const told: Told[] = [];
  const state = { asked: 0 };
  const answers: Answers = {
    notify: async () => undefined,
    announcement: async () => ({ version: 0, interest: [] }),
  };
  const prototype = Dispatcher.prototype as unknown as Record<'notify' | 'announcement', unknown>;
  const { notify, announcement } = prototype;
  prototype.notify = function (this: Dispatcher, notice: Notice): Promise<void> {
    const { ctx } = this as unknown as { ctx: DurableObjectState };
    told.push({ ...notice, by: ctx.id.name?.slice(1) ?? '' });
    return answers.notify();
  };
  prototype.announcement = (): Promise<Announcement> => {
    state.asked++;
    return answers.announcement();
  };
  onTestFinished(() => {
    Object.assign(prototype, { notify, announcement });
  });
  return {
    told,
    get asked() {
      return state.asked;
    },
    answer: (changes: Partial<Answers>) => Object.assign(answers, changes),
  };
}

export function isDown(): Promise<never> {
  return Promise.reject(new Error('the dispatcher is down'));
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

/** Rings the alarm of a hub, as if so much time had passed. */
export async function later(hub: DurableObjectStub, ms = 2 * NOTICE_GUARD_MS): Promise<void> {
  elapse(ms);
  await runDurableObjectAlarm(hub);
}
