/** Warns about rules that are legal but match or grant nothing. Vault does not. */
import { adviceOnPattern } from '../event/pattern-advice.ts';
import { quote } from '../lib/quote.ts';
import { compileAcl } from './acl.ts';
import { DENY, NONE, RECEIVE_CAPABILITIES, setOf } from './capability.ts';
import { locationText } from './hcl/failure.ts';
import type { PathRule } from './path-rule.ts';
import type { Policy } from './policy.ts';

const SUBSCRIBE = setOf('subscribe');
const READ = setOf('read');
const SUBSCRIPTIONS = 'sys/events/subscribe/';

/** One sentence for each mistake, with the line of the rule. */
export function adviceOnPolicy(policy: Policy): string[] {
  const { paths, unread } = policy;
  const advice = paths.flatMap((rule) =>
    adviceOnRule(rule).map((text) => `path ${quote(rule.path)} on line ${rule.line}: ${text}`),
  );
  const acl = compileAcl([{ name: '', policy }], undefined);
  for (const text of acl.adviceOnKvTypes('*')) advice.push(`the policy ${text}`);
  if (acl.couldReceive('*') && !paths.some(maySubscribe)) {
    advice.push(
      `no rule grants "read" on ${quote(`${SUBSCRIPTIONS}*`)}, so a token cannot subscribe unless another of its policies does (a destination needs no such rule)`,
    );
  }
  if (unread !== undefined) {
    advice.push(`the text behind the end of the policy${locationText(unread)}, is not read`);
  }
  if (paths.length === 0) {
    advice.push(
      'the policy has no path rule, so it grants nothing; a text that is all comments has none',
    );
  }
  return advice;
}

/** Whether the rule lets a token subscribe to something. */
function maySubscribe({ path, permissions }: PathRule): boolean {
  const stem = path.replace(/^\//, '').replace(/\*$/, '');
  return (
    (permissions.capabilities & READ) !== 0 &&
    (path.includes(SUBSCRIPTIONS) || (path.endsWith('*') && SUBSCRIPTIONS.startsWith(stem)))
  );
}

function adviceOnRule(rule: PathRule): string[] {
  const { path, ignored, permissions } = rule;
  const { capabilities, eventTypes } = permissions;
  const advice = ignored.map((what) => `${what} is OpenBao's and means nothing here`);
  advice.push(...adviceOnPath(path));
  if (capabilities === DENY) return advice;
  if (capabilities === NONE) advice.push('it has no capabilities, so it grants nothing');
  for (const { glob } of eventTypes) {
    for (const why of adviceOnPattern(glob)) advice.push(`subscribe_event_types: ${why}`);
  }
  const subscribes = (capabilities & SUBSCRIBE) !== 0;
  if (eventTypes.length === 0) {
    if (subscribes) {
      advice.push('"subscribe" without subscribe_event_types lets no event through');
    }
    return advice;
  }
  if ((capabilities & RECEIVE_CAPABILITIES) !== RECEIVE_CAPABILITIES) {
    const missing = (capabilities & SUBSCRIBE) === 0 ? 'subscribe' : 'list';
    advice.push(
      `subscribe_event_types lets no event through without the capability "${missing}"; it takes both "list" and "subscribe"`,
    );
  }
  if (path.endsWith('/')) {
    advice.push(`it is for that path alone and for none below it; those are ${quote(`${path}*`)}`);
  }
  return advice;
}

function adviceOnPath(path: string): string[] {
  const advice: string[] = [];
  if (/^\/?v1\//.test(path)) advice.push('a path begins after /v1/, so this one matches nothing');
  if (path.startsWith(SUBSCRIPTIONS)) return advice;
  if (path.slice(0, -1).includes('*')) {
    advice.push('"*" is a wildcard only at the end of a path; "+" stands for one segment');
  }
  return advice;
}
